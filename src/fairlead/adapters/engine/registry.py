"""Finding activities by their names."""

from collections.abc import Iterable
from typing import Any

from fairlead.kernel.engine import Activity


class Activities(dict[str, Activity]):
    """Activities by name; more may be added until they are first called."""

    def collect(self, *owners: object) -> None:
        """Take in the `@activity` methods of `owners`.

        Raises:
            ValueError: two activities share a name.
        """
        for owner in owners:
            for name, method in _marked(owner):
                if name in self:
                    raise ValueError(f"two activities are called '{name}'")
                self[name] = method


def collect(owners: Iterable[object]) -> Activities:
    """Return the `@activity` methods of `owners` by their names.

    Raises:
        ValueError: two activities share a name.
    """
    found = Activities()
    found.collect(*owners)
    return found


def _marked(owner: object) -> Iterable[tuple[str, Any]]:
    for attribute in dir(type(owner)):
        name = getattr(getattr(type(owner), attribute, None), "__activity__", None)
        if isinstance(name, str):
            yield name, getattr(owner, attribute)
