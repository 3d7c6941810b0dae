"""Removing what is older than it must be kept, so that the rest stays provable."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from fairlead.kernel.clock import Clock
from fairlead.kernel.principal import TenantId, service
from fairlead.kernel.work import UnitOfWork
from fairlead.services.audit.domain.chain import Walk
from fairlead.services.audit.domain.entries import Head
from fairlead.services.audit.domain.lines import (
    entry_line,
    first_line,
    key_line,
    last_line,
    proof_line,
)
from fairlead.services.audit.domain.proofs import (
    ENTRIES_REMOVED,
    Flaw,
    check_signature,
    signed_text,
)
from fairlead.services.audit.ports import (
    Archive,
    Archived,
    EntryStore,
    ProofStore,
    Signer,
)
from fairlead.services.audit.public import (
    Act,
    Anchor,
    AuditTrail,
    Entry,
    EntryFilter,
    TrailBroken,
)
from fairlead.services.audit.use_cases.checkpoints import TakeCheckpoint
from fairlead.services.audit.use_cases.verify import every

READ_AT_ONCE = 200
PART = 5_000  # entries under one anchor, and in one blob
REMOVED_AT_ONCE = 200
NO_ARCHIVE = Archived("", "")


@dataclass(frozen=True, slots=True)
class Retention:
    """How long entries are kept (None: for ever), and whether parts are archived."""

    keep: timedelta | None = None
    archive: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveOldEntries:
    """Remove the first entries, up to the first that is young enough to stay.

    A checkpoint is taken first. Each part is verified, archived, then given up by a
    signed anchor in one unit of work; only then its entries go. Cut off anywhere, the
    next run goes on. The last entry always stays.
    """

    store: EntryStore
    proofs: ProofStore
    signer: Signer
    archive: Archive
    take_checkpoint: TakeCheckpoint
    trail: AuditTrail
    work: UnitOfWork
    clock: Clock
    retention: Retention
    tenant: TenantId

    async def __call__(self) -> int:
        """Return how many were removed.

        Raises:
            TrailBroken: what is to be removed, or what was written lately, does not
                verify; it stays.
            NoSpace: there is no room for the archive.
        """
        anchor = await self.proofs.anchor()
        if anchor is not None:
            flaw = check_signature(anchor, self.tenant, self.signer)
            if flaw is not None:
                raise _broken(flaw)
        removed = await self._remove(anchor)
        if self.retention.keep is None:
            return removed
        before = self.clock.now() - self.retention.keep
        if not await self._old(anchor, before, limit=1):
            return removed
        taken = await self.take_checkpoint(service("audit", self.tenant))
        while part := await self._old(anchor, before, limit=PART, up_to=taken.sequence):
            anchor = await self._give_up(anchor, part)
            removed += await self._remove(anchor)
        return removed

    async def _old(
        self,
        anchor: Anchor | None,
        before: datetime,
        *,
        limit: int,
        up_to: int | None = None,
    ) -> list[Entry]:
        """Return the next entries that are all too old, whole as they follow.

        None after `up_to`, of which a checkpoint was taken, and never the last one.
        """
        last = (await self.store.head()).sequence
        if up_to is not None:
            last = min(last, up_to + 1)
        walk, found = Walk(self.tenant, anchor=anchor), list[Entry]()
        while len(found) < limit:
            entries = await self.store.following(
                walk.head.sequence, limit=min(READ_AT_ONCE, limit - len(found))
            )
            for entry in entries:
                if entry.at >= before or entry.sequence >= last:
                    return found
                if flaw := walk.take(entry):
                    raise _broken(flaw)
                found.append(entry)
            if not entries:
                break
        return found

    async def _give_up(self, last: Anchor | None, part: list[Entry]) -> Anchor:
        kept = await self._archived(part)
        bare = Anchor(
            number=last.number + 1 if last else 1,
            sequence=part[-1].sequence,
            digest=part[-1].digest,
            at=self.clock.now(),
            key_id=self.signer.key_id(),
            archive=kept.key,
            archive_digest=kept.digest,
        )
        signature = self.signer.sign(signed_text(bare, self.tenant))
        anchor = replace(bare, signature=signature)
        async with self.work:
            await self.proofs.add_anchor(anchor)
            await self.trail.record(
                service("audit", self.tenant), _told(anchor, part[0].sequence)
            )
        return anchor

    async def _archived(self, part: list[Entry]) -> Archived:
        """Keep a part as an export of its own: it can be verified as one."""
        if not self.retention.archive:
            return NO_ARCHIVE
        first, last = part[0].sequence, part[-1]
        lines = [
            first_line(self.tenant, EntryFilter(), at=self.clock.now()),
            *(key_line(key.id, key.x) for key in self.signer.public_keys()),
            *map(proof_line, await every(self.proofs.anchors)),
            *(
                proof_line(each)
                for each in await every(self.proofs.checkpoints)
                if each.sequence <= last.sequence
            ),
            *map(entry_line, part),
            last_line(len(part), Head(last.sequence, last.digest)),
        ]
        key = f"audit/{self.tenant}/{first}-{last.sequence}.jsonl"
        return await self.archive.keep(key, b"".join(lines))

    async def _remove(self, anchor: Anchor | None) -> int:
        """Remove what `anchor` gave up, a little at a time."""
        removed = 0
        while anchor is not None:
            async with self.work:
                gone = await self.store.remove(anchor.sequence, limit=REMOVED_AT_ONCE)
            removed += gone
            if gone < REMOVED_AT_ONCE:
                break
        return removed


def _broken(flaw: Flaw) -> TrailBroken:
    return TrailBroken(
        f"Nothing more was removed: the trail is broken at {flaw.at}: {flaw.reason}.",
        broken_at=flaw.at,
    )


def _told(anchor: Anchor, first: int) -> Act:
    """Return the act by which the chain tells what was removed from its start."""
    return Act(
        action=ENTRIES_REMOVED,
        target=f"anchors/{anchor.number}",
        details={
            "first": str(first),
            "last": str(anchor.sequence),
            "digest": anchor.digest,
            "archive": anchor.archive,
        },
    )
