"""What happens to the trail; one class per intention."""

from dataclasses import dataclass

from typing_extensions import override

from fairlead.kernel.access import Access
from fairlead.kernel.clock import Clock
from fairlead.kernel.errors import ErrorKind, FairleadError
from fairlead.kernel.events import Delivery, Outbox
from fairlead.kernel.paging import Page, PageRequest
from fairlead.kernel.principal import Principal, TenantId
from fairlead.kernel.work import UnitOfWork
from fairlead.services.audit.domain import (
    LONGEST_NAME,
    EntryRecorded,
    Head,
    bounded_act,
    bounded_caller,
    chained,
    check_chain,
    check_seal,
    counted,
    shortened,
)
from fairlead.services.audit.permissions import ENTRY_READ
from fairlead.services.audit.ports import EntryStore, Sealer, Surroundings
from fairlead.services.audit.public import (
    Act,
    AuditLog,
    AuditTrail,
    ChainState,
    Entry,
    EntryFilter,
    Outcome,
)
from fairlead.services.audit.refusals import Refusals

VERIFIED_AT_ONCE = 200


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
class VerifyChain:
    """Check that no entry was changed, removed or moved."""

    store: EntryStore
    sealer: Sealer
    access: Access
    tenant: TenantId

    async def __call__(self, who: Principal) -> ChainState:
        """Follow the chain from its start to its end or its first flaw.

        Raises:
            NotAllowed: the caller lacks `audit.entry.read`.
        """
        await self.access.require(who, ENTRY_READ)
        head = Head()
        while True:
            entries = await self.store.following(head.sequence, limit=VERIFIED_AT_ONCE)
            head, state = check_chain(entries, after=head, tenant=self.tenant)
            if state.broken_at is not None:
                return state
            if len(entries) == VERIFIED_AT_ONCE:
                continue
            seal = await self.store.seal()
            if entries and seal is not None and seal.sequence > head.sequence:
                continue  # more was written meanwhile
            fits = seal is not None and self.sealer.fits(seal, self.tenant)
            return check_seal(head, seal, fits=fits)


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalAuditLog(AuditLog):
    """The log by way of its use cases."""

    list_entries: ListEntries
    verify_chain: VerifyChain

    @override
    async def list(
        self, who: Principal, wanted: EntryFilter, page: PageRequest
    ) -> Page[Entry]:
        return await self.list_entries(who, wanted, page)

    @override
    async def verify(self, who: Principal) -> ChainState:
        return await self.verify_chain(who)
