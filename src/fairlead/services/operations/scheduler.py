"""The scheduler: one timer, set to the schedule that is due next."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from typing_extensions import override

from fairlead.adapters.sql.tenants import EVERY_TENANT
from fairlead.adapters.wiring.part import Opened
from fairlead.adapters.wiring.scopes import Scopes
from fairlead.kernel.clock import Clock
from fairlead.kernel.errors import FairleadError
from fairlead.kernel.module import Job
from fairlead.kernel.principal import service
from fairlead.services.operations.domain.schedule import Schedule
from fairlead.services.operations.ports import Agenda, Alarm
from fairlead.services.operations.use_cases.ticks import CarryOutTick, KeepJobs

AT_ONCE = 100
LONGEST_NAP = 60.0  # seconds; then the wall clock, which may be set, is read again
RETRY = timedelta(seconds=5)
CLOSE_SECONDS = 5.0
WHO = service("scheduler")
EVERYWHERE = service("scheduler", EVERY_TENANT)


class Scheduler(Alarm, Opened):
    """Starts what is due; sleeps until then, or until a schedule changes."""

    def __init__(
        self,
        scopes: Scopes,
        clock: Clock,
        jobs: Sequence[Job] = (),
        *,
        jitter_seconds: int = 0,
    ) -> None:
        """Look after all schedules, and those of `jobs`."""
        self._scopes = scopes
        self._clock = clock
        self._jobs = jobs
        self._jitter_seconds = jitter_seconds
        self._log = structlog.get_logger("fairlead.schedules")
        self._wake = asyncio.Event()
        self._later: dict[UUID, datetime] = {}
        self._task: asyncio.Task[None] | None = None
        self._closing = False

    @override
    async def open(self) -> None:
        """Take in the modules' jobs and begin, with what was missed meanwhile."""
        async with self._scopes.enter(WHO) as scope:
            keep = await scope.get(KeepJobs)
            await keep(WHO, self._jobs, jitter_seconds=self._jitter_seconds)
        self._task = asyncio.create_task(self._work(), name="operations-scheduler")

    @override
    async def close(self) -> None:
        """Start nothing more; what is being started is finished first."""
        self._closing = True
        self._wake.set()
        if self._task is not None:
            await asyncio.wait({self._task}, timeout=CLOSE_SECONDS)
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    @override
    def changed(self) -> None:
        self._wake.set()

    async def _work(self) -> None:
        while not self._closing:
            self._wake.clear()
            try:
                due = await self._look()
            except Exception:  # noqa: BLE001 - an edge: logged, then tried again
                self._log.exception("scheduler_failed")
                due = self._clock.now() + RETRY
            await self._sleep(due)

    async def _look(self) -> datetime | None:
        """Carry out what is due; return when the next is, None: nothing is."""
        async with self._scopes.enter(EVERYWHERE) as scope:
            upcoming = await (await scope.get(Agenda)).upcoming(
                AT_ONCE + len(self._later)
            )
        self._forget(upcoming)
        now = self._clock.now()
        for schedule in upcoming:
            if self._due(schedule, now) <= now and not self._closing:
                await self._carry_out(schedule)
                self._wake.set()  # look again: it has a next time now
        return min((self._due(each, now) for each in upcoming), default=None)

    async def _sleep(self, due: datetime | None) -> None:
        """Sleep until `due`, or until something changes."""
        while not self._wake.is_set():
            left = LONGEST_NAP
            if due is not None:
                left = min((due - self._clock.now()).total_seconds(), LONGEST_NAP)
            if left <= 0:
                return
            try:
                await asyncio.wait_for(self._wake.wait(), left)
            except TimeoutError:
                continue

    def _due(self, schedule: Schedule, now: datetime) -> datetime:
        return max(schedule.due_at or now, self._later.get(schedule.id, now))

    def _forget(self, upcoming: Sequence[Schedule]) -> None:
        ids = {schedule.id for schedule in upcoming}
        self._later = {each: self._later[each] for each in self._later if each in ids}

    async def _carry_out(self, schedule: Schedule) -> None:
        who = service("scheduler", schedule.owner.tenant_id)
        try:
            async with self._scopes.enter(who) as scope:
                await (await scope.get(CarryOutTick))(schedule)
        except FairleadError as error:
            self._put_off(schedule)
            self._log.warning(
                "tick_put_off", schedule=schedule.name, reason=error.message
            )
        except Exception:  # noqa: BLE001 - an edge: logged, then tried again
            self._put_off(schedule)
            self._log.exception("tick_failed", schedule=schedule.name)
        else:
            self._later.pop(schedule.id, None)

    def _put_off(self, schedule: Schedule) -> None:
        self._later[schedule.id] = self._clock.now() + RETRY
