"""The SQL kit, the outbox and the trail on one SQLite file, durable, 50 at once."""

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from uuid import UUID

from sqlalchemy import Column, Integer, MetaData, String, Table, bindparam, select, text

from fairlead.adapters.sql.connection import Connection
from fairlead.adapters.sql.sqlite import SqliteDatabase
from fairlead.adapters.sql.work import SqlUnitOfWork
from fairlead.kernel.ids import new_id
from fairlead.kernel.paging import PageRequest
from fairlead.kernel.principal import Principal, TenantId
from fairlead.services.audit.domain.entries import EntryRecorded, Head, chained
from fairlead.services.audit.public import Act, EntryFilter
from fairlead.services.audit.sql import SqlEntryStore
from fairlead.services.audit.sql.tables import entries
from fairlead.testing.database import migrated_database
from fairlead.testing.fakes import FrozenClock

Row = tuple[str, float, str, str]

AT_ONCE = 50
EACH = 200
FEW, MANY = 10, 100_000
PAGES = 200

boats = Table(
    "boats",
    MetaData(),
    Column("id", Integer, primary_key=True),
    *(Column(name, String(50)) for name in ("name", "port", "captain", "flag")),
)
INSERT = boats.insert()
GET = select(boats).where(boats.c.id == bindparam("id"))
VALUES = {"name": "ada", "port": "riga", "captain": "bob", "flag": "lv"}

COPY = """
WITH RECURSIVE c(x) AS (SELECT 2 UNION ALL SELECT x + 1 FROM c WHERE x < :size)
INSERT INTO audit_entries (sequence, id, NAMES)
SELECT x, lower(hex(randomblob(16))), NAMES
FROM c, audit_entries WHERE sequence = 1 AND tenant_id = :tenant
"""


def rows() -> list[Row]:
    """Return what was measured, its value, its unit and its bar."""
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(_measure(Path(folder)))


async def _measure(folder: Path) -> list[Row]:
    database = SqliteDatabase(folder / "boats.db")
    await database.open()
    connection = database.connection()
    async with SqlUnitOfWork(connection):
        await connection.execute(
            text(
                "CREATE TABLE boats (id INTEGER PRIMARY KEY, name, port, captain, flag)"
            )
        )
    await _insert(database, 0)
    result = [
        *await _rate("insert in a unit of work of its own", database, _insert),
        *await _rate("get by key", database, _get),
    ]
    await database.close()
    async with migrated_database(folder, ["audit"]) as trail:
        result += await _pages(trail)
    return result


async def _rate(
    what: str,
    database: SqliteDatabase,
    act: Callable[[SqliteDatabase, int], Awaitable[None]],
) -> list[Row]:
    async def client() -> None:
        for number in range(EACH):
            await act(database, number)

    began, cpu = time.perf_counter(), time.process_time()
    await asyncio.gather(*(client() for _ in range(AT_ONCE)))
    seconds = time.perf_counter() - began
    count = AT_ONCE * EACH
    return [
        (what, count / seconds, "1/s", ""),
        (f"{what}, CPU", (time.process_time() - cpu) / count * 1e6, "us", ""),
    ]


async def _insert(database: SqliteDatabase, number: int) -> None:
    connection = database.connection()
    async with SqlUnitOfWork(connection):
        await connection.execute(INSERT, VALUES)


async def _get(database: SqliteDatabase, number: int) -> None:
    await database.connection().execute(GET, {"id": number + 1})


async def _pages(database: SqliteDatabase) -> list[Row]:
    """Compare the first page of a short and of a long list."""
    connection = database.connection()
    times = []
    for tenant, size in ((1, FEW), (2, MANY)):
        store = SqlEntryStore(connection, TenantId(UUID(int=tenant)))
        await _fill(connection, TenantId(UUID(int=tenant)), size)
        began = time.perf_counter()
        for _ in range(PAGES):
            await store.list(EntryFilter(actor="ada"), PageRequest(limit=10))
        times.append((time.perf_counter() - began) / PAGES * 1e6)
    few, many = times
    return [
        (f"page of 10 out of {FEW}", few, "us", ""),
        (f"page of 10 out of {MANY:,}", many, "us", f"<= {2 * few:,.0f}"),
    ]


async def _fill(connection: Connection, tenant: TenantId, size: int) -> None:
    who = Principal(id=UUID(int=7), name="ada", tenant_id=tenant)
    event = EntryRecorded(
        at=FrozenClock().now(),
        aggregate="a",
        actor=who,
        act=Act(action="boats.boat.sail", target="boats/1"),
    )
    store = SqlEntryStore(connection, tenant)
    async with SqlUnitOfWork(connection):
        await store.append(
            chained(event, entry_id=new_id(), after=Head(), tenant=tenant)
        )
        columns = [c.name for c in entries.columns if c.name not in ("sequence", "id")]
        await connection.execute(
            text(COPY.replace("NAMES", ", ".join(f'"{name}"' for name in columns))),
            {"size": size, "tenant": tenant.hex},
        )
