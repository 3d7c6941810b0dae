"""Schedules and their ticks, against ports in memory."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from tests.unit.services.operations.schedule_room import (
    ADA,
    HOUR,
    NOON,
    Room,
    Unready,
)
from typing_extensions import override

from fairlead.kernel.idempotency import RequestKey
from fairlead.kernel.module import Job
from fairlead.kernel.paging import PageRequest
from fairlead.kernel.principal import service
from fairlead.kernel.schedules import BadTimetable, Timetable
from fairlead.services.authz.public import NotAllowed
from fairlead.services.operations.domain.schedule import (
    BadSchedule,
    JobFixed,
    ScheduleBusy,
    ScheduleChanged,
    ScheduleNotFound,
)
from fairlead.services.operations.permissions import (
    SCHEDULE_CREATE,
)
from fairlead.services.operations.use_cases.schedules import (
    Changes,
    ListSchedules,
)
from fairlead.services.operations.use_cases.ticks import (
    KeepJobs,
)
from fairlead.testing.fakes import GrantList, Meanwhile, NullWork


async def test_a_new_schedule_waits_for_its_next_time() -> None:
    """Named after its subject, owned by who made it, recorded, the scheduler woken."""
    room = Room()
    made = await room.create()

    assert (made.name, made.owner.id, made.next_tick) == ("red", ADA.id, NOON + HOUR)
    assert [act.action for _, act in room.trail.acts] == [SCHEDULE_CREATE]
    assert room.alarm.rings == 1


async def test_what_is_wrong_makes_no_schedule() -> None:
    room = Room()
    with pytest.raises(BadTimetable):
        await room.create(Timetable(cron="61 * * * *"))
    with pytest.raises(BadSchedule):
        await room.create(kind="test.other")
    with pytest.raises(BadSchedule):
        await room.create(jitter_seconds=3601)
    with pytest.raises(BadSchedule):
        await room.create(name=str(UUID(int=5)))
    with pytest.raises(NotAllowed):
        await Room(grants=()).create()

    assert room.schedules == {}


async def test_the_same_request_makes_one_schedule() -> None:
    room, request = Room(), RequestKey(key="k", digest="d")
    first = await room.create(request=request)

    assert (await room.create(request=request)).id == first.id


async def test_a_tick_starts_one_operation_and_moves_on() -> None:
    room = Room()
    made = await room.create()
    room.clock.advance(HOUR)
    await room.tick(made)
    after = await room.now(made)

    assert room.work.starts == [made.next_operation_id]
    assert after.last_operation_id == made.next_operation_id
    assert (after.last_tick, after.next_tick) == (NOON + HOUR, NOON + 2 * HOUR)


async def test_missed_times_are_made_up_for_once() -> None:
    room = Room()
    made = await room.create()
    room.clock.advance(5 * HOUR + timedelta(minutes=20))
    await room.tick(made)

    assert len(room.work.starts) == 1
    assert (await room.now(made)).next_tick == NOON + 6 * HOUR


class Crash(NullWork):
    """Dies in the unit of work."""

    @override
    async def __aenter__(self) -> Any:
        raise KeyboardInterrupt


async def test_a_crash_after_the_start_starts_nothing_twice() -> None:
    """Carried out again, the tick has the same operation id."""
    room = Room()
    made = await room.create()
    room.clock.advance(HOUR)
    with pytest.raises(KeyboardInterrupt):
        await room.tick(made, work=Crash())
    room.clock.advance(3 * HOUR)
    await room.tick(await room.now(made))

    assert set(room.work.starts) == {made.next_operation_id}
    assert len(room.shelf) == 1


async def test_a_tick_is_left_out_while_the_last_one_runs() -> None:
    room = Room()
    made = await room.create()
    for _ in range(2):
        room.clock.advance(HOUR)
        await room.tick(await room.now(made))
    skipped = await room.now(made)
    room.end(room.work.starts[0])
    room.clock.advance(HOUR)
    await room.tick(skipped)

    assert skipped.note == "left out: what it started before still ran"
    assert skipped.next_tick == NOON + 3 * HOUR
    assert len(room.work.starts) == 2
    assert (await room.now(made)).note == ""


@pytest.mark.parametrize("known", [{}, {ADA.id: True}])
async def test_a_schedule_of_somebody_shut_out_is_paused(
    known: dict[UUID, bool],
) -> None:
    room = Room()
    made = await room.create()
    room.people.known = known
    room.clock.advance(HOUR)
    await room.tick(made)
    paused = await room.now(made)

    assert room.work.starts == []
    assert paused.paused
    assert "ada" in paused.pause_reason
    assert paused.next_tick is None


async def test_lost_rights_pause_a_schedule_and_say_so() -> None:
    room = Room()
    made = await room.create()
    room.work.refusals.append(NotAllowed("You need a permission."))
    room.clock.advance(HOUR)
    await room.tick(made)

    assert (await room.now(made)).pause_reason == "You need a permission."


async def test_what_cannot_start_now_is_tried_again() -> None:
    room = Room()
    made = await room.create()
    room.work.refusals.append(Unready("Later."))
    room.clock.advance(HOUR)
    with pytest.raises(Unready):
        await room.tick(made)
    await room.tick(await room.now(made))

    assert room.work.starts == [made.next_operation_id]


async def test_what_was_paused_or_removed_since_it_was_seen_starts_nothing() -> None:
    """While others that were due at the same time were started."""
    room = Room()
    paused, removed = await room.create(), await room.create(name="blue")
    room.clock.advance(HOUR)
    await room.pause()(ADA, "red")
    await room.delete()(ADA, "blue")
    for seen in (paused, removed):
        await room.tick(seen)

    assert room.work.starts == []
    assert (await room.now(paused)).last_tick is None


async def test_times_in_a_pause_are_left_out() -> None:
    room = Room()
    made = await room.create()
    paused = (await room.pause()(ADA, "red")).schedule
    room.clock.advance(5 * HOUR)
    resumed = (await room.resume()(ADA, str(made.id))).schedule

    assert (paused.pause_reason, paused.next_tick) == ("paused by ada", None)
    assert (resumed.paused, resumed.next_tick) == (False, NOON + 6 * HOUR)


async def test_run_starts_at_once_and_once_per_key() -> None:
    room, request = Room(), RequestKey(key="k", digest="d")
    made = await room.create()
    first = await room.run()(ADA, "red", request=request)
    again = await room.run()(ADA, "red", request=request)
    with pytest.raises(ScheduleBusy):
        await room.run()(ADA, "red")

    assert len(room.work.starts) == 1
    assert first.last is not None
    assert again.last == first.last
    assert first.schedule.next_tick == made.next_tick


async def test_of_several_who_run_it_at_once_one_does() -> None:
    """Whether the other one has noted it, is just starting it, or began long ago."""
    room = Room()
    made = await room.create()
    other = room.run()

    async def ran() -> None:
        await other(ADA, "red")

    room.at_commit = Meanwhile(ran)
    with pytest.raises(ScheduleBusy):
        await room.run()(ADA, "red")
    started = room.work.starts.copy()
    starting = room.shelf.pop(started[0])
    with pytest.raises(ScheduleBusy):
        await room.run()(ADA, "red")
    room.clock.advance(HOUR)  # whoever was starting it is gone
    again = (await room.run()(ADA, "red")).schedule

    assert len(started) == 1
    assert room.work.starts == [starting.id, again.last_operation_id]
    assert again.next_tick == made.next_tick


async def test_a_run_that_is_refused_leaves_the_schedule_as_it_was() -> None:
    room = Room()
    made = await room.create()
    room.work.refusals.append(NotAllowed("No."))
    with pytest.raises(NotAllowed):
        await room.run()(ADA, "red")

    assert await room.now(made) == made


async def test_changes_of_an_older_version_are_refused() -> None:
    room = Room()
    made = await room.create()
    changed = await room.update()(
        ADA, "red", Changes(cron="30 * * * *"), expected=made.version
    )
    with pytest.raises(ScheduleChanged):
        await room.update()(ADA, "red", Changes(name="blue"), expected=made.version)

    assert changed.schedule.next_tick == NOON + HOUR / 2


async def test_what_happens_at_the_same_time_is_not_undone() -> None:
    """A change is made to what is stored by then, not to what was seen before."""
    room = Room()
    made = await room.create()
    room.work.starts.clear()
    pause = room.pause()

    async def paused() -> None:
        await pause(ADA, "red")

    room.at_commit = Meanwhile(paused)
    ran = (await room.run()(ADA, "red")).schedule
    (started,) = room.work.starts
    room.end(started)

    async def renamed() -> None:
        await room.update(NullWork())(ADA, "red", Changes(name="blue"))

    room.at_commit = Meanwhile(renamed)
    resumed = (await room.resume()(ADA, str(made.id))).schedule

    assert (ran.last_operation_id, ran.pause_reason) == (started, "paused by ada")
    assert (resumed.name, resumed.paused) == ("blue", False)
    assert resumed.last_operation_id == started


@pytest.mark.parametrize("expected", [True, False])
async def test_only_one_of_two_changes_at_once_is_made(*, expected: bool) -> None:
    """Of the same version, or of the same argument."""
    room = Room()
    made = await room.create()
    version = made.version if expected else None
    change = Changes(cron="30 * * * *") if expected else Changes(argument={"n": 2})

    async def other() -> None:
        other = Changes(argument={"m": 3})
        await room.update(NullWork())(ADA, "red", other, expected=version)

    room.at_commit = Meanwhile(other)
    with pytest.raises(ScheduleChanged):
        await room.update()(ADA, "red", change, expected=version)

    held = await room.now(made)
    assert (held.argument, held.timetable) == ({"n": 1, "m": 3}, made.timetable)


async def test_strangers_see_none() -> None:
    room = Room()
    await room.create()
    room.grants = ()
    acts: list[Callable[..., Any]] = [room.find, room.pause(), room.run()]
    for act in acts:
        with pytest.raises(ScheduleNotFound):
            await act(ADA, "red")
    listing = ListSchedules(store=room.store, authorizer=GrantList())
    assert (await listing(ADA, PageRequest())).items == ()


async def test_jobs_follow_their_modules() -> None:
    """New ones come, changed ones change but stay paused, others go; none is edited."""
    room, who = Room(), service("scheduler")
    keep = KeepJobs(
        store=room.store, calendar=room.calendar, work=NullWork(), clock=room.clock
    )
    job = Job(name="a.tidy", summary="s", schedule="0 3 * * *", workflow="a.tidy")
    other = replace(job, name="a.other")
    await keep(who, [job, other], jitter_seconds=0)
    first = (await room.store.get("a.tidy")).schedule
    await room.pause()(ADA, "a.tidy")
    await keep(who, [replace(job, schedule="0 4 * * *")], jitter_seconds=9)
    (kept,) = await room.store.jobs()
    for act in (room.delete()(ADA, "a.tidy"), room.update()(ADA, "a.tidy", Changes())):
        with pytest.raises(JobFixed):
            await act

    assert (kept.id, kept.timetable.cron, kept.jitter_seconds) == (
        first.id,
        "0 4 * * *",
        9,
    )
    assert kept.paused


async def test_a_job_is_submitted_as_an_operation() -> None:
    room, who = Room(), service("scheduler")
    keep = KeepJobs(
        store=room.store, calendar=room.calendar, work=NullWork(), clock=room.clock
    )
    job = Job(name="a.tidy", summary="s", schedule="0 3 * * *", workflow="a.tidy")
    await keep(who, [job], jitter_seconds=0)
    made = (await room.store.get("a.tidy")).schedule
    room.clock.advance(24 * HOUR)
    await room.tick(made)
    (record,) = room.shelf.values()

    assert record.id == made.next_operation_id
    assert (record.operation.kind, record.operation.subject) == ("a.tidy", "a.tidy")


async def test_jitter_is_within_bounds_and_never_another() -> None:
    room = Room()
    made = await room.create(jitter_seconds=600)
    assert made.due_at is not None
    assert made.next_tick is not None

    assert timedelta() <= made.due_at - made.next_tick <= timedelta(seconds=600)
    assert made.due_at == (await room.now(made)).due_at
