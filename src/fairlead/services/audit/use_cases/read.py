"""Reading the trail: pages, its state, and the whole of it as JSON lines."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from typing_extensions import override

from fairlead.kernel.access import Access
from fairlead.kernel.clock import Clock
from fairlead.kernel.paging import Page, PageRequest
from fairlead.kernel.principal import Principal, TenantId
from fairlead.services.audit.domain.entries import Head
from fairlead.services.audit.domain.lines import (
    entry_line,
    filters_of,
    first_line,
    key_line,
    last_line,
    proof_line,
)
from fairlead.services.audit.permissions import ENTRY_READ
from fairlead.services.audit.ports import EntryStore, ProofStore, Signer
from fairlead.services.audit.public import (
    Act,
    Anchor,
    AuditLog,
    AuditTrail,
    ChainState,
    Entry,
    EntryFilter,
    TrailMoved,
    TrailState,
)
from fairlead.services.audit.use_cases.verify import VerifyChain, every
from fairlead.services.audit.verdicts import Verdicts

AT_ONCE = 200
LATEST = 5  # checkpoints that a summary shows
EXPORTED = "audit.entry.export"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListEntries:
    """Read the trail."""

    store: EntryStore
    access: Access

    async def __call__(
        self, who: Principal, wanted: EntryFilter, page: PageRequest
    ) -> Page[Entry]:
        """Return matching entries, newest first.

        Raises:
            NotAllowed: the caller lacks `audit.entry.read`.
            BadPage: `page.after` is no cursor of this list.
        """
        await self.access.require(who, ENTRY_READ)
        return await self.store.list(wanted, page)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadState:
    """Tell how much there is and what was signed last."""

    store: EntryStore
    proofs: ProofStore
    access: Access
    verdicts: Verdicts
    tenant: TenantId

    async def __call__(self, who: Principal) -> TrailState:
        """Read the ends only; nothing is verified.

        Raises:
            NotAllowed: the caller lacks `audit.entry.read`.
        """
        await self.access.require(who, ENTRY_READ)
        head, seal = await self.store.head(), await self.store.seal()
        anchor = await self.proofs.anchor()
        found, found_at = self.verdicts.last(self.tenant)
        return TrailState(
            entries=head.sequence - (anchor.sequence if anchor else 0),
            sealed=seal.sequence if seal else 0,
            checkpoints=(await self.proofs.list(PageRequest(limit=LATEST))).items,
            anchor=anchor,
            found=found,
            found_at=found_at,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportTrail:
    """Write the trail as JSON lines, with all it takes to verify it elsewhere."""

    store: EntryStore
    proofs: ProofStore
    signer: Signer
    trail: AuditTrail
    access: Access
    clock: Clock
    tenant: TenantId

    async def __call__(
        self, who: Principal, wanted: EntryFilter
    ) -> AsyncIterator[bytes]:
        """Return the lines, some at a time, in the order of the chain.

        Up to the entry that was the last one when it began. That there was an export
        is recorded.

        Raises:
            NotAllowed: the caller lacks `audit.entry.read`.
        """
        await self.access.require(who, ENTRY_READ)
        head = await self.store.head()
        await self.trail.record(
            who, Act(action=EXPORTED, target="entries", details=filters_of(wanted))
        )
        return self._lines(wanted, head)

    async def _lines(self, wanted: EntryFilter, head: Head) -> AsyncIterator[bytes]:
        yield first_line(self.tenant, wanted, at=self.clock.now())
        for key in self.signer.public_keys():
            yield key_line(key.id, key.x)
        anchors = [
            each
            for each in await every(self.proofs.anchors)
            if each.sequence < head.sequence
        ]
        checkpoints = await every(self.proofs.checkpoints)
        proofs = [*anchors, *(c for c in checkpoints if c.sequence <= head.sequence)]
        if proofs:
            yield b"".join(map(proof_line, proofs))
        count, last = 0, anchors[-1] if anchors else None
        after = last.sequence if last else 0
        narrowed = wanted if wanted != EntryFilter() else None
        while True:
            found = await self.store.following(after, limit=AT_ONCE, wanted=narrowed)
            entries = [each for each in found if each.sequence <= head.sequence]
            following = entries[0].sequence if entries else head.sequence + 1
            if narrowed is None and following != after + 1:
                await self._same_start(last)
            if entries:
                yield b"".join(map(entry_line, entries))
                count, after = count + len(entries), entries[-1].sequence
            if len(entries) < AT_ONCE:
                break
        yield last_line(count, head)

    async def _same_start(self, anchor: Anchor | None) -> None:
        """Break off where retention removed entries that were yet to be written."""
        if await self.proofs.anchor() != anchor:
            raise TrailMoved("Entries were removed by retention; export once more.")


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalAuditLog(AuditLog):
    """The log by way of its use cases."""

    list_entries: ListEntries
    verify_chain: VerifyChain
    read_state: ReadState

    @override
    async def list(
        self, who: Principal, wanted: EntryFilter, page: PageRequest
    ) -> Page[Entry]:
        return await self.list_entries(who, wanted, page)

    @override
    async def verify(self, who: Principal) -> ChainState:
        return await self.verify_chain(who)

    @override
    async def state(self, who: Principal) -> TrailState:
        return await self.read_state(who)
