"""Following the chain from its start, or from the last checkpoint."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from fairlead.kernel.access import Access
from fairlead.kernel.clock import Clock
from fairlead.kernel.principal import Principal, TenantId
from fairlead.services.audit.domain.chain import Walk, check_seal
from fairlead.services.audit.domain.entries import Head
from fairlead.services.audit.domain.proofs import (
    CHECKPOINT_TAKEN,
    ENTRIES_REMOVED,
    Flaw,
    check_proofs,
)
from fairlead.services.audit.permissions import ENTRY_READ
from fairlead.services.audit.ports import EntryStore, Memo, ProofStore, Sealer, Signer
from fairlead.services.audit.public import Anchor, ChainState, Checkpoint
from fairlead.services.audit.verdicts import Verdicts

AT_ONCE = 200
BEFORE_ALL = -(2**31)
ProofT = TypeVar("ProofT", bound=Checkpoint)


async def every(
    read: Callable[[int], Awaitable[Sequence[ProofT]]],
) -> Sequence[ProofT]:
    """Return all checkpoints, or all anchors, of a tenant."""
    found: list[ProofT] = []
    while more := await read(found[-1].number if found else 0):
        found += more
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """Follows the chain to its end and compares that with the seal."""

    store: EntryStore
    sealer: Sealer
    tenant: TenantId

    async def __call__(self, walk: Walk) -> ChainState:
        """Return what is wrong first, or how far the chain is whole."""
        if flaw := walk.begin():
            return ChainState(entries=0, broken_at=flaw.at, reason=flaw.reason)
        while True:
            start = walk.head
            entries = await self.store.following(start.sequence, limit=AT_ONCE)
            for entry in entries:
                if flaw := walk.take(entry):
                    return ChainState(
                        entries=walk.head.sequence,
                        broken_at=flaw.at,
                        reason=flaw.reason,
                    )
            if len(entries) == AT_ONCE:
                continue
            seal = await self.store.seal()
            if entries and seal is not None and seal.sequence > walk.head.sequence:
                continue  # more was written meanwhile
            fits = seal is not None and self.sealer.fits(seal, self.tenant)
            return check_seal(walk.head, seal, fits=fits)

    async def before(self, anchor: Anchor | None) -> Flaw | None:
        """Tell what stands before the start, where nothing may.

        What retention gave up and has yet to remove does: it leads to the anchor.
        """
        first = await self.store.following(BEFORE_ALL, limit=1)
        start = anchor.sequence if anchor else 0
        if not first or first[0].sequence > start:
            return None
        added = Flaw(
            first[0].sequence,
            f"entry {first[0].sequence} was added before the first one",
        )
        if anchor is None:
            return added
        walk = Walk(self.tenant, after=Head(first[0].sequence - 1, first[0].previous))
        while walk.head.sequence < start:
            limit = min(AT_ONCE, start - walk.head.sequence)
            found = await self.store.following(walk.head.sequence, limit=limit)
            if not found or any(walk.take(entry) for entry in found):
                return added
        return None if walk.head.digest == anchor.digest else added


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyChain:
    """Check that no entry was changed, removed or moved, and no proof either."""

    inspect: Inspection
    proofs: ProofStore
    signer: Signer
    memo: Memo
    access: Access
    verdicts: Verdicts
    clock: Clock
    tenant: TenantId

    async def __call__(self, who: Principal) -> ChainState:
        """Follow the chain from its start to its end or its first flaw.

        What retention removed is taken from the signed anchor; every checkpoint must
        fit the chain, and the chain tells how many there must be.

        Raises:
            NotAllowed: the caller lacks `audit.entry.read`.
        """
        await self.access.require(who, ENTRY_READ)
        while True:
            anchors = await every(self.proofs.anchors)
            state = await self._verify(anchors)
            last = await self.proofs.anchor()
            if last == (anchors[-1] if anchors else None):
                self.verdicts.note(self.tenant, state, at=self.clock.now())
                return state  # else retention removed some meanwhile

    async def _verify(self, anchors: Sequence[Anchor]) -> ChainState:
        checkpoints = await every(self.proofs.checkpoints)
        anchor = anchors[-1] if anchors else None
        told = ChainState(
            entries=0,
            removed=anchor.sequence if anchor else 0,
            removed_at=anchor.at if anchor else None,
            checkpoints=len(checkpoints),
        )
        for proofs in (anchors, checkpoints):
            if flaw := check_proofs(proofs, self.tenant, self.signer):
                return replace(told, broken_at=flaw.at, reason=flaw.reason)
        if flaw := await self.inspect.before(anchor):
            return replace(told, broken_at=flaw.at, reason=flaw.reason)
        remembered = self.memo.last(self.tenant)
        if remembered is not None and remembered.number > len(checkpoints):
            checkpoints = [*checkpoints, remembered]
        walk = Walk(self.tenant, anchor=anchor, checkpoints=checkpoints)
        found = await self.inspect(walk)
        if found.broken_at is None:
            found = await self._proofs_told_of(walk) or found
        return replace(
            told,
            entries=found.entries,
            broken_at=found.broken_at,
            reason=found.reason,
        )

    async def _proofs_told_of(self, walk: Walk) -> ChainState | None:
        """Tell which checkpoint or anchor the entries name that is not there."""
        for action, last, kind in (
            (CHECKPOINT_TAKEN, await self.proofs.checkpoint(), "checkpoint"),
            (ENTRIES_REMOVED, await self.proofs.anchor(), "anchor"),
        ):
            number = last.number if last else 0
            if walk.claimed[action] > number:
                return ChainState(
                    entries=walk.head.sequence,
                    broken_at=last.sequence + 1 if last else 1,
                    reason=f"{kind} {number + 1} is missing, "
                    "though an entry tells that there is one",
                )
        if flaw := walk.end():
            return ChainState(
                entries=walk.head.sequence, broken_at=flaw.at, reason=flaw.reason
            )
        return None
