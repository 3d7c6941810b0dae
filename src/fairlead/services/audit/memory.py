"""Entries and proofs in memory, for tests."""

from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import TypeVar
from uuid import UUID

from typing_extensions import override

from fairlead.kernel.paging import BadPage, Page, PageRequest
from fairlead.kernel.principal import TenantId
from fairlead.services.audit.domain.chain import Seal
from fairlead.services.audit.domain.entries import EntryRecorded, Head
from fairlead.services.audit.ports import (
    Archive,
    Archived,
    EntryStore,
    Memo,
    ProofStore,
    Signer,
    Surroundings,
    VerifyingKey,
)
from fairlead.services.audit.public import Anchor, Checkpoint, Entry, EntryFilter

T = TypeVar("T")


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
        found = [entry for entry in self.entries if _matches(entry, wanted)]
        found.sort(key=lambda entry: (entry.at, entry.sequence), reverse=True)
        return _page(found, page, lambda entry: entry.sequence)

    @override
    async def following(
        self, sequence: int, *, limit: int, wanted: EntryFilter | None = None
    ) -> tuple[Entry, ...]:
        later = (
            entry
            for entry in self.entries
            if entry.sequence > sequence and (wanted is None or _matches(entry, wanted))
        )
        return tuple(sorted(later, key=lambda entry: entry.sequence)[:limit])

    @override
    async def remove(self, up_to: int, *, limit: int) -> int:
        old = [entry for entry in self.entries if entry.sequence <= up_to]
        young = [entry for entry in self.entries if entry.sequence > up_to]
        self.entries = [*old[limit:], *young]
        return len(old[:limit])


class MemoryProofStore(ProofStore):
    """Keeps a tenant's checkpoints and anchors in lists."""

    def __init__(self) -> None:
        """Start empty."""
        self.taken: list[Checkpoint] = []
        self.cuts: list[Anchor] = []

    @override
    async def checkpoint(self) -> Checkpoint | None:
        return self.taken[-1] if self.taken else None

    @override
    async def checkpoints(self, after: int = 0) -> tuple[Checkpoint, ...]:
        return tuple(each for each in self.taken if each.number > after)

    @override
    async def list(self, page: PageRequest) -> Page[Checkpoint]:
        return _page(self.taken[::-1], page, lambda each: each.number)

    @override
    async def add_checkpoint(self, checkpoint: Checkpoint) -> None:
        self.taken.append(checkpoint)

    @override
    async def anchor(self) -> Anchor | None:
        return self.cuts[-1] if self.cuts else None

    @override
    async def anchors(self, after: int = 0) -> tuple[Anchor, ...]:
        return tuple(each for each in self.cuts if each.number > after)

    @override
    async def add_anchor(self, anchor: Anchor) -> None:
        self.cuts.append(anchor)


class MemoryArchive(Archive):
    """Keeps what is archived in a dictionary."""

    def __init__(self) -> None:
        """Start empty."""
        self.kept: dict[str, bytes] = {}

    @override
    async def keep(self, key: str, lines: bytes) -> Archived:
        self.kept[key] = lines
        return Archived(key, f"sha256:{len(lines):064x}")


class MemoryMemo(Memo):
    """Remembers in a dictionary."""

    def __init__(self) -> None:
        """Start with nothing."""
        self._last: dict[TenantId, Checkpoint] = {}

    @override
    def note(self, tenant: TenantId, taken: Checkpoint) -> None:
        self._last[tenant] = taken

    @override
    def last(self, tenant: TenantId) -> Checkpoint | None:
        return self._last.get(tenant)


class PlainSigner(Signer):
    """Signs with a digest under its name: fast, and no secret at all."""

    def __init__(self, name: str = "plain") -> None:
        """Sign as the key `name`."""
        self.name = name

    @override
    def key_id(self) -> str:
        return self.name

    @override
    def sign(self, text: bytes) -> str:
        return sha256(self.name.encode() + text).hexdigest()

    @override
    def public_keys(self) -> Sequence[VerifyingKey]:
        return [VerifyingKey(self.name, "")]

    @override
    def knows(self, key_id: str) -> bool:
        return key_id == self.name

    @override
    def fits(self, key_id: str, text: bytes, signature: str) -> bool:
        return self.knows(key_id) and signature == self.sign(text)


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


def _page(found: Sequence[T], page: PageRequest, key: Callable[[T], int]) -> Page[T]:
    """Return those after the one whose key the cursor is."""
    start = 0
    if page.after is not None:
        keys = [key(each) for each in found]
        if not page.after.isdecimal() or int(page.after) not in keys:
            raise BadPage("Use a cursor from 'next' of the page before.")
        start = keys.index(int(page.after)) + 1
    items = tuple(found[start : start + page.limit])
    more = len(found) > start + page.limit
    return Page(items=items, next=str(key(items[-1])) if more else None)


def _matches(entry: Entry, wanted: EntryFilter) -> bool:
    act, prefix = entry.act, wanted.prefix
    if prefix is not None and not act.action.startswith(prefix):
        return False
    if wanted.since is not None and entry.at < wanted.since:
        return False
    if wanted.until is not None and entry.at >= wanted.until:
        return False
    return all(
        expected in (None, found)
        for expected, found in (
            (wanted.action if prefix is None else None, act.action),
            (wanted.actor, entry.actor),
            (wanted.outcome, act.outcome),
            (wanted.target, act.target),
            (wanted.scope, act.scope),
            (wanted.address, entry.address),
            (wanted.request_id, entry.request_id),
            (wanted.trace_id, entry.trace_id),
        )
    )
