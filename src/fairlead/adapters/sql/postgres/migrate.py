"""Bringing a PostgreSQL database to the newest form, module by module."""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from fairlead.adapters.sql.histories import Histories, Pending, waiting
from fairlead.adapters.sql.postgres.errors import translated
from fairlead.adapters.sql.postgres.place import Place, read_place
from fairlead.adapters.sql.postgres.pool import FAILURES
from fairlead.adapters.sql.postgres.schemas import applied
from fairlead.adapters.sql.postgres.tenure import refuse_if_held

T = TypeVar("T")


def migrate_postgres(url: str, histories: Histories) -> list[str]:
    """Apply what is pending and return it as `module:revision`; made to be repeated.

    Each revision is one transaction under a lock, so one that fails or is killed
    leaves nothing behind, and servers that migrate at once take turns. Blocks.

    Raises:
        DatabaseNewer: a module's tables are newer than its code; nothing was changed.
        DatabaseHeld: a server works with these tables; nothing was changed.
        DatabaseUnavailable: it cannot be used.
        BadDatabaseAddress: `url` is no address.
    """
    place = read_place(url)
    found = _finished(_pending(place, histories))
    if not found:
        return []
    from fairlead.adapters.sql.postgres.upgrade import (  # noqa: PLC0415 - Alembic
        upgrade,
    )

    _finished(_guarded(_alone(place), place))
    return _finished(_guarded(upgrade(place, found), place))


async def _pending(place: Place, histories: Histories) -> Pending:
    async def look() -> dict[str, str]:
        connection = await place.connect()
        try:
            return await applied(connection)
        finally:
            await connection.close()

    return waiting(await _guarded(look(), place), histories, place.name)


async def _alone(place: Place) -> None:
    connection = await place.connect()
    try:
        await refuse_if_held(connection, place)
    finally:
        await connection.close()


async def _guarded(work: Coroutine[Any, Any, T], place: Place) -> T:
    try:
        return await work
    except FAILURES as error:
        known = translated(error, place.name)
        if known is None:
            raise
        raise known from error


def _finished(work: Coroutine[Any, Any, T]) -> T:
    """Run `work` to its end in a loop of its own: the caller's may be running."""
    with ThreadPoolExecutor(1, thread_name_prefix="sql-migrate") as thread:
        return thread.submit(asyncio.run, work).result()
