"""Submitting, showing, listing, cancelling and awaiting, against ports in memory."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, cast
from uuid import UUID

import pytest
from typing_extensions import override

from fairlead.kernel.paging import PageRequest
from fairlead.kernel.principal import DEFAULT_TENANT, Principal
from fairlead.services.authz.public import NotAllowed
from fairlead.services.operations.domain.record import CANCELLED, BadPriority, Record
from fairlead.services.operations.memory import (
    IdleDesk,
    MemoryDocket,
    MemoryOperationStore,
)
from fairlead.services.operations.permissions import OPERATION_CANCEL, OPERATION_READ
from fairlead.services.operations.public import (
    Feeds,
    OperationFilter,
    OperationNotFound,
    OperationState,
    Submission,
)
from fairlead.services.operations.use_cases.follow import FollowOperation
from fairlead.services.operations.use_cases.work import (
    AwaitOperation,
    CancelOperation,
    GetOperation,
    ListOperations,
    LocalOperations,
    SubmitOperation,
)
from fairlead.testing.fakes import FrozenClock, GrantList, NullWork, RecordingTrail

ADA = Principal(id=UUID(int=7), name="ada")
CLOCK = FrozenClock()


class CutOff(NullWork):
    """Loses its caller while it commits."""

    @override
    async def __aexit__(self, *error: Any) -> None:
        raise asyncio.CancelledError


class Sees(GrantList):
    """Shows some operations only."""

    def __init__(self, *seen: UUID) -> None:
        super().__init__()
        self._seen = {f"operations/{each}" for each in seen}

    @override
    async def require(
        self, who: Principal, permission: str, *, target: str = "", **how: Any
    ) -> None:
        if target not in self._seen:
            await super().require(who, permission, target=target, **how)


@dataclass
class Room:
    """The use cases over one shelf."""

    shelf: dict[UUID, Record] = field(default_factory=dict)
    desk: IdleDesk = field(default_factory=IdleDesk)
    trail: RecordingTrail = field(default_factory=RecordingTrail)

    def operations(self, *grants: str, work: NullWork | None = None) -> LocalOperations:
        store, desk = MemoryOperationStore(self.shelf, DEFAULT_TENANT), self.desk
        work, may = work or NullWork(), GrantList(*grants)
        return LocalOperations(
            submit_operation=SubmitOperation(
                store=store, desk=desk, work=work, clock=CLOCK
            ),
            get_operation=GetOperation(store=store, authorizer=may, desk=desk),
            list_operations=ListOperations(store=store, authorizer=may, desk=desk),
            cancel_operation=CancelOperation(
                store=store, authorizer=may, trail=self.trail, desk=desk, work=work
            ),
            await_operation=AwaitOperation(store=store, desk=desk),
        )

    def follow(self, *seen: UUID) -> FollowOperation:
        store = MemoryOperationStore(self.shelf, DEFAULT_TENANT)
        get = GetOperation(store=store, authorizer=Sees(*seen), desk=self.desk)
        return FollowOperation(get=get, feeds=cast("Feeds", None))

    async def fill(self, *numbers: int, parent: int | None = None) -> None:
        for number in numbers:
            await self.operations().submit(ADA, submission(number, parent=parent))

    async def end(self, number: int) -> None:
        endings = {UUID(int=number): CANCELLED}
        await MemoryDocket(self.shelf).end(endings, at=CLOCK.now())


def submission(
    number: int, *, parent: int | None = None, priority: int = 5
) -> Submission:
    return Submission(
        id=UUID(int=number),
        kind="test.work",
        argument=None,
        subject=f"work/{number}",
        parent_id=None if parent is None else UUID(int=parent),
        priority=priority,
    )


def ids(*numbers: int) -> Sequence[UUID]:
    return [UUID(int=number) for number in numbers]


@pytest.fixture
def room() -> Room:
    return Room()


async def test_submitting_stores_and_hands_over(room: Room) -> None:
    operation = await room.operations().submit(ADA, submission(1))

    assert operation.state is OperationState.QUEUED
    assert (operation.requested_by, operation.created_at) == ("ada", CLOCK.now())
    assert operation.reason == "waiting: nobody is at the desk"
    assert room.desk.taken == ids(1)


async def test_submitting_an_ended_one_again_only_shows_it(room: Room) -> None:
    await room.fill(1)
    await room.end(1)
    again = await room.operations().submit(ADA, submission(1))

    assert (again.state, again.reason) == (OperationState.CANCELLED, "")
    assert room.desk.taken == ids(1)


async def test_a_caller_lost_in_the_commit_loses_no_work(room: Room) -> None:
    """What may have become durable is admitted, and a cancel reaches the engine."""
    lost = room.operations(OPERATION_CANCEL, work=CutOff())
    with pytest.raises(asyncio.CancelledError):
        await lost.submit(ADA, submission(1))
    with pytest.raises(asyncio.CancelledError):
        await lost.cancel(ADA, UUID(int=1))
    await asyncio.sleep(0)

    assert (room.desk.taken, room.desk.cancelled) == (ids(1), ids(1))


async def test_bad_submissions_leave_nothing(room: Room) -> None:
    with pytest.raises(BadPriority):
        await room.operations().submit(ADA, submission(1, priority=10))
    with pytest.raises(OperationNotFound):
        await room.operations().submit(ADA, submission(1, parent=9))

    assert (room.shelf, room.desk.taken) == ({}, [])


async def test_who_may_not_see_it_finds_nothing(room: Room) -> None:
    await room.fill(1)
    stranger = room.operations()

    with pytest.raises(OperationNotFound):
        await stranger.get(ADA, UUID(int=1))
    with pytest.raises(OperationNotFound):
        await stranger.cancel(ADA, UUID(int=1))
    assert (await stranger.list(ADA, OperationFilter(), PageRequest())).items == ()


async def test_who_may_only_see_it_cannot_cancel_it(room: Room) -> None:
    await room.fill(1)
    reader = room.operations(OPERATION_READ)

    assert (await reader.get(ADA, UUID(int=1))).subject == "work/1"
    with pytest.raises(NotAllowed):
        await reader.cancel(ADA, UUID(int=1))
    assert (room.desk.cancelled, room.trail.acts) == ([], [])


async def test_cancelling_takes_the_whole_family_innermost_first(room: Room) -> None:
    await room.fill(1)
    await room.fill(2, parent=1)
    await room.fill(3, parent=2)
    await room.fill(4, parent=1)
    await room.end(4)
    await room.fill(5)
    await room.operations(OPERATION_CANCEL).cancel(ADA, UUID(int=1))

    assert room.desk.cancelled == ids(3, 2, 1)
    wished = [key.int for key, record in room.shelf.items() if record.cancel_requested]
    assert sorted(wished) == [1, 2, 3]
    [(_, act)] = room.trail.acts
    assert act.target == f"operations/{UUID(int=1)}"


async def test_a_feed_is_for_those_who_may_see_the_outermost(room: Room) -> None:
    """A part of it that one may see, as in an environment, is not enough."""
    await room.fill(1)
    await room.fill(2, parent=1)
    await room.fill(3, parent=2)
    whole, part = room.follow(*ids(1, 2, 3)), room.follow(*ids(3))

    assert [(await whole.owner(ADA, each)).id.int for each in ids(1, 2, 3)] == [1] * 3
    with pytest.raises(OperationNotFound, match="a part of"):
        await part(ADA, UUID(int=3))
    with pytest.raises(OperationNotFound):
        await part(ADA, UUID(int=1))


async def test_lists_give_reasons_to_those_that_wait(room: Room) -> None:
    await room.fill(1, 2)
    await room.end(1)
    reader = room.operations(OPERATION_READ)
    page = await reader.list(ADA, OperationFilter(), PageRequest())

    assert [(each.id.int, bool(each.reason)) for each in page.items] == [
        (2, True),
        (1, False),
    ]


async def test_awaiting_returns_once_it_has_ended(room: Room) -> None:
    await room.fill(1)
    waiting = asyncio.create_task(room.operations().wait(UUID(int=1)))
    await asyncio.sleep(0)
    await room.end(1)
    room.desk.watched[UUID(int=1)].set()

    assert (await waiting).state is OperationState.CANCELLED
    assert (await room.operations().wait(UUID(int=1))).state.final
    with pytest.raises(OperationNotFound):
        await room.operations().wait(UUID(int=9))
