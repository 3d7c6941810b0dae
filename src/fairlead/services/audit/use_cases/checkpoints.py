"""Signing the end of the chain, so that nobody can rewrite what came before."""

from dataclasses import dataclass, replace

from fairlead.kernel.access import Access
from fairlead.kernel.clock import Clock
from fairlead.kernel.paging import Page, PageRequest
from fairlead.kernel.principal import Principal, PrincipalKind, TenantId
from fairlead.kernel.work import UnitOfWork
from fairlead.services.audit.domain.chain import Walk
from fairlead.services.audit.domain.entries import Head
from fairlead.services.audit.domain.proofs import (
    CHECKPOINT_TAKEN,
    check_signature,
    signed_text,
)
from fairlead.services.audit.permissions import CHECKPOINT_CREATE, ENTRY_READ
from fairlead.services.audit.ports import Memo, ProofStore, Signer
from fairlead.services.audit.public import (
    Act,
    AuditTrail,
    Checkpoint,
    NothingToSign,
    Outcome,
    TrailBroken,
    told,
)
from fairlead.services.audit.use_cases.verify import Inspection


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeCheckpoint:
    """Sign the newest entry; everything before it is fixed by its digest."""

    inspect: Inspection
    proofs: ProofStore
    signer: Signer
    memo: Memo
    trail: AuditTrail
    access: Access
    work: UnitOfWork
    clock: Clock
    tenant: TenantId

    async def __call__(self, who: Principal) -> Checkpoint:
        """Follow the chain from the last checkpoint on, then sign its end.

        Where nothing was written since the last one, that one is returned; for our
        own jobs the entry that tells of it counts as nothing.

        Raises:
            NotAllowed: the caller lacks `audit.checkpoint.create`.
            NothingToSign: there is no entry yet.
            TrailBroken: what was written since does not verify; nothing was signed.
        """
        await self.access.require(who, CHECKPOINT_CREATE)
        last = await self.proofs.checkpoint()
        async with told(
            self.trail,
            who,
            Act(action=CHECKPOINT_CREATE, target="checkpoints"),
            TrailBroken,
            NothingToSign,
        ):
            walk = await self._walked(last)
        if last is not None and walk.head.sequence <= last.sequence + _own(who):
            return last
        return await self._sign(who, walk.head)

    async def _walked(self, last: Checkpoint | None) -> Walk:
        """Follow what was written since, from a start that we signed."""
        anchor, start = await self.proofs.anchor(), Head()
        known = self.memo.last(self.tenant)
        if known is not None and known.number > (last.number if last else 0):
            raise _broken(
                known.sequence, f"checkpoint {known.number} was taken, and is missing"
            )
        for proof in (last, anchor):
            if proof is not None:
                flaw = check_signature(proof, self.tenant, self.signer)
                if flaw is not None:
                    raise _broken(flaw.at, flaw.reason)
                if proof.sequence > start.sequence:
                    start = Head(proof.sequence, proof.digest)
        walk = Walk(self.tenant, after=start)
        found = await self.inspect(walk)
        if found.broken_at is not None:
            raise _broken(found.broken_at, found.reason)
        if not walk.head.sequence:
            raise NothingToSign("There is no entry to sign yet.")
        return walk

    async def _sign(self, who: Principal, head: Head) -> Checkpoint:
        key_id = self.signer.key_id()
        async with self.work:
            last = await self.proofs.checkpoint()
            if last is not None and last.sequence >= head.sequence:
                return last  # another server was faster
            bare = Checkpoint(
                number=last.number + 1 if last else 1,
                sequence=head.sequence,
                digest=head.digest,
                at=self.clock.now(),
                key_id=key_id,
            )
            signature = self.signer.sign(signed_text(bare, self.tenant))
            taken = replace(bare, signature=signature)
            await self.proofs.add_checkpoint(taken)
            await self.trail.record(who, _told(taken))
        self.memo.note(self.tenant, taken)
        return taken


@dataclass(frozen=True, slots=True, kw_only=True)
class ListCheckpoints:
    """Read the checkpoints."""

    proofs: ProofStore
    access: Access

    async def __call__(self, who: Principal, page: PageRequest) -> Page[Checkpoint]:
        """Return checkpoints, newest first.

        Raises:
            NotAllowed: the caller lacks `audit.entry.read`.
            BadPage: `page.after` is no cursor of this list.
        """
        await self.access.require(who, ENTRY_READ)
        return await self.proofs.list(page)


def _broken(at: int, reason: str) -> TrailBroken:
    return TrailBroken(
        f"Nothing was signed: the trail is broken at {at}: {reason}.", broken_at=at
    )


def _own(who: Principal) -> int:
    return 1 if who.kind is PrincipalKind.SERVICE else 0


def _told(taken: Checkpoint) -> Act:
    """Return the act by which the chain tells that there is this checkpoint."""
    return Act(
        action=CHECKPOINT_TAKEN,
        target=f"checkpoints/{taken.number}",
        outcome=Outcome.DONE,
        details={
            "sequence": str(taken.sequence),
            "digest": taken.digest,
            "key": taken.key_id,
        },
    )
