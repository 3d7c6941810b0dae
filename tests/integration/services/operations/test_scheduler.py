"""The scheduler over real tables, with time in the test's hand; killed, restarted."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from dishka import AsyncContainer, Provider, Scope, from_context, make_async_container
from dishka import provide as provides
from typing_extensions import override

from fairlead.adapters.schedules.cron import CronCalendar
from fairlead.adapters.sql.connection import Connection
from fairlead.adapters.sql.sqlite import SqliteDatabase
from fairlead.adapters.sql.work import SqlUnitOfWork
from fairlead.adapters.wiring.scopes import Scopes
from fairlead.kernel.clock import Clock
from fairlead.kernel.errors import ErrorKind, FairleadError
from fairlead.kernel.module import Job
from fairlead.kernel.principal import Principal, TenantId
from fairlead.kernel.schedules import Calendar
from fairlead.kernel.work import UnitOfWork
from fairlead.services.operations.domain.record import queue
from fairlead.services.operations.domain.schedule import Schedule
from fairlead.services.operations.ports import Agenda, ScheduleStore
from fairlead.services.operations.public import Submission
from fairlead.services.operations.scheduler import RETRY, Scheduler
from fairlead.services.operations.sql import (
    SqlAgenda,
    SqlOperationStore,
    SqlScheduleStore,
)
from fairlead.services.operations.use_cases.ticks import (
    CarryOutTick,
    KeepJobs,
    Starter,
)
from fairlead.testing.database import migrated_database
from fairlead.testing.fakes import FrozenClock

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
JOB = Job(name="a.tidy", summary="Tidy", schedule="0 * * * *", workflow="a.tidy")


class Down(FairleadError):
    """Not now."""

    kind = ErrorKind.UNAVAILABLE
    code = "test.down"


class Killed(BaseException):
    """The process ends here, whatever was going on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Starts(Starter):
    """Records operations in the table; dies before or after when told to."""

    work: UnitOfWork
    effects: list[UUID]
    plan: list[str]

    @override
    async def start(
        self, schedule: Schedule, operation_id: UUID, *, who: Principal
    ) -> None:
        now = self.plan.pop(0) if self.plan else ""
        if now == "down":
            raise Down("Later.")
        if now == "before":
            raise Killed
        made = Submission(id=operation_id, kind="a.tidy", argument=None, subject="a")
        async with self.work:
            if await self.store.add(queue(who, made, parent=None, at=NOON)):
                self.effects.append(operation_id)
        if now == "after":
            raise Killed


class Platform(Provider):
    scope = Scope.REQUEST
    who = from_context(Principal, scope=Scope.REQUEST)
    store = provides(SqlScheduleStore, provides=ScheduleStore)
    agenda = provides(SqlAgenda, provides=Agenda)
    keep = provides(KeepJobs)
    tick = provides(CarryOutTick)
    work = provides(SqlUnitOfWork, provides=UnitOfWork)

    def __init__(self, database: SqliteDatabase, clock: Clock, plan: list[str]) -> None:
        super().__init__()
        self.database, self.clock_, self.plan = database, clock, plan
        self.effects: list[UUID] = []

    @provides(scope=Scope.APP)
    def clock(self) -> Clock:
        return self.clock_

    @provides(scope=Scope.APP)
    def calendar(self) -> Calendar:
        return CronCalendar()

    @provides
    def connection(self) -> Connection:
        return self.database.connection()

    @provides
    def tenant(self, who: Principal) -> TenantId:
        return who.tenant_id

    @provides
    def starter(
        self, connection: Connection, tenant: TenantId, work: UnitOfWork
    ) -> Starter:
        nothing: Any = None
        return Starts(
            store=SqlOperationStore(connection, tenant),
            operations=nothing,
            kinds=nothing,
            directory=nothing,
            work=work,
            effects=self.effects,
            plan=self.plan,
        )


@dataclass
class House:
    """A database that outlives its schedulers."""

    platform: Platform
    clock: FrozenClock

    @asynccontextmanager
    async def scheduler(self, *jobs: Job) -> AsyncIterator[Scheduler]:
        container: AsyncContainer = make_async_container(self.platform)
        scheduler = Scheduler(Scopes(container), self.clock, jobs or (JOB,))
        await scheduler.open()
        try:
            yield scheduler
        finally:
            await scheduler.close()
            await container.close()

    async def schedule(self) -> Schedule:
        connection = self.platform.database.connection()
        (found,) = await SqlAgenda(connection).upcoming(1)
        return found

    async def moves_on(self, tick: datetime | None) -> Schedule:
        async with asyncio.timeout(30):
            while (found := await self.schedule()).last_tick != tick:  # noqa: ASYNC110
                await asyncio.sleep(0.005)
        return found


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[Callable[..., House]]:
    async with migrated_database(tmp_path, ["operations"]) as database:
        clock = FrozenClock(NOON)
        yield lambda *plan: House(Platform(database, clock, list(plan)), clock)


async def test_it_sleeps_until_a_time_comes_and_starts_once(house: Any) -> None:
    here: House = house()
    async with here.scheduler() as scheduler:
        await asyncio.sleep(0)
        assert here.platform.effects == []
        here.clock.advance(HOUR)
        scheduler.changed()
        moved = await here.moves_on(NOON + HOUR)

    assert here.platform.effects == [moved.last_operation_id]
    assert moved.next_tick == NOON + 2 * HOUR


async def test_what_came_while_it_was_down_is_made_up_for_once(house: Any) -> None:
    here: House = house()
    async with here.scheduler():
        first = await here.schedule()
    here.clock.advance(7 * HOUR)
    async with here.scheduler():
        moved = await here.moves_on(NOON + HOUR)

    assert here.platform.effects == [first.next_operation_id]
    assert moved.next_tick == NOON + 8 * HOUR


@pytest.mark.parametrize("moment", ["before", "after"])
async def test_killed_around_the_start_it_starts_once(
    house: Any, moment: str, until: Any
) -> None:
    """The next scheduler carries the same tick out again, with the same id."""
    here: House = house(moment, moment)
    async with here.scheduler():
        first = await here.schedule()
    here.clock.advance(HOUR)
    for left in (1, 0):
        async with here.scheduler():
            await until(lambda left=left: len(here.platform.plan) == left)
        assert (await here.schedule()).last_tick is None
    async with here.scheduler():
        await here.moves_on(NOON + HOUR)

    assert here.platform.effects == [first.next_operation_id]


async def test_what_cannot_start_is_put_off_and_does_not_hold_others_up(
    house: Any, until: Any
) -> None:
    here: House = house("down")
    other = replace(JOB, name="a.other")
    async with here.scheduler(JOB, other) as scheduler:
        here.clock.advance(HOUR)
        scheduler.changed()
        await until(lambda: len(here.platform.effects) == 1)
        here.clock.advance(RETRY)
        scheduler.changed()
        await until(lambda: len(here.platform.effects) == 2)
