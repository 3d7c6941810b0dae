"""Dropping what the platform need not remember any longer."""

from datetime import datetime, timedelta

from fairlead.adapters.bus.inbox import inbox
from fairlead.adapters.sql.connection import Connection
from fairlead.adapters.sql.idempotency import request_keys
from fairlead.adapters.sql.work import SqlUnitOfWork

KEPT = timedelta(days=7)


async def prune(connection: Connection, *, now: datetime) -> None:
    """Delete inbox entries and request keys older than a week."""
    async with SqlUnitOfWork(connection):
        for table in (inbox, request_keys):
            await connection.execute(table.delete().where(table.c.at < now - KEPT))
