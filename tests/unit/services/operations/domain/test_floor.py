"""Who is admitted next."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as some

from fairlead.kernel.principal import DEFAULT_TENANT
from fairlead.services.operations.domain.floor import (
    AGEING_SECONDS,
    Floor,
    Limits,
    Ticket,
)

NOW = datetime(2026, 1, 1, tzinfo=UTC)
RED, BLUE, GREEN = (UUID(int=900 + number) for number in range(3))


def ticket(
    number: int,
    project: UUID | None = None,
    *,
    kind: str = "work",
    priority: int = 5,
    lent: bool = False,
) -> Ticket:
    return Ticket(
        id=UUID(int=number),
        tenant_id=DEFAULT_TENANT,
        kind=kind,
        project_id=project,
        priority=priority,
        created_at=NOW + timedelta(milliseconds=number),
        lent=lent,
    )


def floor(
    *tickets: Ticket,
    total: int = 100,
    per_project: int = 100,
    per_kind: Mapping[str, int] | None = None,
) -> Floor:
    made = Floor(Limits(total=total, per_project=per_project, per_kind=per_kind or {}))
    for each in tickets:
        made.add(each)
    return made


def admitted(where: Floor, *, at: datetime = NOW) -> list[int]:
    found = []
    while (each := where.admit(at=at)) is not None:
        found.append(each.id.int)
    return found


def test_the_total_limit_holds_and_a_freed_slot_is_used() -> None:
    busy = floor(*(ticket(n) for n in range(1, 5)), total=2)

    assert admitted(busy) == [1, 2]
    assert "limit 2 reached, 2 in queue" in busy.reason(UUID(int=3))
    busy.leave(UUID(int=1))
    assert admitted(busy) == [3]


def test_projects_take_turns() -> None:
    """A project with a long queue does not keep the others waiting."""
    tickets = [ticket(n, RED) for n in range(1, 5)]
    tickets += [ticket(11, BLUE), ticket(12, BLUE), ticket(21, GREEN)]

    assert admitted(floor(*tickets)) == [1, 11, 21, 2, 12, 3, 4]


def test_a_full_project_lets_others_pass() -> None:
    tickets = [*(ticket(n, RED) for n in range(1, 4)), ticket(11, BLUE)]
    busy = floor(*tickets, per_project=1)

    assert admitted(busy) == [1, 11]
    assert busy.reason(UUID(int=2)) == "waiting: project limit 1 reached"
    busy.leave(UUID(int=1))
    assert admitted(busy) == [2]


def test_a_full_kind_lets_others_pass() -> None:
    tickets = [ticket(1, RED, kind="deploy"), ticket(2, RED, kind="deploy")]
    busy = floor(*tickets, ticket(3, RED, kind="run"), per_kind={"deploy": 1})

    assert admitted(busy) == [1, 3]
    assert busy.reason(UUID(int=2)) == "waiting: limit 1 of deploy reached"


def test_operations_of_nobody_have_no_project_limit() -> None:
    assert admitted(floor(ticket(1), ticket(2), per_project=1)) == [1, 2]


def test_the_higher_priority_goes_first() -> None:
    tickets = [ticket(1, priority=0), ticket(2, priority=9), ticket(3, priority=5)]

    assert admitted(floor(*tickets)) == [2, 3, 1]


def test_waiting_is_worth_priority() -> None:
    """Ten levels of waiting bring the last before the first."""
    old, new = ticket(1, priority=0), ticket(10_000_000, priority=9)
    later = NOW + timedelta(seconds=10 * AGEING_SECONDS + 1)

    assert admitted(floor(old, new), at=later) == [1, 10_000_000]


def test_parts_need_no_slot() -> None:
    """A child starts though all is full, and takes no slot away."""
    busy = floor(ticket(1), ticket(2), total=1)
    busy.add(ticket(3, lent=True))

    assert admitted(busy) == [3, 1]
    busy.leave(UUID(int=3))
    assert admitted(busy) == []


def test_what_was_put_back_is_first_again() -> None:
    queue = floor(ticket(1, RED), ticket(2, RED))
    first = queue.admit(at=NOW)
    assert first is not None
    queue.put_back(first)

    assert admitted(queue) == [1, 2]


def test_a_newcomer_goes_before_who_was_just_served() -> None:
    """And who comes one at a time does not keep a long queue waiting."""
    queue = floor(ticket(1, RED), ticket(2, RED), ticket(3, RED), total=1)
    order = []
    for number in range(11, 15):
        served = queue.admit(at=NOW)
        assert served is not None
        order.append(served.id.int)
        queue.leave(served.id)
        queue.add(ticket(number, BLUE))

    assert order == [1, 11, 2, 12]


def test_what_was_withdrawn_is_not_admitted() -> None:
    queue = floor(ticket(1), ticket(2))

    assert queue.withdraw(UUID(int=1)) == ticket(1)
    assert queue.withdraw(UUID(int=1)) is None
    assert admitted(queue) == [2]


def test_what_is_known_is_not_queued_again() -> None:
    queue = floor(ticket(1), ticket(1))
    queue.occupy(ticket(2))
    queue.add(ticket(2))

    assert admitted(queue) == [1]
    assert (queue.waiting, queue.running) == (0, 2)


PLANS = some.lists(
    some.tuples(
        some.sampled_from([None, RED, BLUE, GREEN]),
        some.sampled_from(["run", "deploy"]),
        some.integers(0, 9),
        some.booleans(),
        some.booleans(),
    ),
    max_size=30,
)


def _plan(
    entries: Iterable[tuple[UUID | None, str, int, bool, bool]],
) -> list[tuple[Ticket, bool]]:
    return [
        (ticket(n, project, kind=kind, priority=priority, lent=lent), withdrawn)
        for n, (project, kind, priority, lent, withdrawn) in enumerate(entries, start=1)
    ]


@given(PLANS, some.integers(1, 4), some.integers(1, 3), some.integers(1, 3))
def test_limits_hold_and_nothing_is_lost(
    entries: list[tuple[UUID | None, str, int, bool, bool]],
    total: int,
    per_project: int,
    of_kind: int,
) -> None:
    """Whatever comes: no limit is passed, and all but the withdrawn run once."""
    plan = _plan(entries)
    busy = floor(
        *(each for each, _ in plan),
        total=total,
        per_project=per_project,
        per_kind={"deploy": of_kind},
    )
    for each, withdrawn in plan:
        if withdrawn:
            busy.withdraw(each.id)
    running: dict[UUID, Ticket] = {}
    seen: list[UUID] = []
    while True:
        while (each_ := busy.admit(at=NOW)) is not None:
            running[each_.id] = each_
            seen.append(each_.id)
            slots = [held for held in running.values() if not held.lent]
            assert len(slots) <= total
            assert sum(held.kind == "deploy" for held in slots) <= of_kind
            for project in (RED, BLUE, GREEN):
                assert sum(held.project_id == project for held in slots) <= per_project
        if not running:
            break
        gone = next(iter(running))
        del running[gone]
        busy.leave(gone)

    assert sorted(seen) == [each.id for each, withdrawn in plan if not withdrawn]
    assert (busy.waiting, busy.running) == (0, 0)


@pytest.mark.parametrize("operation_id", [UUID(int=1), UUID(int=99)])
def test_what_does_not_wait_has_no_reason(operation_id: UUID) -> None:
    busy = floor(ticket(1))
    admitted(busy)

    assert busy.reason(operation_id) == ""


@given(
    some.lists(
        some.tuples(some.integers(0, 9), some.sampled_from([RED, BLUE, GREEN, None])),
        min_size=1,
        max_size=20,
    )
)
def test_positions_are_the_order_of_admission(
    asked: list[tuple[int, UUID | None]],
) -> None:
    """What is foretold comes true, and foretelling changes nothing."""
    where = floor(
        *(
            ticket(number, project, priority=priority)
            for number, (priority, project) in enumerate(asked, 1)
        )
    )
    where.admit(at=NOW)
    foretold = {
        number: where.position(UUID(int=number), at=NOW)
        for number in range(1, len(asked) + 1)
    }
    order = admitted(where)

    assert [foretold[number] for number in order] == list(range(1, len(order) + 1))


def test_an_obstacle_names_the_holders_of_the_slots() -> None:
    """Those that borrow their parent's slot hold none."""
    where = floor(ticket(1, RED), ticket(2, RED, lent=True), ticket(3, RED), total=1)
    admitted(where)
    found = where.obstacle(UUID(int=3))

    assert found is not None
    assert (found.name, found.limit, [each.id.int for each in found.reached_by]) == (
        "total",
        1,
        [1],
    )
    assert where.obstacle(UUID(int=1)) is None
    assert where.position(UUID(int=1), at=NOW) is None
