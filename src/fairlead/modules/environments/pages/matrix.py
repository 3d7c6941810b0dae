"""What runs where: projects as rows, environments as columns."""

from collections.abc import Iterable
from dataclasses import dataclass

from fairlead.adapters.pages.pages import Pages
from fairlead.adapters.pages.part import Card
from fairlead.kernel.paging import PageRequest
from fairlead.modules.environments.public import Workload, Workloads

MOST_SHOWN = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A project of the matrix: its workloads by environment, and its summary."""

    project: str
    cells: tuple[tuple[Workload, ...], ...]
    summary: tuple[Card, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """What runs where; the environments are columns in their usual order.

    `whole` is false when there are more than `MOST_SHOWN` workloads.
    """

    environments: tuple[str, ...]
    rows: tuple[Row, ...]
    whole: bool


async def matrix_of(workloads: Workloads, pages: Pages) -> Matrix:
    """Return the workloads the caller may see, at most `MOST_SHOWN`."""
    items: list[Workload] = []
    after: str | None = None
    while True:
        page = await workloads.list(pages.who, PageRequest(limit=200, after=after))
        items += page.items
        after = page.next
        if after is None or len(items) >= MOST_SHOWN:
            break
    columns = tuple(sorted({item.environment for item in items}, key=usual_order))
    names = sorted({item.project for item in items})
    rows = [
        Row(
            project=name,
            cells=tuple(_cell(items, name, column) for column in columns),
            summary=await pages.panels("project.summary", name),
        )
        for name in names
    ]
    return Matrix(environments=columns, rows=tuple(rows), whole=after is None)


def _cell(items: Iterable[Workload], project: str, name: str) -> tuple[Workload, ...]:
    return tuple(
        item for item in items if item.project == project and item.environment == name
    )


def usual_order(name: str) -> tuple[int, str]:
    """Return what sorts environments from development to production."""
    usual = {"dev": 0, "development": 0, "test": 1, "staging": 2, "production": 4}
    return usual.get(name, 3), name
