"""The trail's use cases, against ports in memory."""

from dataclasses import replace
from datetime import timedelta
from types import TracebackType
from typing import Self
from uuid import UUID

import pytest
from typing_extensions import override

from fairlead.adapters.sql.errors import DatabaseUnavailable
from fairlead.kernel.errors import ErrorKind, FairleadError
from fairlead.kernel.events import Delivery
from fairlead.kernel.paging import PageRequest
from fairlead.kernel.principal import DEFAULT_TENANT, Principal
from fairlead.services.audit.domain.chain import Seal
from fairlead.services.audit.domain.entries import EntryRecorded, Head
from fairlead.services.audit.memory import (
    FixedSurroundings,
    MemoryEntryStore,
    MemoryMemo,
    MemoryProofStore,
    PlainSigner,
)
from fairlead.services.audit.permissions import ENTRY_READ
from fairlead.services.audit.public import Act, EntryFilter, Outcome, refused, told
from fairlead.services.audit.refusals import Refusals
from fairlead.services.audit.seals import KeySealer
from fairlead.services.audit.use_cases.read import (
    ListEntries,
    LocalAuditLog,
    ReadState,
)
from fairlead.services.audit.use_cases.record import (
    AppendEntry,
    LocalAuditTrail,
    SealTrail,
)
from fairlead.services.audit.use_cases.verify import Inspection, VerifyChain
from fairlead.services.audit.verdicts import Verdicts
from fairlead.services.authz.public import NotAllowed
from fairlead.testing.fakes import (
    FrozenClock,
    GrantList,
    NullWork,
    RecordingOutbox,
    RecordingTrail,
)

ADA = Principal(id=UUID(int=7), name="ada")
SEALER = KeySealer(b"k" * 32)
SAIL = Act(action="boats.boat.sail", target="boats/1")


class BrokenWork(NullWork):
    """Cannot commit."""

    @override
    async def __aenter__(self) -> Self:
        return self

    @override
    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        raise DatabaseUnavailable("The disk is full.")


def trail(*, working: bool) -> LocalAuditTrail:
    return LocalAuditTrail(
        outbox=RecordingOutbox(),
        work=NullWork(),
        surroundings=FixedSurroundings(lambda: working),
        refusals=Refusals(),
        clock=FrozenClock(),
    )


def log(store: MemoryEntryStore, *permissions: str) -> LocalAuditLog:
    access, proofs, verdicts = GrantList(*permissions), MemoryProofStore(), Verdicts()
    return LocalAuditLog(
        list_entries=ListEntries(store=store, access=access),
        verify_chain=VerifyChain(
            inspect=Inspection(store=store, sealer=SEALER, tenant=DEFAULT_TENANT),
            proofs=proofs,
            signer=PlainSigner(),
            memo=MemoryMemo(),
            access=access,
            verdicts=verdicts,
            clock=FrozenClock(),
            tenant=DEFAULT_TENANT,
        ),
        read_state=ReadState(
            store=store,
            proofs=proofs,
            access=access,
            verdicts=verdicts,
            tenant=DEFAULT_TENANT,
        ),
    )


async def filled(count: int) -> MemoryEntryStore:
    store = MemoryEntryStore()
    append = AppendEntry(
        store=store, sealer=SEALER, work=NullWork(), tenant=DEFAULT_TENANT
    )
    for number in range(count):
        event = EntryRecorded(
            at=FrozenClock().now(), aggregate="a", actor=ADA, act=SAIL
        )
        await append(Delivery(id=UUID(int=number + 1), event=event))
    return store


@pytest.mark.parametrize(("working", "commits"), [(True, 0), (False, 1)])
async def test_acts_join_the_open_unit_of_work(*, working: bool, commits: int) -> None:
    """Only where none is open does the trail open its own."""
    recorder = trail(working=working)
    await recorder.record(ADA, SAIL)

    assert isinstance(recorder.outbox, RecordingOutbox)
    assert isinstance(recorder.work, NullWork)
    assert [type(event) for event in recorder.outbox.events] == [EntryRecorded]
    assert recorder.work.commits == commits


async def test_a_full_trail_leaves_word_and_raises_nothing() -> None:
    """An act outside a unit of work never fails its caller."""
    surroundings = FixedSurroundings()
    recorder = replace(
        trail(working=False), work=BrokenWork(), surroundings=surroundings
    )
    await recorder.record(ADA, SAIL)

    assert [lost.act for lost in surroundings.losses] == [SAIL]


async def test_a_delivery_is_taken_in_once() -> None:
    """The same delivery twice makes one entry."""
    store = await filled(2)
    append = AppendEntry(
        store=store, sealer=SEALER, work=NullWork(), tenant=DEFAULT_TENANT
    )
    event = EntryRecorded(at=FrozenClock().now(), aggregate="a", actor=ADA, act=SAIL)
    await append(Delivery(id=UUID(int=2), event=event))

    assert [entry.sequence for entry in store.entries] == [1, 2]


async def test_reading_needs_the_permission() -> None:
    """Neither the list nor the verification is for everybody."""
    store = await filled(1)
    with pytest.raises(NotAllowed):
        await log(store).list(ADA, EntryFilter(), PageRequest())
    with pytest.raises(NotAllowed):
        await log(store).verify(ADA)
    page = await log(store, ENTRY_READ).list(ADA, EntryFilter(), PageRequest())

    assert [entry.act for entry in page.items] == [SAIL]


async def test_long_chains_are_verified_in_parts() -> None:
    """A flaw far behind the first part is found."""
    store = await filled(450)
    whole = await log(store, ENTRY_READ).verify(ADA)
    store.entries[420] = replace(store.entries[420], actor="bob")
    broken = await log(store, ENTRY_READ).verify(ADA)

    assert (whole.entries, whole.broken_at) == (450, None)
    assert broken.broken_at == 421


async def test_refused_acts_are_thinned_out_and_counted() -> None:
    """Those that were done are not."""
    recording = trail(working=True)
    error = NotAllowed("You may not.")
    for _ in range(3):
        await recording.record(ADA, SAIL)
        await recording.record(ADA, refused(SAIL, error))
    clock = recording.clock
    assert isinstance(clock, FrozenClock)
    clock.advance(timedelta(minutes=1))
    await recording.record(ADA, refused(SAIL, error))

    outbox = recording.outbox
    assert isinstance(outbox, RecordingOutbox)
    acts = [event.act for event in outbox.events if isinstance(event, EntryRecorded)]
    assert [act.outcome for act in acts].count(Outcome.DONE) == 3
    assert [act.details for act in acts if act.outcome is Outcome.REFUSED] == [
        {"reason": "authz.not_allowed"},
        {"reason": "authz.not_allowed", "left_out_before": "2"},
    ]


@pytest.mark.parametrize(
    ("reasons", "count"),
    [((NotAllowed,), 1), ((ErrorKind.FORBIDDEN,), 1), ((ErrorKind.CONFLICT,), 0)],
)
async def test_errors_that_leave_a_block_are_told(
    reasons: tuple[type[FairleadError] | ErrorKind, ...], count: int
) -> None:
    """Those that it is about, after the unit of work inside it is undone."""
    recorded, work = RecordingTrail(), NullWork()
    with pytest.raises(NotAllowed):
        async with told(recorded, ADA, SAIL, *reasons), work:
            raise NotAllowed("You may not.")

    assert work.rollbacks == 1
    assert [act.details["reason"] for _, act in recorded.acts] == [
        "authz.not_allowed"
    ] * count


async def test_what_is_cut_off_at_the_end_is_missed() -> None:
    """The chain that is left is whole in itself; the seal tells that it is not all."""
    store = await filled(450)
    del store.entries[447:]
    state = await log(store, ENTRY_READ).verify(ADA)

    assert (state.entries, state.broken_at) == (447, 448)
    assert state.reason == (
        "entries 448 to 450 are missing: the trail was cut off at its end"
    )


@pytest.mark.parametrize(
    ("seal", "reason"),
    [
        (None, "the seal of entry 3 is missing"),
        (KeySealer(b"x" * 32).seal(Head(3, "0" * 64), DEFAULT_TENANT), "was changed"),
        (SEALER.seal(Head(2, "0" * 64), DEFAULT_TENANT), "added past the seal"),
        (SEALER.seal(Head(3, "0" * 64), DEFAULT_TENANT), "entry 3 was replaced"),
    ],
)
async def test_a_seal_that_does_not_fit_is_told(seal: Seal | None, reason: str) -> None:
    store = await filled(3)
    store.sealed = seal
    state = await log(store, ENTRY_READ).verify(ADA)

    assert state.broken_at == 3
    assert reason in state.reason


async def test_an_empty_trail_needs_no_seal() -> None:
    state = await log(MemoryEntryStore(), ENTRY_READ).verify(ADA)

    assert (state.entries, state.broken_at) == (0, None)


@pytest.mark.parametrize(("fresh", "whole"), [(True, True), (False, False)])
async def test_only_with_a_new_key_is_an_older_trail_sealed(
    *, fresh: bool, whole: bool
) -> None:
    """Else whoever removed the seal would be given another."""
    store = await filled(3)
    store.sealed = None
    sealer = replace(SEALER, fresh=fresh)
    seal = SealTrail(store=store, sealer=sealer, work=NullWork(), tenant=DEFAULT_TENANT)
    await seal()
    state = await log(store, ENTRY_READ).verify(ADA)

    assert (state.broken_at is None) is whole
