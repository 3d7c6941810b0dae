"""The desk's units of work, in scopes of their own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import UUID

from typing_extensions import override

from fairlead.adapters.sql.tenants import EVERY_TENANT
from fairlead.adapters.wiring.scopes import Scopes
from fairlead.kernel.clock import Clock
from fairlead.kernel.events import Outbox
from fairlead.kernel.principal import service
from fairlead.kernel.work import UnitOfWork
from fairlead.services.operations.ports import Books, Docket, Sheet

DESK = service("operations", EVERY_TENANT)


class Expiry:
    """Tells which operations ended longer ago than their feeds are kept."""

    def __init__(self, books: Books, clock: Clock, keep: timedelta) -> None:
        """Look them up in `books`; feeds are kept for `keep`."""
        self._books = books
        self._clock = clock
        self._keep = keep

    async def __call__(self, operation_id: UUID) -> bool:
        """Tell it of one; an unknown one never ended."""
        async with self._books.read() as docket:
            record = await docket.find(operation_id)
        ended_at = None if record is None else record.operation.ended_at
        return ended_at is not None and ended_at <= self._clock.now() - self._keep


class ScopedBooks(Books):
    """Opens a scope for each unit of work; the service itself acts in it."""

    def __init__(self, scopes: Scopes) -> None:
        """Open scopes of `scopes`."""
        self._scopes = scopes

    @override
    @asynccontextmanager
    async def write(self) -> AsyncIterator[Sheet]:
        async with self._scopes.enter(DESK) as scope:
            sheet = Sheet(
                docket=await scope.get(Docket), outbox=await scope.get(Outbox)
            )
            async with await scope.get(UnitOfWork):
                yield sheet

    @override
    @asynccontextmanager
    async def read(self) -> AsyncIterator[Docket]:
        async with self._scopes.enter(DESK) as scope:
            yield await scope.get(Docket)
