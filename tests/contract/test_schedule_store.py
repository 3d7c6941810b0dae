"""Every ScheduleStore, and every Agenda beside it, keeps its promises."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from fairlead.adapters.sql.work import SqlUnitOfWork
from fairlead.kernel.paging import BadPage, PageRequest
from fairlead.kernel.principal import Principal, PrincipalKind, TenantId
from fairlead.kernel.reach import Reach
from fairlead.kernel.schedules import Timetable
from fairlead.services.authz.public import ROOT, project_scope
from fairlead.services.operations.domain.record import CANCELLED, Record, queue
from fairlead.services.operations.domain.schedule import (
    Schedule,
    ScheduleNameTaken,
    ScheduleNotFound,
)
from fairlead.services.operations.memory import (
    MemoryAgenda,
    MemoryDocket,
    MemoryOperationStore,
    MemoryScheduleStore,
)
from fairlead.services.operations.ports import (
    Agenda,
    Docket,
    OperationStore,
    ScheduleStore,
    Tally,
)
from fairlead.services.operations.public import OperationState, Submission
from fairlead.services.operations.sql import (
    SqlAgenda,
    SqlDocket,
    SqlOperationStore,
    SqlScheduleStore,
)
from fairlead.testing.database import BACKENDS, OpenDatabase
from fairlead.testing.fakes import NullWork

NOW = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
OURS, THEIRS = TenantId(UUID(int=70)), TenantId(UUID(int=71))
RED = UUID(int=900)
ALL = Reach(everywhere=True)


@dataclass(frozen=True)
class Place:
    """Schedules and operations of two tenants, and units of work over them."""

    ours: ScheduleStore
    theirs: ScheduleStore
    agenda: Agenda
    operations: OperationStore
    foreign: OperationStore
    docket: Docket
    work: AbstractAsyncContextManager[Any]

    async def add(self, *schedules: Schedule) -> None:
        async with self.work:
            for each in schedules:
                mine = each.owner.tenant_id == OURS
                await (self.ours if mine else self.theirs).add(each)

    async def ended(self, record: Record, at: datetime) -> Record:
        async with self.work:
            assert await self.operations.add(record)
            await self.docket.start([record.id], at=NOW)
            (found,) = await self.docket.end({record.id: CANCELLED}, at=at)
        return found


@pytest.fixture(params=["memory", *BACKENDS])
async def place(
    request: pytest.FixtureRequest, open_database: OpenDatabase
) -> AsyncIterator[Place]:
    if request.param == "memory":
        shelf: dict[UUID, Record] = {}
        schedules: dict[UUID, Schedule] = {}
        yield Place(
            MemoryScheduleStore(schedules, shelf, OURS),
            MemoryScheduleStore(schedules, shelf, THEIRS),
            MemoryAgenda(schedules),
            MemoryOperationStore(shelf, OURS, schedules),
            MemoryOperationStore(shelf, THEIRS, schedules),
            MemoryDocket(shelf),
            NullWork(),
        )
        return
    async with open_database(request.param, ["operations"]) as database:
        connection = database.connection()
        yield Place(
            SqlScheduleStore(connection, OURS),
            SqlScheduleStore(connection, THEIRS),
            SqlAgenda(connection),
            SqlOperationStore(connection, OURS),
            SqlOperationStore(connection, THEIRS),
            SqlDocket(connection),
            SqlUnitOfWork(connection),
        )


def schedule(number: int, tenant: TenantId = OURS, **changes: Any) -> Schedule:
    values: dict[str, Any] = {
        "id": UUID(int=number),
        "name": f"nightly {number}",
        "summary": "",
        "job": False,
        "kind": "test.work",
        "argument": {"project": "red"},
        "subject": "red",
        "scope": project_scope(RED),
        "project_id": RED,
        "timetable": Timetable(cron="0 3 * * *", time_zone="Europe/Berlin"),
        "jitter_seconds": 0,
        "owner": Principal(
            id=UUID(int=7), name="ada", kind=PrincipalKind.USER, tenant_id=tenant
        ),
        "created_at": NOW,
        "next_tick": NOW + timedelta(minutes=number),
        **changes,
    }
    return Schedule(**values)


def record(number: int, subject: str = "red/1", **changes: Any) -> Record:
    made = Submission(
        id=UUID(int=number), kind="test.work", argument=None, subject=subject, **changes
    )
    who = Principal(id=UUID(int=7), name="ada", tenant_id=OURS)
    return queue(who, made, parent=None, at=NOW)


async def test_what_was_added_is_what_is_got_by_id_and_name(place: Place) -> None:
    full = schedule(
        1,
        last_tick=NOW,
        last_operation_id=UUID(int=5),
        note="left out",
        pause_reason="paused by ada",
        next_tick=None,
        summary="s",
    )
    await place.add(full)

    assert (await place.ours.get(str(full.id))).schedule == full
    assert (await place.ours.get(full.name)).schedule == full
    with pytest.raises(ScheduleNotFound):
        await place.ours.get("nightly 9")


async def test_an_id_is_no_name(place: Place) -> None:
    """Whoever named theirs after another's id gets nowhere with it."""
    shadow = schedule(1, name=str(UUID(int=2)))
    await place.add(shadow, schedule(2), schedule(3, name=str(UUID(int=4))))

    assert (await place.ours.get(str(UUID(int=2)))).schedule == schedule(2)
    assert (await place.ours.get(str(shadow.id))).schedule == shadow
    with pytest.raises(ScheduleNotFound):
        await place.ours.get(str(UUID(int=4)))


async def test_saving_replaces_all_but_needs_one_to_replace(place: Place) -> None:
    await place.add(schedule(1), schedule(2))
    moved = replace(schedule(1), name="new", next_tick=None, note="x", job=True)
    async with place.work:
        await place.ours.save(moved)
        with pytest.raises(ScheduleNotFound):
            await place.ours.save(schedule(3))
        with pytest.raises(ScheduleNameTaken):
            await place.ours.save(replace(schedule(2), name="new"))

    assert (await place.ours.get("new")).schedule == moved
    assert [each.id for each in await place.ours.jobs()] == [moved.id]


async def test_names_are_taken_within_a_tenant(place: Place) -> None:
    await place.add(schedule(1), schedule(2, THEIRS, name="nightly 1"))
    async with place.work:
        with pytest.raises(ScheduleNameTaken):
            await place.ours.add(schedule(3, name="nightly 1"))


async def test_tenants_do_not_meet(place: Place) -> None:
    await place.add(schedule(1))
    async with place.work:
        await place.theirs.delete(UUID(int=1))
        with pytest.raises(ScheduleNotFound):
            await place.theirs.save(schedule(1, THEIRS))
    with pytest.raises(ScheduleNotFound):
        await place.theirs.get("nightly 1")

    assert (await place.theirs.list(ALL, PageRequest())).items == ()
    assert (await place.ours.get("nightly 1")).schedule == schedule(1)


async def test_lists_go_by_name_page_by_page_within_reach(place: Place) -> None:
    await place.add(*(schedule(n) for n in (3, 1, 2)))
    await place.add(schedule(4, scope=ROOT, project_id=None))
    first = await place.ours.list(ALL, PageRequest(limit=3))
    rest = await place.ours.list(ALL, PageRequest(limit=3, after=first.next))
    red = Reach(everywhere=False, projects=frozenset({RED}))
    seen = await place.ours.list(red, PageRequest())
    none = await place.ours.list(Reach(everywhere=False), PageRequest())

    numbers = [each.schedule.id.int for each in (*first.items, *rest.items)]
    assert numbers == [1, 2, 3, 4]
    assert rest.next is None
    assert [each.schedule.id.int for each in seen.items] == [1, 2, 3]
    assert none.items == ()


async def test_a_foreign_cursor_is_refused(place: Place) -> None:
    with pytest.raises(BadPage):
        await place.ours.list(ALL, PageRequest(after="x"))


async def test_the_last_operation_is_shown_with_its_schedule(place: Place) -> None:
    made = await place.ended(record(5), NOW + DAY)
    await place.add(schedule(1, last_operation_id=made.id), schedule(2))
    shown, other = (await place.ours.list(ALL, PageRequest())).items

    assert shown.last == made.operation
    assert other.last is None
    assert (await place.ours.get("nightly 1")).last == made.operation


async def test_the_agenda_has_the_soonest_of_all_tenants_first(place: Place) -> None:
    await place.add(schedule(2), schedule(1, THEIRS), schedule(3, next_tick=None))
    await place.add(schedule(4, jitter_seconds=3600))

    upcoming = [each.id.int for each in await place.agenda.upcoming(10)]
    assert [each for each in upcoming if each != 4] == [1, 2]
    assert sorted(upcoming) == [1, 2, 4]
    assert len(await place.agenda.upcoming(1)) == 1


async def test_old_operations_outlive_their_use(place: Place) -> None:
    """Not the parts of one that goes on, nor what a schedule started last."""
    old = [await place.ended(record(n), NOW + DAY) for n in (1, 2, 3)]
    await place.ended(record(4), NOW + 9 * DAY)
    going_on = record(5)
    async with place.work:
        await place.operations.add(going_on)
        part = replace(
            record(6, parent_id=going_on.id),
            operation=replace(record(6).operation, feed_id=going_on.id),
        )
        await place.operations.add(part)
        await place.docket.start([part.id], at=NOW)
        await place.docket.end({part.id: CANCELLED}, at=NOW + DAY)
    await place.add(schedule(1, last_operation_id=old[1].id))
    found = await place.operations.outlived(NOW + 2 * DAY, limit=10)
    theirs = await place.foreign.outlived(NOW + 2 * DAY, limit=10)
    async with place.work:
        await place.foreign.remove([old[0].id])
        await place.operations.remove([old[2].id])

    assert sorted(each.int for each in found) == [1, 3]
    assert theirs == []
    assert len(await place.operations.outlived(NOW + 2 * DAY, limit=10)) == 1


async def test_ended_work_is_counted_by_group_and_outcome(place: Place) -> None:
    await place.ended(record(1, "red/1"), NOW + DAY)
    await place.ended(record(2, "red/2"), NOW + DAY)
    await place.ended(record(3, "blue/1"), NOW + DAY)
    await place.ended(record(4, "red/3"), NOW + 2 * DAY)
    counted = await place.operations.tally(since=NOW, until=NOW + 2 * DAY)

    state = OperationState.CANCELLED
    assert counted == [
        Tally(kind="test.work", group="blue", state=state, count=1),
        Tally(kind="test.work", group="red", state=state, count=2),
    ]
    assert await place.foreign.tally(since=NOW, until=NOW + 2 * DAY) == []
