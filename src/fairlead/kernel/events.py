"""Telling other modules what happened: events, the outbox, who listens."""

from abc import abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Protocol
from uuid import UUID

from fairlead.kernel.principal import Principal


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A fact in the past tense; subclasses add ids and plain values.

    Attributes:
        topic: Stable dotted name, e.g. `projects.project.deleted`.
        at: When it happened, aware, in UTC.
        aggregate: What it happened to; events of one aggregate arrive in order.
        actor: Who caused it; its tenant is the event's tenant.
    """

    topic: ClassVar[str]

    at: datetime
    aggregate: str
    actor: Principal


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One event on its way to one subscriber; `id` is the same at every attempt."""

    id: UUID
    event: Event


Handler = Callable[[Delivery], Awaitable[None]]


class Outbox(Protocol):
    """Collects events in the current unit of work; sent after it commits."""

    @abstractmethod
    async def add(self, event: Event) -> None:
        """Queue `event`; delivered at least once, in order per aggregate."""

    async def add_all(self, events: Sequence[Event]) -> None:
        """Queue `events` in their order."""
        for event in events:
            await self.add(event)
