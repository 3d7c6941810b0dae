"""Collects mistakes, so that a person can mend them all before the next try."""

from collections.abc import Callable, Iterable
from typing import TypeVar

from fairlead.modules.pipelines.definition.nodes import Tree
from fairlead.modules.pipelines.domain.errors import PipelineInvalid

T = TypeVar("T")
D = TypeVar("D")
MOST = 20


class Faults:
    """The mistakes in parts of a file that do not depend on one another."""

    def __init__(self) -> None:
        """Begin without any."""
        self._found: list[PipelineInvalid] = []

    def take(self, read: Callable[[], T], default: D) -> T | D:
        """Return what `read` gives; its mistake is kept, and `default` returned."""
        try:
            return read()
        except PipelineInvalid as error:
            self._found.append(error)
            return default

    def each(self, items: Iterable[Tree], read: Callable[[Tree], T]) -> list[T]:
        """Return what `read` gives for each item, without those with a mistake."""
        found = []
        for item in items:
            try:
                found.append(read(item))
            except PipelineInvalid as error:
                self._found.append(error)
        return found

    def __len__(self) -> int:
        """Return how many there are so far."""
        return len(self._found)

    def tell(self) -> None:
        """Refuse the file if there are any, in the order they stand in.

        Raises:
            PipelineInvalid: with a line for each, at most `MOST`; its place is that of
                the first.
        """
        if not self._found:
            return
        ordered = sorted(
            self._found,
            key=lambda error: (error.details["line"], error.details["column"]),
        )
        if len(ordered) == 1:
            raise ordered[0]
        lines = [error.message for error in ordered[:MOST]]
        if len(ordered) > MOST:
            lines.append(f"There are {len(ordered) - MOST} more.")
        raise PipelineInvalid("\n".join(lines), **ordered[0].details)
