"""The relay: from the outbox to every subscriber, at least once."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from sqlalchemy import bindparam, func, select
from typing_extensions import override

from fairlead.adapters.bus.gaps import Gaps
from fairlead.adapters.bus.lanes import Lanes, Message, Retries, Subscriber
from fairlead.adapters.bus.outbox import deliveries, outbox
from fairlead.adapters.bus.pruning import prune
from fairlead.adapters.bus.signal import OutboxSignal
from fairlead.adapters.sql.connection import Connection
from fairlead.adapters.sql.database import Database
from fairlead.adapters.sql.work import SqlUnitOfWork
from fairlead.adapters.wiring.part import Opened
from fairlead.adapters.wiring.scopes import Scopes
from fairlead.kernel.clock import Clock
from fairlead.kernel.errors import FairleadError
from fairlead.kernel.principal import TenantId

READ_AT_ONCE = 500
BACKLOG = 5_000
AT_ONCE = 64
PRUNE_SECONDS = 3_600.0

_UNREAD = (
    select(outbox)
    .where(outbox.c.position > bindparam("last"))
    .order_by(outbox.c.position)
    .limit(READ_AT_ONCE)
)
_MISSED = (
    select(outbox)
    .where(outbox.c.position.in_(bindparam("missed", expanding=True)))
    .order_by(outbox.c.position)
)
_NEWEST = select(func.max(outbox.c.position))
_HAD = select(deliveries.c.position, deliveries.c.subscriber).where(
    deliveries.c.position.between(bindparam("first"), bindparam("last"))
)
_DELETE = outbox.delete().where(outbox.c.position == bindparam("gone"))
_FORGET = deliveries.delete().where(deliveries.c.position == bindparam("gone"))
_REMEMBER = deliveries.insert()


@dataclass(frozen=True, slots=True)
class Subscribers:
    """Every subscription of every loaded module."""

    all: tuple[Subscriber, ...] = ()


class OutboxRelay(Opened):
    """Delivers events as soon as they are durable, and what an earlier process left.

    Order is kept per subscriber and aggregate. A row goes once all subscribers have
    it; who has it already is remembered as soon as one of the others failed. What
    waits behind a failed delivery does not keep the relay from reading on.
    """

    def __init__(
        self,
        database: Database,
        scopes: Scopes,
        subscribers: Subscribers,
        signal: OutboxSignal,
        clock: Clock,
        retries: Retries = Retries(),  # noqa: B008 - frozen
    ) -> None:
        """Read from `database` whenever `signal` is raised."""
        self._database = database
        self._signal = signal
        self._clock = clock
        self._by_topic: dict[str, list[Subscriber]] = {}
        for each in subscribers.all:
            self._by_topic.setdefault(each.subscription.event.topic, []).append(each)
        self._lanes = Lanes(
            scopes,
            delivered=self._delivered,
            troubled=self._failed,
            retries=retries,
            at_once=AT_ONCE,
        )
        self._last = 0
        self._left_over = 0
        self._gaps = Gaps()
        self._reading = True
        self._full = False
        self._open = 0
        self._gone: list[Message] = []
        self._had: list[dict[str, Any]] = []
        self._flushing: asyncio.Task[None] | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._changed = asyncio.Event()
        self._log = structlog.get_logger("fairlead.bus")

    @override
    async def open(self) -> None:
        newest = (await self._database.connection().execute(_NEWEST)).scalar()
        self._left_over = newest or 0
        self._tasks = [
            asyncio.create_task(self._read_on()),
            asyncio.create_task(self._prune_on()),
        ]

    @override
    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._lanes.close()
        if self._flushing is not None:
            await self._flushing

    def wake(self) -> None:
        """Look into the outbox; done by itself whenever events become durable."""
        self._signal.wake()

    async def idle(self) -> None:
        """Return once all that is durable, and what follows from it, is delivered."""
        while self._reading or self._signal.raised or self._open or self._flushing:
            self._changed.clear()
            await self._changed.wait()

    async def _read_on(self) -> None:
        while True:
            await self._signal.wait()
            self._reading = True
            try:
                more = True
                while more and self._lanes.queued < BACKLOG:
                    more = await self._read()
                self._full = more
            except FairleadError as error:
                self._log.warning("outbox_unreadable", error=error.message)
                await asyncio.sleep(1)
                self._signal.wake()
            self._reading = False
            self._changed.set()

    async def _read(self) -> bool:
        """Take in the next rows; tell whether there may be more."""
        connection = self._database.connection()
        await self._read_missed(connection)
        rows = (await connection.execute(_UNREAD, {"last": self._last})).all()
        if not rows:
            return False
        positions = [row.position for row in rows]
        known = max(self._last, self._left_over) or positions[0] - AT_ONCE
        self._gaps.note(known, (each for each in positions if each > known))
        had: set[tuple[int, str]] = set()
        if self._last < self._left_over:
            span = {"first": rows[0].position, "last": rows[-1].position}
            had = {(p, s) for p, s in await connection.execute(_HAD, span)}
        for row in rows:
            self._take(row, had)
        self._last = rows[-1].position
        await asyncio.sleep(0)  # a long backlog must not hold the loop
        return len(rows) == READ_AT_ONCE

    async def _read_missed(self, connection: Connection) -> None:
        """Take in what became durable after a later position had."""
        if missed := self._gaps.open():
            found = (await connection.execute(_MISSED, {"missed": missed})).all()
            self._gaps.fill(row.position for row in found)
            for row in found:
                self._take(row, set())

    def _take(self, row: Any, had: set[tuple[int, str]]) -> None:
        message = Message(
            position=row.position,
            id=row.id,
            tenant=TenantId(row.tenant_id),
            topic=row.topic,
            aggregate=row.aggregate,
            payload=row.payload,
            troubled=row.position <= self._left_over,
        )
        left = [
            each
            for each in self._by_topic.get(row.topic, ())
            if (row.position, each.subscription.name) not in had
        ]
        self._open += 1
        message.waiting = len(left)
        for each in left:
            self._lanes.put(message, each)
        if not left:
            self._finish(message)

    def _delivered(self, message: Message, subscriber: str) -> None:
        self._read_if_eased()
        message.waiting -= 1
        if message.waiting == 0:
            self._finish(message)
            return
        message.done.append(subscriber)
        if message.troubled:
            self._remember(message)

    def _failed(self, message: Message) -> None:
        self._read_if_eased()
        self._remember(message)

    def _read_if_eased(self) -> None:
        if self._full and self._lanes.queued < BACKLOG:
            self._full = False
            self._signal.wake()

    def _remember(self, message: Message) -> None:
        """Keep who has a message that others must get again."""
        for name in message.done:
            self._had.append(
                {
                    "tenant_id": message.tenant,
                    "position": message.position,
                    "subscriber": name,
                }
            )
        message.done.clear()
        self._flush()

    def _finish(self, message: Message) -> None:
        self._gone.append(message)
        self._flush()

    def _flush(self) -> None:
        if self._flushing is None and (self._gone or self._had):
            self._flushing = asyncio.create_task(self._flush_all())

    async def _flush_all(self) -> None:
        while self._gone or self._had:
            gone, self._gone = self._gone, []
            had, self._had = self._had, []
            try:
                await self._write(gone, had)
            except FairleadError as error:
                self._log.warning("outbox_unwritable", error=error.message)
                self._gone, self._had = gone + self._gone, had + self._had
                if not self._tasks or self._tasks[0].done():
                    break
                await asyncio.sleep(1)
                continue
            self._open -= len(gone)
        self._flushing = None
        self._changed.set()

    async def _write(
        self, gone: Sequence[Message], had: Sequence[dict[str, Any]]
    ) -> None:
        connection = self._database.connection()
        troubled = [{"gone": each.position} for each in gone if each.troubled]
        async with SqlUnitOfWork(connection):
            if had:
                await connection.execute_many(_REMEMBER, had)
            if gone:
                positions = [{"gone": each.position} for each in gone]
                await connection.execute_many(_DELETE, positions)
            if troubled:
                await connection.execute_many(_FORGET, troubled)

    async def _prune_on(self) -> None:
        while True:
            try:
                await prune(self._database.connection(), now=self._clock.now())
            except FairleadError as error:
                self._log.warning("pruning_failed", error=error.message)
            await asyncio.sleep(PRUNE_SECONDS)
            self._signal.wake()  # for a commit whose answer was lost on the way
