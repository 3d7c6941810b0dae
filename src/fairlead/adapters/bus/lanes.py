"""Delivering events: in order within a lane, lanes beside one another.

A lane is one subscriber and one aggregate. A failed delivery is tried again after a
pause and keeps only its own lane waiting.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID

import structlog

from fairlead.adapters.bus.outbox import decode_event
from fairlead.adapters.bus.part import Subscription
from fairlead.adapters.wiring.scopes import Scopes
from fairlead.kernel.events import Delivery
from fairlead.kernel.principal import TenantId, service

HANDLER_SECONDS = 60


@dataclass(slots=True, kw_only=True)
class Message:
    """A row of the outbox on its way; `waiting` counts subscribers yet to have it."""

    position: int
    id: UUID
    tenant: TenantId
    topic: str
    aggregate: str
    payload: bytes
    waiting: int = 0
    done: list[str] = field(default_factory=list)
    troubled: bool = False


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A subscription and the module it belongs to."""

    module: str
    subscription: Subscription


@dataclass(frozen=True, slots=True, kw_only=True)
class Retries:
    """Pauses between attempts: doubled from `first_seconds` up to `max_seconds`."""

    first_seconds: float = 0.1
    max_seconds: float = 60.0

    def pause(self, attempt: int) -> float:
        """Return how long to wait after the failed attempt number `attempt`."""
        return min(self.max_seconds, self.first_seconds * 2.0 ** min(attempt - 1, 30))


@dataclass(slots=True)
class _Lane:
    key: tuple[str, TenantId, str]
    subscriber: Subscriber
    queue: deque[Message] = field(default_factory=deque)
    attempt: int = 0
    parked: bool = False


class Lanes:
    """Takes messages in the order of the outbox and delivers them, many at once."""

    def __init__(
        self,
        scopes: Scopes,
        *,
        delivered: Callable[[Message, str], None],
        troubled: Callable[[Message], None],
        retries: Retries,
        at_once: int,
    ) -> None:
        """Call `delivered` for each success, `troubled` for each failure."""
        self._scopes = scopes
        self._delivered = delivered
        self._troubled = troubled
        self._retries = retries
        self._at_once = at_once
        self._lanes: dict[tuple[str, TenantId, str], _Lane] = {}
        self._ready: deque[_Lane] = deque()
        self._workers: set[asyncio.Task[None]] = set()
        self._pauses: set[asyncio.TimerHandle] = set()
        self._queued = 0
        self._log = structlog.get_logger("fairlead.bus")

    @property
    def queued(self) -> int:
        """How many messages wait, those behind a failed one left out."""
        return self._queued

    def put(self, message: Message, subscriber: Subscriber) -> None:
        """Queue a message for one subscriber."""
        key = (subscriber.subscription.name, message.tenant, message.aggregate)
        lane = self._lanes.get(key)
        if lane is None:
            lane = self._lanes[key] = _Lane(key, subscriber)
            self._make_ready(lane)
        lane.queue.append(message)
        self._queued += not lane.parked

    async def close(self) -> None:
        """Interrupt what is being delivered; it is delivered again later."""
        for pause in self._pauses:
            pause.cancel()
        self._ready.clear()
        for worker in self._workers:
            worker.cancel()
        await asyncio.gather(*self._workers, return_exceptions=True)

    def _make_ready(self, lane: _Lane) -> None:
        self._ready.append(lane)
        if len(self._workers) < self._at_once:
            worker = asyncio.create_task(self._work())
            self._workers.add(worker)
            worker.add_done_callback(self._workers.discard)

    async def _work(self) -> None:
        while self._ready:
            lane = self._ready.popleft()
            message = lane.queue[0]
            if await self._deliver(lane, message):
                self._advance(lane, message)
            else:
                self._pause(lane, message)

    def _advance(self, lane: _Lane, message: Message) -> None:
        if lane.parked:
            lane.parked = False
            self._queued += len(lane.queue)
        lane.queue.popleft()
        self._queued -= 1
        lane.attempt = 0
        if lane.queue:
            self._ready.append(lane)
        else:
            del self._lanes[lane.key]
        self._delivered(message, lane.subscriber.subscription.name)

    def _pause(self, lane: _Lane, message: Message) -> None:
        if not lane.parked:
            lane.parked = True
            self._queued -= len(lane.queue)
        message.troubled = True
        self._troubled(message)

        def resume() -> None:
            self._pauses.discard(handle)
            self._make_ready(lane)

        loop = asyncio.get_running_loop()
        handle = loop.call_later(self._retries.pause(lane.attempt), resume)
        self._pauses.add(handle)

    async def _deliver(self, lane: _Lane, message: Message) -> bool:
        subscription = lane.subscriber.subscription
        who = service(lane.subscriber.module, message.tenant)
        lane.attempt += 1
        try:
            event = decode_event(message.payload, subscription.event)
            if subscription.only is not None and not subscription.only(event):
                return True
            async with (
                asyncio.timeout(HANDLER_SECONDS),
                self._scopes.enter(who) as scope,
            ):
                handler = await scope.get(subscription.handler)
                await handler(Delivery(id=message.id, event=event))
        except Exception:  # noqa: BLE001 - an edge: whatever it was, try again
            self._log.warning(
                "delivery_failed",
                subscriber=subscription.name,
                topic=message.topic,
                delivery_id=str(message.id),
                attempt=lane.attempt,
                retry_seconds=self._retries.pause(lane.attempt),
                exc_info=True,
            )
            return False
        return True
