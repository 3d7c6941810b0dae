"""Checkpoints, retention and exports, against ports in memory."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

import pytest

from fairlead.kernel.paging import PageRequest
from fairlead.kernel.principal import DEFAULT_TENANT, Principal, service
from fairlead.services.audit.domain.chain import Walk
from fairlead.services.audit.domain.entries import EntryRecorded, Head, chained
from fairlead.services.audit.memory import (
    MemoryArchive,
    MemoryEntryStore,
    MemoryMemo,
    MemoryProofStore,
    PlainSigner,
)
from fairlead.services.audit.permissions import CHECKPOINT_CREATE, ENTRY_READ
from fairlead.services.audit.public import (
    Act,
    EntryFilter,
    NothingToSign,
    Outcome,
    TrailMoved,
)
from fairlead.services.audit.seals import KeySealer
from fairlead.services.audit.use_cases.checkpoints import (
    ListCheckpoints,
    TakeCheckpoint,
)
from fairlead.services.audit.use_cases.read import ExportTrail, ReadState
from fairlead.services.audit.use_cases.retention import (
    PART,
    RemoveOldEntries,
    Retention,
)
from fairlead.services.audit.use_cases.verify import Inspection
from fairlead.services.audit.verdicts import Verdicts
from fairlead.services.authz.public import NotAllowed
from fairlead.testing.fakes import FrozenClock, GrantList, NullWork, RecordingTrail

ADA = Principal(id=UUID(int=7), name="ada")
SAIL = Act(action="boats.boat.sail")


@dataclass
class World:
    """A trail in memory; acts are recorded, and do not become entries."""

    permissions: tuple[str, ...] = (ENTRY_READ, CHECKPOINT_CREATE)
    store: MemoryEntryStore = field(default_factory=MemoryEntryStore)
    proofs: MemoryProofStore = field(default_factory=MemoryProofStore)
    trail: RecordingTrail = field(default_factory=RecordingTrail)
    archive: MemoryArchive = field(default_factory=MemoryArchive)
    clock: FrozenClock = field(default_factory=FrozenClock)
    signer: PlainSigner = field(default_factory=PlainSigner)
    sealer: KeySealer = field(default_factory=lambda: KeySealer(b"k" * 32))

    def fill(self, count: int) -> None:
        head = Head(*self._last())
        for _ in range(count):
            recorded = EntryRecorded(
                at=self.clock.now(), aggregate="a", actor=ADA, act=SAIL
            )
            entry = chained(
                recorded,
                entry_id=UUID(int=head.sequence),
                after=head,
                tenant=DEFAULT_TENANT,
            )
            self.store.entries.append(entry)
            head = Head(entry.sequence, entry.digest)
        self.store.sealed = self.sealer.seal(head, DEFAULT_TENANT)

    def _last(self) -> tuple[int, str]:
        if not self.store.entries:
            return 0, Head().digest
        last = self.store.entries[-1]
        return last.sequence, last.digest

    @property
    def take(self) -> TakeCheckpoint:
        return TakeCheckpoint(
            inspect=Inspection(
                store=self.store, sealer=self.sealer, tenant=DEFAULT_TENANT
            ),
            proofs=self.proofs,
            signer=self.signer,
            memo=MemoryMemo(),
            trail=self.trail,
            access=GrantList(*self.permissions),
            work=NullWork(),
            clock=self.clock,
            tenant=DEFAULT_TENANT,
        )

    @property
    def retain(self) -> RemoveOldEntries:
        return RemoveOldEntries(
            store=self.store,
            proofs=self.proofs,
            signer=self.signer,
            archive=self.archive,
            take_checkpoint=self.take,
            trail=self.trail,
            work=NullWork(),
            clock=self.clock,
            retention=Retention(keep=timedelta(days=30)),
            tenant=DEFAULT_TENANT,
        )

    @property
    def export(self) -> ExportTrail:
        return ExportTrail(
            store=self.store,
            proofs=self.proofs,
            signer=self.signer,
            trail=self.trail,
            access=GrantList(*self.permissions),
            clock=self.clock,
            tenant=DEFAULT_TENANT,
        )


Asked = Callable[[World], Awaitable[object]]


def state(world: World) -> Awaitable[object]:
    read = ReadState(
        store=world.store,
        proofs=world.proofs,
        access=GrantList(*world.permissions),
        verdicts=Verdicts(),
        tenant=DEFAULT_TENANT,
    )
    return read(ADA)


def listed(world: World) -> Awaitable[object]:
    asked = ListCheckpoints(proofs=world.proofs, access=GrantList(*world.permissions))
    return asked(ADA, PageRequest())


@pytest.mark.parametrize(
    "asked",
    [
        state,
        listed,
        lambda world: world.take(ADA),
        lambda world: world.export(ADA, EntryFilter()),
    ],
)
async def test_each_use_asks_for_its_permission(asked: Asked) -> None:
    world = World(permissions=())
    world.fill(1)
    with pytest.raises(NotAllowed):
        await asked(world)

    assert world.proofs.taken == []
    assert world.trail.acts == []


async def test_an_empty_trail_is_not_signed() -> None:
    """And the refusal is recorded."""
    world = World()
    with pytest.raises(NothingToSign):
        await world.take(ADA)

    assert [act.outcome for _, act in world.trail.acts] == [Outcome.REFUSED]


async def test_taking_a_checkpoint_is_recorded() -> None:
    world = World()
    world.fill(3)
    taken = await world.take(ADA)
    again = await world.take(ADA)

    assert (taken.number, taken.sequence, again) == (1, 3, taken)
    assert [(act.action, act.target) for _, act in world.trail.acts] == [
        (CHECKPOINT_CREATE, "checkpoints/1")
    ]


async def test_a_long_past_goes_in_parts() -> None:
    """Each has an anchor and an archive of its own."""
    world = World()
    world.fill(PART + 100)
    world.clock.advance(timedelta(days=31))
    world.fill(2)
    removed = await world.retain()
    walk = Walk(DEFAULT_TENANT, anchor=world.proofs.cuts[-1])
    flaws = [walk.take(entry) for entry in world.store.entries]

    assert removed == PART + 100
    assert [each.sequence for each in world.proofs.cuts] == [PART, PART + 100]
    assert [key.rpartition("/")[2] for key in world.archive.kept] == [
        f"1-{PART}.jsonl",
        f"{PART + 1}-{PART + 100}.jsonl",
    ]
    assert flaws == [None, None]
    assert {who for who, _ in world.trail.acts} == {service("audit")}


async def test_an_export_that_retention_overtakes_breaks_off() -> None:
    """It would else look like a trail from which entries are missing."""
    world = World()
    world.fill(500)
    lines = await world.export(ADA, EntryFilter())
    parts = [await anext(lines) for _ in range(3)]
    world.clock.advance(timedelta(days=31))
    world.fill(1)
    await world.retain()
    with pytest.raises(TrailMoved):
        await anext(lines)

    assert b'"type":"entry"' in parts[-1]
    assert world.trail.acts[0][1].action == "audit.entry.export"
