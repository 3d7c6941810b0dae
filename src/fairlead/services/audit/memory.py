"""Entries in memory, for tests."""

from collections.abc import Callable
from uuid import UUID

from typing_extensions import override

from fairlead.kernel.paging import BadPage, Page, PageRequest
from fairlead.services.audit.domain import EntryRecorded, Head, Seal
from fairlead.services.audit.ports import EntryStore, Surroundings
from fairlead.services.audit.public import Entry, EntryFilter


class MemoryEntryStore(EntryStore):
    """Keeps a tenant's entries in a list."""

    def __init__(self) -> None:
        """Start empty."""
        self.entries: list[Entry] = []
        self.sealed: Seal | None = None

    @override
    async def head(self) -> Head:
        if not self.entries:
            return Head()
        return Head(self.entries[-1].sequence, self.entries[-1].digest)

    @override
    async def has(self, entry_id: UUID) -> bool:
        return any(entry.id == entry_id for entry in self.entries)

    @override
    async def append(self, entry: Entry) -> None:
        self.entries.append(entry)

    @override
    async def seal(self) -> Seal | None:
        return self.sealed

    @override
    async def put_seal(self, seal: Seal) -> None:
        self.sealed = seal

    @override
    async def list(self, wanted: EntryFilter, page: PageRequest) -> Page[Entry]:
        before = _cursor(page.after)
        found = [
            entry
            for entry in reversed(self.entries)
            if _matches(entry, wanted) and (before is None or entry.sequence < before)
        ]
        items = tuple(found[: page.limit])
        following = str(items[-1].sequence) if len(found) > page.limit else None
        return Page(items=items, next=following)

    @override
    async def following(self, sequence: int, *, limit: int) -> tuple[Entry, ...]:
        later = (entry for entry in self.entries if entry.sequence > sequence)
        return tuple(sorted(later, key=lambda entry: entry.sequence)[:limit])


class FixedSurroundings(Surroundings):
    """Says what it is told and keeps what was lost."""

    def __init__(self, working: Callable[[], bool] = lambda: False) -> None:
        """Ask `working` whether a unit of work is open."""
        self._working = working
        self.losses: list[EntryRecorded] = []

    @override
    def working(self) -> bool:
        return self._working()

    @override
    def lost(self, recorded: EntryRecorded) -> None:
        self.losses.append(recorded)


def _cursor(after: str | None) -> int | None:
    if after is None:
        return None
    if not after.isdecimal():
        raise BadPage("Use a cursor from 'next' of the page before.")
    return int(after)


def _matches(entry: Entry, wanted: EntryFilter) -> bool:
    act = entry.act
    return all(
        expected in (None, found)
        for expected, found in (
            (wanted.action, act.action),
            (wanted.actor, entry.actor),
            (wanted.outcome, act.outcome),
            (wanted.target, act.target),
        )
    )
