"""Why operations wait, and how they went."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from typing_extensions import override

from fairlead.kernel.engine import Retried
from fairlead.kernel.paging import PageRequest
from fairlead.kernel.principal import DEFAULT_TENANT, Principal, TenantId
from fairlead.services.authz.public import ROOT, Authorizer, project_scope
from fairlead.services.operations.domain.floor import Floor, Limits, Ticket
from fairlead.services.operations.domain.record import CANCELLED, Ending, Record, queue
from fairlead.services.operations.memory import IdleDesk, MemoryOperationStore
from fairlead.services.operations.permissions import OPERATION_READ
from fairlead.services.operations.ports import Standing
from fairlead.services.operations.public import (
    OperationError,
    OperationFilter,
    OperationNotFound,
    OperationState,
    Submission,
)
from fairlead.services.operations.use_cases import reasons
from fairlead.services.operations.use_cases.explain import (
    ExplainOperation,
    Explanation,
)
from fairlead.services.operations.use_cases.work import (
    GetOperation,
    ListOperations,
    ticket_of,
)
from fairlead.testing.fakes import FrozenClock, GrantList

ADA = Principal(id=UUID(int=7), name="ada")
STRANGER = Principal(id=UUID(int=8), name="eve", tenant_id=TenantId(UUID(int=71)))
RED = UUID(int=900)
GREEN = project_scope(UUID(int=901))


class Within(GrantList):
    """Allows reading in some scopes only."""

    def __init__(self, *scopes: str) -> None:
        super().__init__(OPERATION_READ)
        self._scopes = scopes

    @override
    async def allows(self, who: Principal, permission: str, *, on: str = ROOT) -> bool:
        return on in self._scopes


class FloorDesk(IdleDesk):
    """Stands on a real floor."""

    floor: Floor
    ending: bool = False
    tried: tuple[Retried, ...] = ()

    @override
    async def retried(self, operation_id: UUID) -> tuple[Retried, ...]:
        return self.tried

    @override
    def queue(self) -> tuple[Ticket, ...]:
        return tuple(self.floor.in_turn(at=FrozenClock().now()))

    @override
    def standing(self, operation_id: UUID) -> Standing:
        return Standing(
            position=self.floor.position(operation_id, at=FrozenClock().now()),
            queued=self.floor.waiting,
            obstacle=self.floor.obstacle(operation_id),
            ending=self.ending,
        )


@dataclass
class Room:
    """A floor with limits, and what waits and runs there."""

    limits: Limits
    shelf: dict[UUID, Record] = field(default_factory=dict)
    clock: FrozenClock = field(default_factory=FrozenClock)

    def __post_init__(self) -> None:
        self.desk = FloorDesk()
        self.desk.floor = Floor(self.limits)

    def add(self, number: int, who: Principal = ADA, **changes: Any) -> UUID:
        values: dict[str, Any] = {
            "id": UUID(int=number),
            "kind": "test.work",
            "argument": None,
            "subject": f"red/{number}",
            "project_id": RED,
            **changes,
        }
        record = queue(who, Submission(**values), parent=None, at=self.clock.now())
        self.shelf[record.id] = record
        self.desk.floor.add(ticket_of(record))
        return record.id

    def admit(self) -> None:
        while (ticket := self.desk.floor.admit(at=self.clock.now())) is not None:
            self.shelf[ticket.id] = self.shelf[ticket.id].begin(at=self.clock.now())

    async def explain(
        self, operation_id: UUID, *grants: str, may: Authorizer | None = None
    ) -> Explanation:
        store = MemoryOperationStore(self.shelf, DEFAULT_TENANT)
        may = may or GrantList(*(grants or (OPERATION_READ,)))
        get = GetOperation(store=store, authorizer=may, desk=self.desk)
        explain = ExplainOperation(
            get=get, store=store, authorizer=may, desk=self.desk, clock=self.clock
        )
        return await explain(ADA, operation_id)


async def test_the_limit_is_named_with_those_who_reach_it() -> None:
    room = Room(Limits(per_project=2))
    for number in range(1, 5):
        room.add(number)
    room.admit()
    told = await room.explain(UUID(int=4))

    assert (told.limit, told.limit_value, told.position, told.queued) == (
        "project",
        2,
        2,
        2,
    )
    assert [each.subject for each in told.reached_by] == ["red/1", "red/2"]
    place, reason, holders = told.sentences
    assert place == "It is number 2 of 2 in the queue."
    assert "2 of its project run, as many as operations.per_project" in reason
    assert holders == "The slots are held by red/1, red/2."


@pytest.mark.parametrize(
    ("limits", "name", "word"),
    [
        (Limits(total=1), "total", "operations.limit"),
        (Limits(per_kind={"test.work": 1}), "kind", "operations.per_kind"),
    ],
)
async def test_every_limit_can_be_the_reason(
    limits: Limits, name: str, word: str
) -> None:
    room = Room(limits)
    room.add(1)
    waiting = room.add(2)
    room.admit()
    told = await room.explain(waiting)

    assert told.limit == name
    assert word in told.sentences[1]


async def test_what_one_may_not_see_is_only_counted() -> None:
    room = Room(Limits(total=1))
    room.add(1)
    waiting = room.add(2)
    room.admit()
    del room.shelf[UUID(int=1)]  # as if of another tenant
    told = await room.explain(waiting)

    assert (told.reached_by, told.hidden) == ((), 1)
    assert "1 you may not see" in told.sentences[-1]
    with pytest.raises(OperationNotFound):
        await room.explain(waiting, "nothing")


async def test_reasons_name_only_what_one_may_see() -> None:
    """Holders of other projects and of other tenants are counted."""
    room = Room(Limits(total=3))
    for number, changes in ((1, {}), (2, {"scope": GREEN}), (3, {"who": STRANGER})):
        room.add(number, **changes)
    waiting = room.add(4)
    room.admit()
    (seen,) = await reasons.told(
        [room.shelf[waiting].operation], ADA, Within(ROOT), room.desk
    )
    (unseen,) = await reasons.told(
        [room.shelf[waiting].operation], ADA, Within(), room.desk
    )

    assert seen.reason == (
        "number 1 of 1, waiting: limit 3 reached by red/1 and 2 more"
    )
    assert unseen.reason == (
        "number 1 of 1, waiting: limit 3 reached by 3 that you may not see"
    )


async def test_the_queue_shows_only_what_one_may_see() -> None:
    """Page by page, with the places that all together have."""
    room = Room(Limits(total=0))
    room.add(1, scope=GREEN)
    room.add(2)
    room.add(3, who=STRANGER)
    room.add(4)
    store = MemoryOperationStore(room.shelf, DEFAULT_TENANT)
    show = ListOperations(store=store, authorizer=Within(ROOT), desk=room.desk)
    wanted = OperationFilter(by_turn=True)
    first = await show(ADA, wanted, PageRequest(limit=1))
    second = await show(ADA, wanted, PageRequest(limit=1, after=first.next))

    found = [*first.items, *second.items]
    assert [each.subject for each in found] == ["red/2", "red/4"]
    assert [each.reason.partition(",")[0] for each in found] == [
        "number 2 of 4",
        "number 4 of 4",
    ]
    assert second.next is None


async def test_explanations_name_only_what_one_may_see() -> None:
    """Of the same tenant, too."""
    room = Room(Limits(total=2))
    room.add(1)
    room.add(2, scope=GREEN)
    waiting = room.add(3)
    room.admit()
    told = await room.explain(waiting, may=Within(ROOT))

    assert [each.subject for each in told.reached_by] == ["red/1"]
    assert told.hidden == 1
    assert told.sentences[-1] == "The slots are held by red/1, 1 more."


async def test_the_end_of_the_server_is_a_reason() -> None:
    room = Room(Limits())
    waiting = room.add(1)
    room.desk.ending = True

    assert "server is ending" in (await room.explain(waiting)).sentences[0]


async def test_running_and_ended_ones_are_told_with_their_spans() -> None:
    room = Room(Limits())
    one = room.add(1)
    room.clock.advance(timedelta(seconds=2))
    room.admit()
    room.clock.advance(timedelta(minutes=3))
    running = await room.explain(one)
    error = OperationError(code="x.y", message="It broke.")
    broken = Ending(state=OperationState.FAILED, error=error)
    room.shelf[one] = room.shelf[one].end(broken, at=room.clock.now())
    ended = await room.explain(one)

    assert running.sentences == (
        "It waited 2.0 s in the queue.",
        "It has been running for 3 min 0 s.",
    )
    assert ended.sentences[1:] == (
        "It failed after 3 min 0 s.",
        "Why: It broke. (x.y)",
    )
    assert (ended.waited_seconds, ended.ran_seconds) == (2.0, 180.0)


async def test_one_cancelled_in_the_queue_never_started() -> None:
    room = Room(Limits())
    one = room.add(1)
    record = replace(room.shelf[one], cancel_requested=True)
    room.shelf[one] = record.end(CANCELLED, at=room.clock.now())

    told = await room.explain(one)
    assert told.sentences[-1] == "It was cancelled before it started."


async def test_steps_that_are_tried_again_say_why_and_when() -> None:
    """Waiting, running, and cut off by a crash; of a running operation only."""
    room = Room(Limits())
    one = room.add(1)
    now = room.clock.now()
    room.desk.tried = (
        Retried(
            step="build/fetch",
            attempt=2,
            attempts=5,
            code="net.down",
            message="The host does not answer.",
            due_at=now.timestamp() + 90,
        ),
        Retried(step="build/make", attempt=1, attempts=3, cut_off=1),
    )
    queued = await room.explain(one)
    room.admit()
    running = await room.explain(one)

    assert queued.retries == ()
    then = f"{now + timedelta(seconds=90):%H:%M:%S} UTC"
    fetch, make = running.sentences[-2:]
    assert fetch == (
        "Step build/fetch: attempt 2 of 5, retried because: The host does not answer "
        f"(net.down); next at {then}, in 1 min 30 s."
    )
    assert make == (
        "Step build/make: attempt 1 of 3, cut off once by a stop or a crash of the "
        "server; it runs."
    )
    waiting, again = running.retries
    assert (waiting.attempt, waiting.attempts, again.cut_off) == (2, 5, 1)
    assert waiting.next_at == now + timedelta(seconds=90)
    assert again.next_at is None
