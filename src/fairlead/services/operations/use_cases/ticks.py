"""What happens when a schedule's time has come, and the schedules of modules' jobs."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID, uuid5

from fairlead.kernel.clock import Clock
from fairlead.kernel.errors import ErrorKind, FairleadError
from fairlead.kernel.module import Job
from fairlead.kernel.principal import Principal, PrincipalKind
from fairlead.kernel.schedules import Calendar, Timetable
from fairlead.kernel.work import UnitOfWork
from fairlead.services.authz.public import ROOT
from fairlead.services.identity.public import Directory, UserNotFound
from fairlead.services.operations.domain.record import Record
from fairlead.services.operations.domain.schedule import (
    OwnerGone,
    Schedule,
    ScheduleNotFound,
)
from fairlead.services.operations.ports import Kinds, OperationStore, ScheduleStore
from fairlead.services.operations.public import (
    OperationNotFound,
    Operations,
    Submission,
)

JOBS = UUID("5f0d7c3e-4f0e-5a55-9d4e-0c8f4b0d9a11")
_PAUSING = frozenset({ErrorKind.FORBIDDEN, ErrorKind.NOT_FOUND})


@dataclass(frozen=True, slots=True, kw_only=True)
class Starter:
    """Starts what schedules start."""

    store: OperationStore
    operations: Operations
    kinds: Kinds
    directory: Directory

    async def busy(self, schedule: Schedule, operation_id: UUID) -> bool:
        """Tell whether something the schedule started before still runs."""
        last = schedule.last_operation_id
        if last is None or last == operation_id:
            return False
        record = await self._find(last)
        return record is not None and not record.operation.state.final

    async def known(self, operation_id: UUID) -> bool:
        """Tell whether this operation was started."""
        return await self._find(operation_id) is not None

    async def _find(self, operation_id: UUID) -> Record | None:
        try:
            return await self.store.get(operation_id)
        except OperationNotFound:
            return None

    async def start(
        self, schedule: Schedule, operation_id: UUID, *, who: Principal
    ) -> None:
        """Start the operation `operation_id`, once, with the rights `who` has now.

        Raises:
            OwnerGone: `who` was disabled or deleted.
            FairleadError: it is gone or not allowed any more, or cannot start now.
        """
        if schedule.job:
            await self.operations.submit(
                who,
                Submission(
                    id=operation_id,
                    kind=schedule.kind,
                    argument=schedule.argument,
                    subject=schedule.name,
                ),
            )
            return
        await self._check(who)
        kind = await self.kinds.get(schedule.kind)
        await kind.start(who, schedule.argument, id=operation_id)

    async def _check(self, who: Principal) -> None:
        if who.kind is not PrincipalKind.USER:
            return
        try:
            gone = (await self.directory.get(who.id)).disabled
        except UserNotFound:
            gone = True
        if gone:
            raise OwnerGone(
                f"{who.name}, whose schedule this is, may not log in any more.",
                owner=who.name,
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class CarryOutTick:
    """Start what a schedule starts, because its time has come."""

    store: ScheduleStore
    starter: Starter
    calendar: Calendar
    work: UnitOfWork
    clock: Clock

    async def __call__(self, seen: Schedule) -> None:
        """Start it once and move on to the next time from now.

        Nothing happens when it waits for another time than when it was `seen`, is
        paused, or is gone: it may be one of many that are due.

        However many times were missed, it is started once for them. It is left out,
        with a note, while what it started before still runs. When its owner may not
        start it any more, or it is gone, the schedule is paused and says why. Doing
        this again after a crash in between starts nothing again.

        Raises:
            FairleadError: of the kind UNAVAILABLE; try again later.
        """
        tick, operation_id = seen.next_tick, seen.next_operation_id
        try:
            schedule = (await self.store.get(str(seen.id))).schedule
        except ScheduleNotFound:
            return
        if tick is None or operation_id is None or tick != schedule.next_tick:
            return
        note, pausing = "", False
        if await self.starter.busy(schedule, operation_id):
            note = "left out: what it started before still ran"
        else:
            try:
                await self.starter.start(schedule, operation_id, who=schedule.owner)
            except FairleadError as error:
                if error.kind is ErrorKind.UNAVAILABLE:
                    raise
                note, pausing = error.message, error.kind in _PAUSING
        started = None if note else operation_id
        await self._move_on(schedule, tick, started, note, pausing=pausing)

    async def _move_on(
        self,
        schedule: Schedule,
        tick: datetime,
        started: UUID | None,
        note: str,
        *,
        pausing: bool,
    ) -> None:
        following = self.calendar.following(
            schedule.timetable, after=max(self.clock.now(), tick)
        )
        try:
            async with self.work:
                held = (await self.store.get(str(schedule.id))).schedule
                moved = held.ticked(
                    tick, started=started, note=note, following=following
                )
                await self.store.save(moved.pause(note) if pausing else moved)
        except ScheduleNotFound:
            return  # deleted meanwhile


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepJobs:
    """Make the schedules of jobs those that the modules declare."""

    store: ScheduleStore
    calendar: Calendar
    work: UnitOfWork
    clock: Clock

    async def __call__(
        self, who: Principal, jobs: Sequence[Job], *, jitter_seconds: int
    ) -> None:
        """Add new ones, follow changed ones, remove those no module has any more."""
        kept = {schedule.id: schedule for schedule in await self.store.jobs()}
        wanted = {uuid5(JOBS, f"{who.tenant_id}/{job.name}"): job for job in jobs}
        async with self.work:
            for schedule_id in kept.keys() - wanted.keys():
                await self.store.delete(schedule_id)
            for schedule_id, job in wanted.items():
                new = self._schedule(who, schedule_id, job, jitter_seconds)
                old = kept.get(schedule_id)
                if old is None:
                    await self.store.add(new)
                elif (changed := _followed(old, new)) != old:
                    await self.store.save(changed)

    def _schedule(
        self, who: Principal, schedule_id: UUID, job: Job, jitter_seconds: int
    ) -> Schedule:
        timetable = Timetable(cron=job.schedule, time_zone=job.time_zone)
        now = self.clock.now()
        return Schedule(
            id=schedule_id,
            name=job.name,
            summary=job.summary,
            job=True,
            kind=job.workflow,
            argument=None,
            subject=job.name,
            scope=ROOT,
            project_id=None,
            timetable=timetable,
            jitter_seconds=jitter_seconds,
            owner=who,
            created_at=now,
            next_tick=self.calendar.following(timetable, after=now),
        )


def _followed(old: Schedule, new: Schedule) -> Schedule:
    """Return the kept schedule as its module declares it now."""
    same_time = old.timetable == new.timetable
    return replace(
        old,
        summary=new.summary,
        kind=new.kind,
        timetable=new.timetable,
        jitter_seconds=new.jitter_seconds,
        next_tick=old.next_tick if same_time or old.paused else new.next_tick,
    )
