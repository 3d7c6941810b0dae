"""The relay over a real database: order, retries, what survives a crash."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import ClassVar
from uuid import UUID

import pytest
from dishka import Provider, Scope, from_context, make_async_container, provide
from sqlalchemy import func, select

from fairlead.adapters.bus.inbox import Inbox
from fairlead.adapters.bus.lanes import Retries
from fairlead.adapters.bus.outbox import SqlOutbox, deliveries, outbox
from fairlead.adapters.bus.part import Subscription
from fairlead.adapters.bus.provider import BusProvider
from fairlead.adapters.bus.relay import OutboxRelay
from fairlead.adapters.sql.connection import Connection
from fairlead.adapters.sql.database import Database
from fairlead.adapters.sql.work import SqlUnitOfWork
from fairlead.adapters.wiring.scopes import Scopes
from fairlead.kernel.clock import Clock
from fairlead.kernel.events import Delivery, Event, Outbox
from fairlead.kernel.principal import Principal, TenantId, service
from fairlead.testing.database import BACKENDS, OpenDatabase
from fairlead.testing.fakes import FrozenClock

NOW = datetime(2026, 1, 1, tzinfo=UTC)
TENANT = TenantId(UUID(int=7))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sailed(Event):
    """A boat left."""

    topic: ClassVar[str] = "boats.boat.sailed"

    number: int


@dataclass
class Log:
    """What the handlers saw, and which deliveries they shall fail."""

    seen: list[tuple[str, str, int]] = field(default_factory=list)
    fails: Callable[[str, Sailed, int], bool] = lambda *_: False
    attempts: dict[tuple[str, UUID], int] = field(default_factory=dict)
    callers: set[tuple[str, UUID]] = field(default_factory=set)

    def note(self, name: str, delivery: Delivery, who: Principal) -> None:
        event = delivery.event
        assert isinstance(event, Sailed)
        key = (name, delivery.id)
        self.attempts[key] = self.attempts.get(key, 0) + 1
        self.callers.add((who.name, who.tenant_id))
        if self.fails(name, event, self.attempts[key]):
            raise KeyError(event.number)
        self.seen.append((name, event.aggregate, event.number))

    def numbers(self, name: str, aggregate: str = "a") -> list[int]:
        return [n for who, what, n in self.seen if (who, what) == (name, aggregate)]


@dataclass
class First:
    """Hears of boats."""

    log: Log
    who: Principal

    async def __call__(self, delivery: Delivery) -> None:
        await asyncio.sleep(0)
        self.log.note("first", delivery, self.who)


@dataclass
class Second:
    """Hears of boats, too."""

    log: Log
    who: Principal

    async def __call__(self, delivery: Delivery) -> None:
        self.log.note("second", delivery, self.who)


HEARD = (
    Subscription(name="first", event=Sailed, handler=First),
    Subscription(name="second", event=Sailed, handler=Second),
)


class Harbour(Provider):
    """Gives what the handlers need."""

    who = from_context(Principal, scope=Scope.REQUEST)
    handlers = provide(First, scope=Scope.REQUEST)
    others = provide(Second, scope=Scope.REQUEST)

    def __init__(self, database: Database, log: Log) -> None:
        super().__init__()
        self._database, self._log = database, log

    @provide(scope=Scope.APP)
    def log(self) -> Log:
        return self._log

    @provide(scope=Scope.APP)
    def database(self) -> Database:
        return self._database

    @provide(scope=Scope.APP)
    def clock(self) -> Clock:
        return FrozenClock()

    @provide(scope=Scope.APP, override=True)
    def retries(self) -> Retries:
        return Retries(first_seconds=0.01, max_seconds=0.05)

    @provide(scope=Scope.REQUEST)
    def connection(self) -> Connection:
        return self._database.connection()

    @provide(scope=Scope.REQUEST)
    def tenant(self, who: Principal) -> TenantId:
        return who.tenant_id


@asynccontextmanager
async def harbour(database: Database, log: Log) -> AsyncIterator[OutboxRelay]:
    container = make_async_container(
        BusProvider({"harbour": HEARD}),
        Harbour(database, log),
        ScopesProvider(),
    )
    relay = await container.get(OutboxRelay)
    await relay.open()
    try:
        yield relay
    finally:
        await relay.close()
        await container.close()


class ScopesProvider(Provider):
    """Gives scopes over the container itself."""

    scopes = provide(Scopes, scope=Scope.APP)


@pytest.fixture(params=BACKENDS)
async def database(
    request: pytest.FixtureRequest, open_database: OpenDatabase
) -> AsyncIterator[Database]:
    async with open_database(request.param) as database:
        yield database


async def sail(
    database: Database, relay: OutboxRelay | None, *numbers: int, boat: str = "a"
) -> None:
    connection = database.connection()
    box = outbox_of(connection, relay)
    async with SqlUnitOfWork(connection):
        for number in numbers:
            await box.add(
                Sailed(
                    at=NOW,
                    aggregate=boat,
                    actor=service("harbour", TENANT),
                    number=number,
                )
            )


def outbox_of(connection: Connection, relay: OutboxRelay | None) -> Outbox:
    return SqlOutbox(connection, relay.wake if relay else lambda: None)


async def rows(database: Database) -> tuple[int, int]:
    connection = database.connection()
    counts = [
        (await connection.execute(select(func.count()).select_from(table))).scalar_one()
        for table in (outbox, deliveries)
    ]
    return counts[0], counts[1]


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110 - any condition
            await asyncio.sleep(0.005)


async def test_each_subscriber_gets_each_event_in_order(database: Database) -> None:
    """Events of an aggregate arrive in order, once, and their rows are gone."""
    log = Log()
    async with harbour(database, log) as relay:
        for start in range(0, 30, 3):
            await sail(database, relay, start, start + 1, start + 2)
            await sail(database, relay, start, boat="b")
        async with asyncio.timeout(30):
            await relay.idle()

    assert log.numbers("first") == log.numbers("second") == list(range(30))
    assert log.numbers("first", "b") == list(range(0, 30, 3))
    assert log.callers == {("harbour", TENANT)}
    assert await rows(database) == (0, 0)


async def test_a_failing_lane_keeps_its_order_and_no_one_else_waiting(
    database: Database,
) -> None:
    """Others go on; what failed is tried again before what came after it."""
    log = Log()
    healed = False
    log.fails = lambda name, event, _: (
        not healed and (name, event.aggregate, event.number) == ("first", "a", 1)
    )
    async with harbour(database, log) as relay:
        await sail(database, relay, 1, 2, 3)
        await sail(database, relay, 1, boat="b")
        await until(lambda: log.numbers("second") == [1, 2, 3])
        await until(lambda: log.numbers("first", "b") == [1])
        await until(lambda: max(log.attempts.values()) > 2)
        assert log.numbers("first") == []
        healed = True
        async with asyncio.timeout(30):
            await relay.idle()

    assert log.numbers("first") == [1, 2, 3]
    assert log.numbers("second") == [1, 2, 3]
    assert await rows(database) == (0, 0)


async def test_what_was_left_is_delivered_at_the_next_open(database: Database) -> None:
    """Events committed without a relay, or while one went down, are not lost."""
    await sail(database, None, 1, 2)
    log = Log()
    async with harbour(database, log) as relay, asyncio.timeout(30):
        await relay.idle()

    assert log.numbers("first") == log.numbers("second") == [1, 2]


async def test_who_had_an_event_before_a_crash_is_spared(database: Database) -> None:
    """Progress of the others is durable once one subscriber has failed."""
    log = Log()
    log.fails = lambda name, *_: name == "second"
    async with harbour(database, log) as relay:
        await sail(database, relay, 1)
        await until(lambda: log.numbers("first") == [1])
        await until(lambda: max(log.attempts.values()) > 1)
    assert await rows(database) == (1, 1)
    log.fails = lambda *_: False
    async with harbour(database, log) as relay, asyncio.timeout(30):
        await relay.idle()

    assert log.numbers("first") == [1]
    assert log.numbers("second") == [1]
    assert await rows(database) == (0, 0)


async def test_undone_events_are_never_delivered(database: Database) -> None:
    """An event goes with the unit of work it was added in."""
    log = Log()
    async with harbour(database, log) as relay:
        connection = database.connection()
        await connection.begin()
        await outbox_of(connection, relay).add(
            Sailed(at=NOW, aggregate="a", actor=service("harbour", TENANT), number=1)
        )
        connection.rollback()
        await sail(database, relay, 2)
        async with asyncio.timeout(30):
            await relay.idle()

    assert log.numbers("first") == [2]


async def test_a_long_failure_does_not_stop_the_others(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More may wait behind a failed event than the relay reads ahead."""
    monkeypatch.setattr("fairlead.adapters.bus.relay.BACKLOG", 10)
    log = Log()
    healed = False
    log.fails = lambda name, *_: not healed and name == "first"
    async with harbour(database, log) as relay:
        await sail(database, None, *range(600))
        await sail(database, relay, *range(600, 1_200))
        await until(lambda: len(log.numbers("second")) == 1_200)
        healed = True
        async with asyncio.timeout(60):
            await relay.idle()

    assert log.numbers("first") == log.numbers("second") == list(range(1_200))


async def test_the_inbox_tells_a_delivery_apart_once(database: Database) -> None:
    """The second attempt at a delivery is known, unless the first was undone."""
    connection = database.connection()
    box = Inbox(connection, TENANT, FrozenClock())
    work = SqlUnitOfWork(connection)
    await connection.begin()
    assert await box.first(UUID(int=1), "first")
    connection.rollback()
    async with work:
        assert await box.first(UUID(int=1), "first")
    async with work:
        assert not await box.first(UUID(int=1), "first")
        assert await box.first(UUID(int=1), "second")


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
async def test_an_earlier_position_that_commits_later_is_delivered(
    database: Database,
) -> None:
    """Where units of work run beside one another, nothing is passed over."""
    log = Log()
    async with harbour(database, log) as relay:
        late = database.connection()
        async with SqlUnitOfWork(late):
            event = Sailed(
                at=NOW, aggregate="a", actor=service("harbour", TENANT), number=1
            )
            await outbox_of(late, relay).add(event)
            await sail(database, relay, 2, boat="b")
            await relay.idle()
            assert log.numbers("first", "b") == [2]
        await relay.idle()

        assert log.numbers("first", "a") == [1]
        assert await rows(database) == (0, 0)
