"""The SQLite file: full, damaged, slow, stuck, and read beside the loop."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import structlog
from sqlalchemy import Column, Integer, MetaData, String, Table, func, select, text

from fairlead.adapters.sql.connection import Connection
from fairlead.adapters.sql.errors import DatabaseUnavailable, unavailable
from fairlead.adapters.sql.sqlite import SqliteDatabase
from fairlead.adapters.sql.work import SqlUnitOfWork
from fairlead.kernel.errors import ErrorKind

boats = Table(
    "boats",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("name", String, nullable=False),
)
COUNT = select(func.count()).select_from(boats)
SLOW = text(
    "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 600000) "
    "SELECT count(*) FROM c"
)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[SqliteDatabase]:
    database = SqliteDatabase(tmp_path / "deep" / "boats.db")
    await database.open()
    connection = database.connection()
    async with SqlUnitOfWork(connection):
        await connection.execute(
            text("CREATE TABLE boats (id INTEGER PRIMARY KEY, name TEXT)")
        )
    yield database
    await database.close()


async def add(database: SqliteDatabase, name: str) -> None:
    connection = database.connection()
    async with SqlUnitOfWork(connection):
        await connection.execute(boats.insert(), {"name": name})


async def count(connection: Connection) -> int:
    found: int = (await connection.execute(COUNT)).scalar_one()
    return found


async def set_pages(database: SqliteDatabase, pages: int) -> None:
    connection = database.connection()
    async with SqlUnitOfWork(connection):
        await connection.execute(text(f"PRAGMA max_page_count = {pages}"))


async def test_settings_keep_acknowledged_writes(database: SqliteDatabase) -> None:
    """Write-ahead log, full synchronisation and foreign keys are on."""
    connection = database.connection()
    await connection.begin()
    found = {
        name: (await connection.execute(text(f"PRAGMA {name}"))).scalar()
        for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
    }
    connection.rollback()

    assert found == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "busy_timeout": 5000,
    }
    assert database.file.stat().st_mode & 0o777 == 0o600


async def test_a_full_disk_is_told_and_survived(database: SqliteDatabase) -> None:
    """Who did not fit is told so; the others are kept; with space all goes on."""
    await set_pages(database, 30)
    names = ["small", "x" * 500_000, "tiny", "y" * 500_000]
    results = await asyncio.gather(
        *(add(database, name) for name in names), return_exceptions=True
    )
    kept = [name for name, result in zip(names, results, strict=True) if not result]
    refused = [result for result in results if result is not None]
    stored = await count(database.connection())
    await set_pages(database, 100_000)
    await add(database, names[1])

    assert len(refused) >= 2
    for error in refused:
        assert isinstance(error, DatabaseUnavailable)
        assert error.kind is ErrorKind.UNAVAILABLE
        assert str(database.file) in error.message
    assert stored == len(kept)
    assert await count(database.connection()) == len(kept) + 1


async def test_a_full_disk_shows_in_the_check_until_a_write_succeeds(
    database: SqliteDatabase,
) -> None:
    await set_pages(database, 30)
    before = await database.check()
    with pytest.raises(DatabaseUnavailable):
        await add(database, "x" * 500_000)
    during = await database.check()
    await set_pages(database, 100_000)
    after = await database.check()

    assert (before.ok, during.ok, after.ok) == (True, False, True)
    assert "full disk" in during.detail


async def test_a_lost_transaction_is_told_to_all(database: SqliteDatabase) -> None:
    """When SQLite rolls everything back, none that waits believes to be durable."""
    held = database.connection()
    await held.begin()
    first = asyncio.create_task(add(database, "first"))
    breaker = database.connection()

    async def lose() -> None:
        async with SqlUnitOfWork(breaker):
            await breaker.execute(
                text("INSERT OR ROLLBACK INTO boats (id, name) VALUES (1, 'twice')")
            )

    await asyncio.sleep(0)
    second = asyncio.create_task(lose())
    await asyncio.sleep(0)
    await held.execute(boats.insert(), {"id": 1, "name": "held"})
    done = asyncio.create_task(held.commit())
    results = await asyncio.gather(done, first, second, return_exceptions=True)
    await add(database, "later")

    assert [isinstance(result, Exception) for result in results] == [True] * 3
    assert await count(database.connection()) == 1


async def test_a_failed_commit_fails_all_that_share_it(
    database: SqliteDatabase,
) -> None:
    """None of them is kept, all are told, and the next unit of work is fine."""
    connection = database.connection()
    async with SqlUnitOfWork(connection):
        await connection.execute(
            text(
                "CREATE TABLE crews (boat INTEGER REFERENCES boats (id) "
                "DEFERRABLE INITIALLY DEFERRED)"
            )
        )

    async def orphan() -> None:
        connection = database.connection()
        async with SqlUnitOfWork(connection):
            await connection.execute(text("INSERT INTO crews VALUES (99)"))

    results = await asyncio.gather(
        add(database, "one"), orphan(), add(database, "two"), return_exceptions=True
    )
    left = await count(database.connection())
    await add(database, "three")

    assert [type(result) for result in results] == [DatabaseUnavailable] * 3
    assert left == 0
    assert await count(database.connection()) == 1


async def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    """Opening something else than a database says which file and what to do."""
    file = tmp_path / "boats.db"
    file.write_bytes(b"this is not a database, whatever its name says" * 200)

    with pytest.raises(DatabaseUnavailable, match=r"boats\.db is no database"):
        await SqliteDatabase(file).open()


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (sqlite3.SQLITE_FULL, "full disk"),
        (sqlite3.SQLITE_READONLY, "cannot be written"),
        (sqlite3.SQLITE_IOERR_WRITE, "check its disk"),
        (sqlite3.SQLITE_CORRUPT, "damaged"),
        (sqlite3.SQLITE_BUSY, "in use"),
    ],
)
def test_each_state_has_its_advice(code: int, words: str, tmp_path: Path) -> None:
    """The message names the file and what to do about it."""
    error = sqlite3.OperationalError("driver's words")
    error.sqlite_errorcode = code
    told = unavailable(error, tmp_path / "boats.db")

    assert told is not None
    assert words in told.message
    assert "boats.db" in told.message


async def test_slow_statements_are_logged(database: SqliteDatabase) -> None:
    """A statement that held the loop is named with its text and time."""
    with structlog.testing.capture_logs() as logs:
        await database.connection().execute(SLOW)
        await database.connection().execute(COUNT)

    slow = [entry for entry in logs if "WITH RECURSIVE" in entry.get("statement", "")]
    assert [entry["event"] for entry in slow] == ["slow_statement"]
    assert slow[0]["duration_ms"] > 20


async def test_long_reads_leave_the_loop_free(database: SqliteDatabase) -> None:
    """While a report runs, others read and write; it sees what was committed."""
    await add(database, "one")
    report = asyncio.create_task(database.connection().execute_long(SLOW))
    await asyncio.sleep(0)
    await add(database, "two")

    assert (await report).scalar() == 600_000
    assert (await database.connection().execute_long(COUNT)).scalar() == 2


async def test_health_tells_whether_it_answers(database: SqliteDatabase) -> None:
    """An open database is well, a closed one is not."""
    well = await database.check()
    await database.close()
    ill = await database.check()
    await database.close()

    assert (well.ok, ill.ok) == (True, False)


async def test_closing_waits_for_the_last_commit(tmp_path: Path) -> None:
    """Units that were left when the database closes are durable."""
    database = SqliteDatabase(tmp_path / "boats.db")
    await database.open()
    connection = database.connection()
    async with SqlUnitOfWork(connection):
        await connection.execute(text("CREATE TABLE boats (id INTEGER, name TEXT)"))
    units = [asyncio.create_task(add(database, str(n))) for n in range(20)]
    await asyncio.sleep(0)
    await database.close()
    await asyncio.gather(*units)

    other = sqlite3.connect(tmp_path / "boats.db")
    assert other.execute("SELECT count(*) FROM boats").fetchone() == (20,)
    other.close()
