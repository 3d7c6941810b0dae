"""What the use cases and the desk need from the outside, in their own words."""

import asyncio
from abc import abstractmethod
from collections.abc import Awaitable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from fairlead.kernel.events import Outbox
from fairlead.kernel.paging import Page, PageRequest
from fairlead.services.authz.public import Reach
from fairlead.services.operations.domain.floor import Ticket
from fairlead.services.operations.domain.record import Ending, Record
from fairlead.services.operations.public import Operation, OperationFilter


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
        self, endings: Mapping[UUID, Ending | None], *, at: datetime
    ) -> list[Record]:
        """End operations and return those that were ended, in no order.

        Unknown ones and ones that cannot end so (any more) are left. None stands for:
        as cancelled, if it is queued and to be cancelled.
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
    def ended(self, operation_id: UUID) -> AbstractContextManager[asyncio.Event]:
        """Give an event that is set once the operation's end is recorded.

        Look at the operation after entering, so that no end is missed.
        """
