"""Pausing and resuming schedules, and running them at once."""

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

from fairlead.kernel.clock import Clock
from fairlead.kernel.errors import FairleadError
from fairlead.kernel.idempotency import IdempotencyKeys, RequestKey
from fairlead.kernel.ids import new_id
from fairlead.kernel.principal import Principal
from fairlead.kernel.schedules import Calendar
from fairlead.services.operations.domain.schedule import (
    Schedule,
    ScheduleBusy,
    Scheduled,
    ScheduleNotFound,
)
from fairlead.services.operations.permissions import SCHEDULE_UPDATE
from fairlead.services.operations.use_cases.schedules import Editing, FindSchedule
from fairlead.services.operations.use_cases.ticks import Starter

STARTING = timedelta(seconds=10)


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
            ScheduleBusy: what it started before still runs, or somebody else starts
                it at this moment.
            KeyReused: the request key was used with another body.
        """
        seen = (await self.find(who, schedule, SCHEDULE_UPDATE)).schedule
        operation_id = await self._claim(who, seen, request)
        if not await self.starter.known(operation_id):
            await self._start(who, seen, operation_id)
        return await self.editing.store.get(str(seen.id))

    async def _start(self, who: Principal, seen: Schedule, operation_id: UUID) -> None:
        if await self.starter.busy(seen, operation_id):
            raise _busy(seen)
        if seen.last_operation_id != operation_id and await self._starting(seen):
            raise _busy(seen)
        await self._take(seen, operation_id)
        try:
            await self.starter.start(seen, operation_id, who=who)
        except FairleadError:
            with suppress(ScheduleNotFound):
                await self._give_back(seen, operation_id)
            raise
        await self.editing.change(who, seen, lambda held: held, "run")

    async def _starting(self, seen: Schedule) -> bool:
        """Tell whether somebody is about to start it, so that it is not known yet."""
        last, since = seen.last_operation_id, seen.last_tick
        if last is None or since is None or self.clock.now() - since > STARTING:
            return False
        return not await self.starter.known(last)

    async def _take(self, seen: Schedule, operation_id: UUID) -> None:
        """Note the operation before it is started: of several at once, one does it."""
        async with self.editing.work:
            held = (await self.editing.store.get(str(seen.id))).schedule
            if held.last_operation_id not in {seen.last_operation_id, operation_id}:
                raise _busy(held)
            taken = replace(
                held,
                last_operation_id=operation_id,
                last_tick=self.clock.now(),
                note="",
            )
            await self.editing.store.save(taken)

    async def _give_back(self, seen: Schedule, operation_id: UUID) -> None:
        """Undo `_take`, because the operation may not be started."""
        async with self.editing.work:
            held = (await self.editing.store.get(str(seen.id))).schedule
            if held.last_operation_id == operation_id:
                before = replace(
                    held,
                    last_operation_id=seen.last_operation_id,
                    last_tick=seen.last_tick,
                    note=seen.note,
                )
                await self.editing.store.save(before)

    async def _claim(
        self, who: Principal, held: Schedule, request: RequestKey | None
    ) -> UUID:
        if request is None:
            return new_id()
        async with self.editing.work:
            return await self.keys.claim(
                who, f"{SCHEDULE_UPDATE}:run:{held.id}", request, new=new_id()
            )


def _busy(held: Schedule) -> ScheduleBusy:
    return ScheduleBusy(
        f"What {held.name} started before still runs; wait or cancel it.",
        schedule=held.name,
        operation=str(held.last_operation_id),
    )
