"""What only PostgreSQL does: turns, lost connections, limits, refusals."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID

import pytest
import structlog
from sqlalchemy import (
    Column,
    Integer,
    MetaData,
    String,
    Table,
    bindparam,
    func,
    select,
    text,
)
from sqlalchemy.schema import CreateTable

from fairlead.adapters.settings.home import Home
from fairlead.adapters.sql.choice import PostgresMissing, chosen
from fairlead.adapters.sql.connection import Connection
from fairlead.adapters.sql.errors import DatabaseUnavailable
from fairlead.adapters.sql.postgres.database import PostgresDatabase
from fairlead.adapters.sql.postgres.errors import (
    BadDatabaseAddress,
    ChangedMeanwhile,
    RoleSeesAll,
    ValueRefused,
)
from fairlead.adapters.sql.settings import DatabaseSettings
from fairlead.adapters.sql.work import SqlUnitOfWork
from fairlead.kernel.principal import TenantId
from fairlead.testing.postgres import PostgresServer, lent_database

OURS, THEIRS = TenantId(UUID(int=1)), TenantId(UUID(int=2))


def table(name: str) -> Table:
    return Table(
        name,
        MetaData(),
        Column("id", Integer, primary_key=True, autoincrement=False),
        Column("name", String(20), nullable=False),
        Column("count", Integer, nullable=False),
    )


boats, ports = table("boats_boats"), table("ports_ports")
COUNT = select(boats.c.count)
NAP = text("SELECT pg_sleep(30)")


@asynccontextmanager
async def opened(url: str, **settings: float) -> AsyncIterator[PostgresDatabase]:
    database = PostgresDatabase(DatabaseSettings(url=url, **settings))  # type: ignore[arg-type]
    await database.open()
    try:
        yield database
    finally:
        await database.close()


async def lay_out(database: PostgresDatabase) -> None:
    connection = database.connection()
    async with SqlUnitOfWork(connection):
        for each in (boats, ports):
            await connection.execute(CreateTable(each))
            row = {"id": 1, "name": "ada", "count": 0}
            await connection.execute(each.insert(), row)


@pytest.fixture
async def url(postgresql: PostgresServer) -> AsyncIterator[str]:
    async with lent_database(postgresql) as url:
        yield url


@pytest.fixture
async def database(url: str) -> AsyncIterator[PostgresDatabase]:
    async with opened(url) as database:
        await lay_out(database)
        yield database


async def raise_count(connection: Connection) -> None:
    """Read, then write what was read plus one."""
    async with SqlUnitOfWork(connection):
        count = (await connection.execute(COUNT)).scalar_one()
        await connection.execute(boats.update().values(count=count + 1))


async def count(connection: Connection) -> int:
    return int((await connection.execute(COUNT)).scalar_one())


async def test_units_of_a_module_and_tenant_take_turns(
    database: PostgresDatabase,
) -> None:
    """What one read and then changes, no other changes in between."""
    await asyncio.gather(*(raise_count(database.connection(OURS)) for _ in range(30)))

    assert await count(database.connection(OURS)) == 30


async def test_other_modules_and_tenants_do_not_wait(
    database: PostgresDatabase,
) -> None:
    """While a unit of work is open, those that have nothing to do with it commit."""
    held = database.connection(OURS)
    async with SqlUnitOfWork(held), asyncio.timeout(30):
        await held.execute(COUNT)
        other = database.connection(OURS)
        async with SqlUnitOfWork(other):
            await other.execute(ports.update().values(count=7))
        await raise_count(database.connection(THEIRS))

    assert await count(held) == 1


async def test_units_that_block_one_another_are_told_to_try_again(
    database: PostgresDatabase,
) -> None:
    """One of them goes through, the other is a conflict and changes nothing."""
    both = asyncio.Barrier(2)

    async def change(first: Table, second: Table) -> None:
        connection = database.connection(OURS)
        async with SqlUnitOfWork(connection):
            await connection.execute(first.update().values(count=first.c.count + 1))
            await both.wait()
            await connection.execute(second.update().values(count=second.c.count + 1))

    results = await asyncio.gather(
        change(boats, ports), change(ports, boats), return_exceptions=True
    )

    assert sorted(type(each).__name__ for each in results) == [
        "ChangedMeanwhile",
        "NoneType",
    ]
    assert ChangedMeanwhile.kind.value == "conflict"
    assert await count(database.connection()) == 1


async def test_connections_that_died_unused_are_replaced(
    database: PostgresDatabase, postgresql: PostgresServer, url: str
) -> None:
    """Nobody is told; the work is done on a new one."""
    await asyncio.gather(*(count(database.connection()) for _ in range(5)))
    end_connections(postgresql, url)
    await raise_count(database.connection())

    assert await count(database.connection()) == 1


async def test_a_connection_lost_in_a_unit_is_told(
    database: PostgresDatabase, postgresql: PostgresServer, url: str
) -> None:
    """Nothing of the unit stays; its callbacks do not run; the next one works."""
    called: list[str] = []
    connection = database.connection()
    work = SqlUnitOfWork(connection)

    async def cut() -> None:
        async with work:
            await connection.execute(boats.update().values(count=9))
            connection.after_commit(lambda: called.append("no"))
            await asyncio.to_thread(end_connections, postgresql, url)

    with pytest.raises(DatabaseUnavailable) as caught:
        await cut()
    await raise_count(connection)

    assert caught.value.code == "sql.unavailable"
    assert called == []
    assert await count(connection) == 1


async def test_a_server_that_goes_away_and_comes_back(
    component: Callable[[str], Path],
) -> None:
    """Until it is back, all is refused as unavailable; then all works by itself."""
    server = PostgresServer(component("postgresql")).start()
    try:
        async with opened(await asyncio.to_thread(server.new)) as database:
            await lay_out(database)
            await raise_count(database.connection())
            await asyncio.to_thread(server.kill)
            with pytest.raises(DatabaseUnavailable, match="cannot be reached"):
                await count(database.connection())
            with pytest.raises(DatabaseUnavailable):
                await raise_count(database.connection())
            health = await database.check()
            await asyncio.to_thread(server.start)

            assert not health.ok
            assert await count(database.connection()) == 1
            assert (await database.check()).ok
    finally:
        server.stop()


async def test_statements_have_a_limit_and_reports_another(url: str) -> None:
    """One that takes too long is ended and told; the connection goes on."""
    async with opened(url, statement_seconds=0.1, report_seconds=30) as database:
        connection = database.connection()
        with pytest.raises(DatabaseUnavailable, match="statement_seconds"):
            await connection.execute(NAP)
        long = await connection.execute_long(text("SELECT pg_sleep(0.3), 1"))

        assert long.one()[1] == 1
        assert (await connection.execute(text("SELECT 1"))).scalar() == 1


async def test_waiting_for_a_connection_ends_when_it_is_cancelled(url: str) -> None:
    """Those that gave up waiting keep nothing; the pool is whole afterwards."""
    async with opened(url, pool=2) as database:
        naps = [
            asyncio.create_task(database.connection().execute(NAP)) for _ in range(5)
        ]
        await asyncio.sleep(0.1)
        for nap in naps:
            nap.cancel()
        await asyncio.wait(naps)
        async with asyncio.timeout(30):
            ones = await asyncio.gather(
                *(database.connection().execute(text("SELECT 1")) for _ in range(5))
            )

    assert all(nap.cancelled() for nap in naps)
    assert [one.scalar() for one in ones] == [1] * 5


async def test_slow_statements_are_logged(url: str) -> None:
    """With their text and time; quick ones are not."""
    async with opened(url, slow_milliseconds=100) as database:
        with structlog.testing.capture_logs() as logs:
            await database.connection().execute(text("SELECT pg_sleep(0.2)"))
            await database.connection().execute(text("SELECT 1"))

    assert [entry["event"] for entry in logs] == ["slow_statement"]
    assert "pg_sleep(0.2)" in logs[0]["statement"]
    assert logs[0]["duration_ms"] >= 200


@pytest.mark.parametrize("name", ["x" * 21, "nul \x00", "half a \ud800 pair"])
async def test_values_that_do_not_fit_are_the_callers_mistake(
    database: PostgresDatabase, name: str
) -> None:
    """Longer than the column, or of characters that text cannot have."""
    connection = database.connection()
    async with SqlUnitOfWork(connection):
        with pytest.raises(ValueRefused):
            await connection.execute(boats.update().values(name=name))
        await connection.execute(boats.update().values(name="bob"))

    assert await count(connection) == 0


async def test_numbers_that_do_not_fit_are_the_callers_mistake(
    database: PostgresDatabase,
) -> None:
    query = select(func.count()).where(boats.c.id == bindparam("id"))
    with pytest.raises(ValueRefused):
        await database.connection().execute(query, {"id": 2**40})


async def test_a_unit_that_failed_cannot_be_committed(
    database: PostgresDatabase,
) -> None:
    """Even when whoever wrote it went on after an error."""
    connection = database.connection()
    await connection.begin()
    await connection.execute(boats.update().values(count=5))
    with pytest.raises(Exception, match="no_such_column"):
        await connection.execute(select(text("no_such_column")).select_from(boats))
    with pytest.raises(DatabaseUnavailable, match="could not keep a change"):
        await connection.commit()

    assert await count(connection) == 0


async def test_roles_that_see_all_are_refused(
    postgresql: PostgresServer, url: str
) -> None:
    """For a superuser, the wall between tenants does not hold."""
    superuser = url.replace("//fairlead@", "//postgres@")
    with pytest.raises(RoleSeesAll, match="ordinary role"):
        await PostgresDatabase(DatabaseSettings(url=superuser)).open()


@pytest.mark.parametrize(
    "url", ["nonsense", "mysql://secret@h/d", "postgresql://u:secret@host"]
)
def test_other_addresses_are_refused_without_repeating_them(url: str) -> None:
    with pytest.raises(BadDatabaseAddress) as caught:
        PostgresDatabase(DatabaseSettings(url=url))

    assert "secret" not in caught.value.message


def test_a_missing_driver_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """With what to install, when the settings ask for PostgreSQL."""
    for name in [*sys.modules]:
        if name.startswith("fairlead.adapters.sql.postgres"):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "asyncpg", None)
    settings = DatabaseSettings(url="postgresql://ada@host/harbour")

    with pytest.raises(PostgresMissing, match=r"fairlead\[postgres\]"):
        chosen(Home(tmp_path), settings)


async def test_a_place_without_a_server_is_named_without_its_password() -> None:
    url = "postgresql://ada:secret@127.0.0.1:1/harbour?password=secret"
    with pytest.raises(DatabaseUnavailable, match="cannot be reached") as caught:
        await PostgresDatabase(DatabaseSettings(url=url)).open()

    assert "127.0.0.1:1/harbour" in caught.value.message
    assert "secret" not in caught.value.message


def end_connections(server: PostgresServer, url: str) -> None:
    """End those of one database."""
    name = url.partition("@/")[2].partition("?")[0]
    server.query(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "  # noqa: S608
        f"WHERE datname = '{name}'"
    )
