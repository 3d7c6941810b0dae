"""Two servers on one PostgreSQL database: the second is refused, with the first's name.

Real sessions on a real server; one of them in a process that is killed.
"""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import make_url, text

from fairlead.adapters.sql.errors import DatabaseUnavailable
from fairlead.adapters.sql.postgres.database import PostgresDatabase
from fairlead.adapters.sql.postgres.errors import DatabaseHeld
from fairlead.adapters.sql.postgres.migrate import migrate_postgres
from fairlead.adapters.sql.settings import DatabaseSettings
from fairlead.adapters.sql.work import SqlUnitOfWork
from fairlead.testing.database import histories_of
from fairlead.testing.engine import eventually
from fairlead.testing.postgres import PostgresServer, lent_database

ONE = text("SELECT 1")
HOLDER = """
import asyncio, sys
from fairlead.adapters.sql.postgres.database import PostgresDatabase
from fairlead.adapters.sql.settings import DatabaseSettings

async def main():
    database = PostgresDatabase(DatabaseSettings(url=sys.argv[1]))
    await database.open()
    await database.hold()
    print("held", flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""
END = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE application_name LIKE 'fairlead server %' AND datname = '{name}'"
)


@pytest.fixture
async def url(postgresql: PostgresServer) -> AsyncIterator[str]:
    async with lent_database(postgresql) as url:
        yield url


@asynccontextmanager
async def holding(url: str) -> AsyncIterator[PostgresDatabase]:
    database = PostgresDatabase(DatabaseSettings(url=url))
    await database.open()
    try:
        await database.hold()
        yield database
    finally:
        await database.close()


@asynccontextmanager
async def another_process(url: str) -> AsyncIterator[int]:
    """Hold the database in a process of its own, until it is killed."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", HOLDER, url),
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[4] / "src")},
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        assert await asyncio.wait_for(process.stdout.readline(), 60) == b"held\n"
        yield process.pid
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def test_a_second_server_is_refused_and_told_of_the_first(url: str) -> None:
    """Also its migrations; once the first has gone, it may."""
    refused = DatabaseHeld
    async with another_process(url) as pid:
        with pytest.raises(refused, match=f"is in use by fairlead server on .* {pid}"):
            async with holding(url):
                pass
        with pytest.raises(refused, match=f" {pid} "):
            await asyncio.to_thread(migrate_postgres, url, histories_of(["audit"]))

    async with holding(url) as database:
        assert (await database.check()).ok


async def test_the_lock_of_a_killed_server_is_free_at_once(url: str) -> None:
    async with another_process(url) as pid:
        os.kill(pid, signal.SIGKILL)
        async with (
            holding(url) as database,
            SqlUnitOfWork(connection := database.connection()),
        ):
            await connection.execute(ONE)


async def test_reading_needs_no_tenure(url: str) -> None:
    """Tools that only open the database are not refused."""
    async with holding(url):
        other = PostgresDatabase(DatabaseSettings(url=url))
        await other.open()
        assert (await other.check()).ok
        await other.close()


async def test_a_broken_session_is_replaced(
    url: str, postgresql: PostgresServer
) -> None:
    """Until then nothing is changed; afterwards all is as before."""
    name = make_url(url).database
    async with holding(url) as database:
        await asyncio.to_thread(postgresql.query, END.format(name=name))
        await eventually(lambda: _free(database))
        with pytest.raises(DatabaseHeld):
            async with holding(url):
                pass


def _free(database: PostgresDatabase) -> bool:
    """Tell whether a unit of work may begin."""
    return database._tenure.refusal() is None  # noqa: SLF001 - no other way to see it


async def test_who_was_replaced_changes_nothing_any_more(
    url: str, postgresql: PostgresServer
) -> None:
    """When another server was quicker than the broken session."""
    name = make_url(url).database
    async with holding(url) as database:
        tenure = database._tenure  # noqa: SLF001 - to be slower than the other
        tenure._place, place = _Nowhere(), tenure._place  # type: ignore[assignment] # noqa: SLF001
        await asyncio.to_thread(postgresql.query, END.format(name=name))
        await eventually(lambda: not _free(database))
        with pytest.raises(DatabaseUnavailable, match="taken again"):
            await database.connection().begin()
        async with another_process(url) as pid:
            tenure._place = place  # noqa: SLF001
            await eventually(lambda: isinstance(tenure.refusal(), DatabaseHeld))
            with pytest.raises(DatabaseHeld, match=f" {pid} "):
                await database.connection().begin()
            assert f" {pid} " in (await database.check()).detail
        await eventually(lambda: _free(database))


class _Nowhere:
    """A place that cannot be reached."""

    name = "nowhere"

    async def connect(self, **settings: str) -> None:
        raise OSError("unreachable")
