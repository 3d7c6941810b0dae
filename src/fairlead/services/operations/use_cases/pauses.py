"""Pausing and resuming schedules, and running them at once."""

from dataclasses import dataclass, replace
from uuid import UUID

from fairlead.kernel.clock import Clock
from fairlead.kernel.idempotency import IdempotencyKeys, RequestKey
from fairlead.kernel.ids import new_id
from fairlead.kernel.principal import Principal
from fairlead.kernel.schedules import Calendar
from fairlead.services.operations.domain.schedule import (
    Schedule,
    ScheduleBusy,
    Scheduled,
)
from fairlead.services.operations.permissions import SCHEDULE_UPDATE
from fairlead.services.operations.use_cases.schedules import Editing, FindSchedule
from fairlead.services.operations.use_cases.ticks import Starter


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseSchedule:
    """Have a schedule start nothing until it is resumed."""

    find: FindSchedule
    editing: Editing

    async def __call__(self, who: Principal, schedule: str) -> Scheduled:
        """Pause it; a paused one stays as it is, and what runs goes on.

        Raises:
            ScheduleNotFound, NotAllowed: as `FindSchedule` says.
        """
        found = await self.find(who, schedule, SCHEDULE_UPDATE)
        if found.schedule.paused:
            return found
        return await self.editing.change(
            who,
            found.schedule,
            lambda held: held if held.paused else held.pause(f"paused by {who.name}"),
            "pause",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumeSchedule:
    """End a pause."""

    find: FindSchedule
    editing: Editing
    calendar: Calendar
    clock: Clock

    async def __call__(self, who: Principal, schedule: str) -> Scheduled:
        """Wait for the next time from now; those in the pause are not made up for.

        Raises:
            ScheduleNotFound, NotAllowed: as `FindSchedule` says.
        """
        found = await self.find(who, schedule, SCHEDULE_UPDATE)
        if not found.schedule.paused:
            return found
        following = self.calendar.following(
            found.schedule.timetable, after=self.clock.now()
        )
        return await self.editing.change(
            who,
            found.schedule,
            lambda held: held.resume(following) if held.paused else held,
            "resume",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSchedule:
    """Start at once what a schedule starts, with one's own rights."""

    find: FindSchedule
    editing: Editing
    starter: Starter
    keys: IdempotencyKeys
    clock: Clock

    async def __call__(
        self, who: Principal, schedule: str, *, request: RequestKey | None = None
    ) -> Scheduled:
        """Start it; the next time stays, and a paused one stays paused.

        Raises:
            ScheduleNotFound, NotAllowed: as `FindSchedule` says.
            ScheduleBusy: what it started before still runs.
            KeyReused: the request key was used with another body.
        """
        found = await self.find(who, schedule, SCHEDULE_UPDATE)
        held, now = found.schedule, self.clock.now()
        operation_id = await self._claim(who, held, request)
        if await self.starter.known(operation_id):
            return found
        if await self.starter.busy(held, operation_id):
            raise ScheduleBusy(
                f"What {held.name} started before still runs; wait or cancel it.",
                schedule=held.name,
                operation=str(held.last_operation_id),
            )
        await self.starter.start(held, operation_id, who=who)

        def started(held: Schedule) -> Schedule:
            return replace(held, last_operation_id=operation_id, last_tick=now, note="")

        return await self.editing.change(who, held, started, "run")

    async def _claim(
        self, who: Principal, held: Schedule, request: RequestKey | None
    ) -> UUID:
        if request is None:
            return new_id()
        async with self.editing.work:
            return await self.keys.claim(
                who, f"{SCHEDULE_UPDATE}:run:{held.id}", request, new=new_id()
            )
