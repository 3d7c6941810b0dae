"""Environments and workloads in the console."""

from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from dataclasses import dataclass
from pathlib import Path

from dishka.integrations.litestar import FromDishka, inject
from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Stream
from typing_extensions import override

from fairlead.adapters.http.sse import frames, offset
from fairlead.adapters.pages.controller import PageController
from fairlead.adapters.pages.forms import AnyRequest, ForeignForm, field
from fairlead.adapters.pages.pages import Pages, Sheet, go
from fairlead.adapters.pages.part import (
    Attention,
    Button,
    Card,
    ConsolePart,
    Contribution,
    Contributor,
    Entry,
    Finder,
    Found,
    Panel,
)
from fairlead.kernel.journal import Frame, FrameKind
from fairlead.kernel.paging import PageRequest
from fairlead.kernel.principal import Principal
from fairlead.modules.environments.permissions import (
    WORKLOAD_DELETE,
    WORKLOAD_READ,
    WORKLOAD_RESTART,
)
from fairlead.modules.environments.public import Workload, Workloads, WorkloadState
from fairlead.services.authz.public import environment_scope

SECTION = "/environments"
MOST_FOUND = 8
MOST_SHOWN = 600
WRONG = {WorkloadState.FAILED, WorkloadState.DOWN}


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


class WorkloadPages(PageController):
    """`/environments` and the pages under `/workloads`."""

    path = "/"

    @get("/environments")
    @inject
    async def matrix(
        self,
        request: AnyRequest,
        workloads: FromDishka[Workloads],
        pages: FromDishka[Pages],
    ) -> Response[str]:
        """Show every workload by project and environment."""
        matrix = await _matrix(workloads, pages)
        if request.headers.get("hx-request"):
            return pages.fragment(
                request, "environments/matrix_table.html", matrix=matrix
            )
        sheet = Sheet(
            template="environments/matrix.html",
            title="Environments",
            command="fairlead workloads list",
            section=SECTION,
        )
        return await pages.show(request, sheet, matrix=matrix)

    @get("/workloads/{workload:str}")
    @inject
    async def show(
        self,
        request: AnyRequest,
        workload: FromPath[str],
        workloads: FromDishka[Workloads],
        pages: FromDishka[Pages],
    ) -> Response[str]:
        """Show one workload with its output, live."""
        found = await workloads.get(pages.who, workload)
        sheet = Sheet(
            template="environments/workload.html",
            title=found.title,
            command=f"fairlead workloads show {found.title}",
            crumbs=(
                (found.project, f"/projects/{found.project}"),
                (found.environment, SECTION),
            ),
            section=SECTION,
        )
        scope = environment_scope(found.project_id, found.environment_id)
        data = {
            "workload": found,
            "may_restart": bool(found.release)
            and await pages.may(WORKLOAD_RESTART, on=scope),
            "actions": ()
            if found.release
            else await pages.panels("project.actions", found.project),
        }
        if request.headers.get("hx-request"):
            return pages.fragment(request, "environments/workload_head.html", **data)
        may_delete = await pages.may(WORKLOAD_DELETE, on=scope)
        return await pages.show(request, sheet, **data, may_delete=may_delete)

    @get("/workloads/{workload:str}/feed")
    @inject
    async def feed(
        self,
        request: AnyRequest,
        workload: FromPath[str],
        who: FromDishka[Principal],
        workloads: FromDishka[Workloads],
    ) -> Stream:
        """Send the output of its replicas, live."""
        after = offset(request)
        return await frames(
            await workloads.logs(who, workload, after=after, follow=True)
        )

    @get("/workloads/{workload:str}/output")
    @inject
    async def output(
        self,
        workload: FromPath[str],
        who: FromDishka[Principal],
        workloads: FromDishka[Workloads],
    ) -> Stream:
        """Send the output up to now as plain text."""
        source = await workloads.logs(who, workload)
        return Stream(
            _bytes(source),
            media_type="text/plain",
            headers={"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"},
        )

    @post("/workloads/{workload:str}/restart")
    @inject
    async def restart(
        self,
        workload: FromPath[str],
        who: FromDishka[Principal],
        workloads: FromDishka[Workloads],
    ) -> Redirect:
        """Start its replicas anew."""
        found = await workloads.restart(who, workload)
        return go(f"/workloads/{found.id}")

    @post("/workloads/{workload:str}/delete")
    @inject
    async def delete(
        self,
        request: AnyRequest,
        workload: FromPath[str],
        who: FromDishka[Principal],
        workloads: FromDishka[Workloads],
    ) -> Redirect:
        """Stop and remove a workload whose name was typed."""
        found = await workloads.get(who, workload)
        if await field(request, "typed_name") != found.name:
            raise ForeignForm(f"Type the name of the workload, {found.name}.")
        await workloads.delete(who, str(found.id))
        return go(SECTION)


async def _bytes(source: AsyncIterator[Frame]) -> AsyncGenerator[bytes, None]:
    async for frame in source:
        if frame.kind is FrameKind.OUTPUT:
            yield frame.data


async def _matrix(workloads: Workloads, pages: Pages) -> Matrix:
    items: list[Workload] = []
    after: str | None = None
    while True:
        page = await workloads.list(pages.who, PageRequest(limit=200, after=after))
        items += page.items
        after = page.next
        if after is None or len(items) >= MOST_SHOWN:
            break
    columns = tuple(sorted({item.environment for item in items}, key=_usual_order))
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


def _usual_order(name: str) -> tuple[int, str]:
    usual = {"dev": 0, "development": 0, "test": 1, "staging": 2, "production": 4}
    return usual.get(name, 3), name


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatRunsWhere(Contributor):
    """The matrix on the overview, and the workloads that need somebody."""

    workloads: Workloads
    pages: Pages

    @override
    async def contribute(self, who: Principal) -> Contribution:
        matrix = await _matrix(self.workloads, self.pages)
        every = [item for row in matrix.rows for cell in row.cells for item in cell]
        wrong = [await self._attention(item) for item in every if item.state in WRONG]
        if not every:
            return Contribution()
        card = Card(
            template="environments/overview.html", order=20, data={"matrix": matrix}
        )
        return Contribution(attention=tuple(wrong), cards=(card,))

    async def _attention(self, item: Workload) -> Attention:
        scope = environment_scope(item.project_id, item.environment_id)
        button = (
            Button(label="Restart", path=f"/workloads/{item.id}/restart", post=True)
            if item.release
            else Button(label="See its run", path=f"/runs/{item.run_id}")
        )
        return Attention(
            state=item.state,
            word=_word(item),
            subject=item.title,
            path=f"/workloads/{item.id}",
            detail=item.reason,
            button=button,
            fault="" if item.release else f"/runs/{item.run_id}",
            yours=await self.pages.may(WORKLOAD_RESTART, on=scope),
        )


def _word(item: Workload) -> str:
    if not item.release:
        return "Never answered"
    return "Crashed" if item.state is WorkloadState.FAILED else "Down"


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkloadsOfProject(Panel):
    """What runs of a project, on its page."""

    workloads: Workloads

    @override
    async def cards(self, who: Principal, subject: str) -> tuple[Card, ...]:
        page = await self.workloads.list(who, PageRequest(limit=50), project=subject)
        data = {"workloads": page.items}
        return (Card(template="environments/of_project.html", order=10, data=data),)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkloadFinder(Finder):
    """Finds workloads by a piece of `project/environment/name`."""

    workloads: Workloads

    @override
    async def find(self, who: Principal, text: str) -> tuple[Found, ...]:
        page = await self.workloads.list(who, PageRequest(limit=200))
        return tuple(
            Found(
                label=item.title,
                path=f"/workloads/{item.id}",
                kind="workload",
                detail=item.state,
            )
            for item in page.items
            if text.lower() in item.title.lower()
        )[:MOST_FOUND]


CONSOLE = ConsolePart(
    controllers=(WorkloadPages,),
    templates=Path(__file__).with_name("templates"),
    entries=(
        Entry(label="Environments", path=SECTION, order=30, permission=WORKLOAD_READ),
    ),
    overview=(WhatRunsWhere,),
    finders=(WorkloadFinder,),
    panels={"project": WorkloadsOfProject},
)
