"""Taking acts into the trail: through the outbox, then into the chain."""

from dataclasses import dataclass

from typing_extensions import override

from fairlead.kernel.clock import Clock
from fairlead.kernel.errors import ErrorKind, FairleadError
from fairlead.kernel.events import Delivery, Outbox
from fairlead.kernel.principal import Principal, TenantId
from fairlead.kernel.work import UnitOfWork
from fairlead.services.audit.domain.entries import (
    LONGEST_NAME,
    EntryRecorded,
    Head,
    bounded_act,
    bounded_caller,
    chained,
    counted,
    shortened,
)
from fairlead.services.audit.ports import EntryStore, Sealer, Surroundings
from fairlead.services.audit.public import Act, AuditTrail, Outcome
from fairlead.services.audit.refusals import Refusals


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalAuditTrail(AuditTrail):
    """Hands acts to the outbox; `AppendEntry` takes them in after the commit.

    Refused ones are thinned out, with the number of those left out in the next.
    """

    outbox: Outbox
    work: UnitOfWork
    surroundings: Surroundings
    refusals: Refusals
    clock: Clock

    @override
    async def record(self, who: Principal, act: Act) -> None:
        caller = bounded_caller(who)
        act = bounded_act(act)
        if act.outcome is Outcome.REFUSED:
            more = self.refusals.admit(caller, act, at=self.clock.now())
            if more is None:
                return
            if more:
                act = counted(act, more)
        recorded = EntryRecorded(
            at=self.clock.now(),
            aggregate=shortened(f"{caller.id}/{act.target}", LONGEST_NAME),
            actor=caller,
            act=act,
        )
        if self.surroundings.working():
            await self.outbox.add(recorded)
            return
        try:
            async with self.work:
                await self.outbox.add(recorded)
        except FairleadError as error:
            if error.kind is not ErrorKind.UNAVAILABLE:
                raise
            self.surroundings.lost(recorded)


@dataclass(frozen=True, slots=True, kw_only=True)
class AppendEntry:
    """Take a recorded act into its tenant's chain, once."""

    store: EntryStore
    sealer: Sealer
    work: UnitOfWork
    tenant: TenantId

    async def __call__(self, delivery: Delivery) -> None:
        """Append it unless this delivery was taken in before.

        Raises:
            TypeError: the event is no `EntryRecorded` (a bug).
        """
        recorded = delivery.event
        if not isinstance(recorded, EntryRecorded):
            raise TypeError(type(recorded))
        async with self.work:
            if await self.store.has(delivery.id):
                return
            head = await self.store.head()
            entry = chained(
                recorded, entry_id=delivery.id, after=head, tenant=self.tenant
            )
            await self.store.append(entry)
            head = Head(entry.sequence, entry.digest)
            await self.store.put_seal(self.sealer.seal(head, self.tenant))


@dataclass(frozen=True, slots=True, kw_only=True)
class SealTrail:
    """Seal a trail that was begun before there was a key."""

    store: EntryStore
    sealer: Sealer
    work: UnitOfWork
    tenant: TenantId

    async def __call__(self) -> None:
        """Do it, if the key was made just now; a seal that is there stays."""
        if not self.sealer.fresh:
            return
        async with self.work:
            head = await self.store.head()
            if head.sequence and await self.store.seal() is None:
                await self.store.put_seal(self.sealer.seal(head, self.tenant))
