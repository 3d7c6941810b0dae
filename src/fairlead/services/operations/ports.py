"""What the use cases and the desk need from the outside, in their own words."""

import asyncio
from abc import abstractmethod
from collections.abc import Awaitable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from fairlead.kernel.engine import Retried
from fairlead.kernel.events import Outbox
from fairlead.kernel.paging import Page, PageRequest
from fairlead.kernel.reach import Reach
from fairlead.kernel.schedules import Schedulable
from fairlead.services.operations.domain.floor import Obstacle, Ticket
from fairlead.services.operations.domain.record import Ending, Record
from fairlead.services.operations.domain.schedule import Schedule, Scheduled
from fairlead.services.operations.public import (
    Operation,
    OperationFilter,
    OperationState,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many operations of a kind ended in a state.

    Attributes:
        group: Their subject up to its first slash, e.g. the project's name.
    """

    kind: str
    group: str
    state: OperationState
    count: int


class OperationStore(Protocol):
    """Keeps the operations of one tenant."""

    @abstractmethod
    async def add(self, record: Record) -> bool:
        """Store a new operation; False: its id is known, and nothing changed."""

    @abstractmethod
    async def get(self, operation_id: UUID) -> Record:
        """Return one operation.

        Raises:
            OperationNotFound: the tenant has none with this id.
        """

    @abstractmethod
    async def many(self, operation_ids: Sequence[UUID]) -> dict[UUID, Operation]:
        """Return those of these that the tenant has, by id."""

    @abstractmethod
    async def unended_children(self, parents: Sequence[UUID]) -> list[UUID]:
        """Return the ids of those that have not ended and are parts of `parents`."""

    @abstractmethod
    async def ask_cancel(self, operation_ids: Sequence[UUID]) -> None:
        """Record that these, as far as they have not ended, are to be cancelled."""

    @abstractmethod
    async def list(
        self, wanted: OperationFilter, reach: Reach, page: PageRequest
    ) -> Page[Operation]:
        """Return those within `reach`, newest first.

        Those with the scope `/` are within reach of `everywhere` only.

        Raises:
            BadPage: `page.after` is no cursor of this list.
        """

    @abstractmethod
    async def outlived(self, before: datetime, *, limit: int) -> Sequence[UUID]:
        """Return some that ended before then, none of a family that has not.

        What a schedule started last is left out: its outcome is shown there.
        """

    @abstractmethod
    async def remove(self, operation_ids: Sequence[UUID]) -> None:
        """Forget these."""

    @abstractmethod
    async def tally(self, *, since: datetime, until: datetime) -> Sequence[Tally]:
        """Count what ended from `since` to before `until`, parts of others left out.

        Sorted by kind, group and state.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Unended:
    """An operation that has not ended, as a restart finds it."""

    ticket: Ticket
    running: bool
    cancel_requested: bool


class Docket(Protocol):
    """The operations of all tenants, as the desk needs them."""

    @abstractmethod
    async def unended(self, *, after: UUID | None, limit: int) -> list[Unended]:
        """Return those that have not ended, by id, beginning after the id `after`."""

    @abstractmethod
    async def start(
        self, operation_ids: Sequence[UUID], *, at: datetime
    ) -> list[Record]:
        """Make those that are queued and not to be cancelled running; return them."""

    @abstractmethod
    async def end(
        self,
        endings: Mapping[UUID, Ending | None],
        *,
        at: datetime,
        running: Mapping[UUID, Record] | None = None,
    ) -> list[Record]:
        """End operations and return those that were ended, in no order.

        Unknown ones and ones that cannot end so (any more) are left. None stands for:
        as cancelled, if it is queued and to be cancelled. What is in `running` is as
        `start` returned it, and need not be read again.
        """

    @abstractmethod
    async def find(self, operation_id: UUID) -> Record | None:
        """Return one; None: unknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """What one unit of work of the desk writes to."""

    docket: Docket
    outbox: Outbox


class Books(Protocol):
    """Opens units of work for the desk, which no request asked for."""

    @abstractmethod
    def write(self) -> AbstractAsyncContextManager[Sheet]:
        """Begin a unit of work over all tenants; durable once it is left."""

    @abstractmethod
    def read(self) -> AbstractAsyncContextManager[Docket]:
        """Look things up, outside of a unit of work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where an operation stands.

    Attributes:
        position: From 1, by turn; None: it does not wait here.
        queued: How many wait in all.
        obstacle: The limit it waits for.
        ending: The server ends: nothing starts any more before its next start.
    """

    position: int | None
    queued: int
    obstacle: Obstacle | None
    ending: bool


class Desk(Protocol):
    """Admits queued operations and brings them to their end, in the background."""

    @abstractmethod
    def take(self, ticket: Ticket) -> None:
        """Queue an operation that is stored as queued; a known one is fine."""

    @abstractmethod
    def cancel(self, operation_ids: Sequence[UUID]) -> Awaitable[None]:
        """Begin to end these, whose cancel is recorded: queued ones never start.

        What is returned may be awaited or dropped: the queued ones have ended by then
        (or it takes long), and the engine was told of the others.
        """

    @abstractmethod
    def reason(self, operation_id: UUID) -> str:
        """Return why an operation waits, one sentence; empty when it does not."""

    @abstractmethod
    def standing(self, operation_id: UUID) -> Standing:
        """Return where a waiting operation stands in the queue."""

    async def retried(self, operation_id: UUID) -> Sequence[Retried]:
        """Return the steps of a running one that are tried again, as far as known."""
        del operation_id
        return ()

    @abstractmethod
    def queue(self) -> Sequence[Ticket]:
        """Return who waits, first whose turn it is; of a long queue as of just now."""

    @abstractmethod
    def ended(self, operation_id: UUID) -> AbstractContextManager[asyncio.Event]:
        """Give an event that is set once the operation's end is recorded.

        Look at the operation after entering, so that no end is missed.
        """


class ScheduleStore(Protocol):
    """Keeps the schedules of one tenant."""

    @abstractmethod
    async def add(self, schedule: Schedule) -> None:
        """Store a new schedule.

        Raises:
            ScheduleNameTaken: the tenant has another of this name.
        """

    @abstractmethod
    async def get(self, schedule: str) -> Scheduled:
        """Return one by id or name, with what it started last.

        What reads as an id is one, also where a schedule has it as its name.

        Raises:
            ScheduleNotFound: the tenant has none.
        """

    @abstractmethod
    async def save(self, schedule: Schedule) -> None:
        """Replace the stored schedule that has the same id.

        Raises:
            ScheduleNotFound: there is none to replace.
            ScheduleNameTaken: the tenant has another of this name.
        """

    @abstractmethod
    async def delete(self, schedule_id: UUID) -> None:
        """Remove one; what it started goes on. None is fine."""

    @abstractmethod
    async def list(self, reach: Reach, page: PageRequest) -> Page[Scheduled]:
        """Return those within `reach` by name.

        Those with the scope `/` are within reach of `everywhere` only.

        Raises:
            BadPage: `page.after` is no cursor of this list.
        """

    @abstractmethod
    async def jobs(self) -> Sequence[Schedule]:
        """Return those that modules declared, by name."""


class Agenda(Protocol):
    """The schedules of all tenants, as the scheduler needs them."""

    @abstractmethod
    async def upcoming(self, limit: int) -> Sequence[Schedule]:
        """Return those that are not paused, soonest to be due first."""


class Attic(Protocol):
    """Holds the output of operations that ended."""

    @abstractmethod
    async def discard(self, operation_id: UUID) -> None:
        """Remove the feed that is the operation's own; none is fine."""

    @abstractmethod
    async def store(self, feed_id: UUID) -> bool:
        """Move a sealed feed to the blobs; False: it is not sealed, or not there.

        One that is there already is fine; readers notice nothing.

        Raises:
            FairleadError: of the kind unavailable, when it could not be copied.
        """


class Place(StrEnum):
    """Where the feed of an ended operation is."""

    HERE = "here"  # in the server's data folder
    STORED = "stored"  # in the blobs
    GONE = "gone"


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedFeed:
    """A feed and when the operation it belongs to ended."""

    id: UUID
    ended_at: datetime


class FeedLedger(Protocol):
    """Remembers where the feeds of ended operations are, of all tenants."""

    @abstractmethod
    async def due(
        self,
        place: Place,
        *,
        before: datetime,
        limit: int,
        after: EndedFeed | None = None,
    ) -> list[EndedFeed]:
        """Return feeds that are there and ended by then, the first to end first.

        Only those that come after `after`.
        """

    @abstractmethod
    async def note(self, feed_ids: Sequence[UUID], place: Place) -> None:
        """Note where these are now."""


class Alarm(Protocol):
    """Wakes the scheduler."""

    @abstractmethod
    def changed(self) -> None:
        """Have it look again which schedule comes next."""


class Kinds(Protocol):
    """Knows what can be scheduled."""

    @abstractmethod
    async def get(self, kind: str) -> Schedulable:
        """Return one kind.

        Raises:
            BadSchedule: there is none of this name.
        """
