"""The SQL kit on PostgreSQL, durable, where a server is installed; and what lies below.

The rows named "below" do the same work with less: SQLAlchemy's engine without our
transactions, and the driver alone with them. They say what going under would bring.
"""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from uuid import UUID

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.schema import CreateTable

from benchmarks.sql import EACH, FEW, GET, INSERT, MANY, PAGES, VALUES, Row, boats
from fairlead.adapters.sql.postgres.database import PostgresDatabase
from fairlead.adapters.sql.work import SqlUnitOfWork
from fairlead.kernel.ids import new_id
from fairlead.kernel.paging import PageRequest
from fairlead.kernel.principal import Principal, TenantId
from fairlead.services.audit.domain.entries import EntryRecorded, Head, chained
from fairlead.services.audit.public import Act, EntryFilter
from fairlead.services.audit.sql import SqlEntryStore
from fairlead.services.audit.sql.tables import entries
from fairlead.testing.components import find
from fairlead.testing.fakes import FrozenClock
from fairlead.testing.postgres import PostgresServer, postgres_database

AT_ONCE = 50
ALONE = 200
OURS = TenantId(UUID(int=1))
SELECT = "SELECT id, name, port, captain, flag FROM boats WHERE id = $1"

COPY = """
INSERT INTO audit.audit_entries (sequence, id, {names})
SELECT x, gen_random_uuid(), {names}
FROM generate_series(2, {size}) AS x, audit.audit_entries
WHERE sequence = 1 AND tenant_id = '{tenant}'
"""

Work = Callable[[int], Awaitable[object]]


def rows() -> list[Row]:
    """Return what was measured; nothing where there is no server."""
    program = find("postgresql")
    if program is None:
        return []
    server = PostgresServer(program, durable=True)
    try:
        return asyncio.run(_measure(server.start()))
    finally:
        server.stop()


async def _measure(server: PostgresServer) -> list[Row]:
    async with postgres_database(server, ["audit"]) as database:
        connection = database.connection()
        async with SqlUnitOfWork(connection):
            await connection.execute(CreateTable(boats))
            await connection.execute(INSERT, VALUES)
        return [
            *await _kit(database),
            *await _below(database),
            *await _pages(database, server),
        ]


async def _kit(database: PostgresDatabase) -> list[Row]:
    async def insert(number: int) -> None:
        # a tenant for each client: those of one tenant and module take turns
        connection = database.connection(TenantId(UUID(int=number % AT_ONCE + 1)))
        async with SqlUnitOfWork(connection):
            await connection.execute(INSERT, VALUES)

    async def in_turns(number: int) -> None:
        connection = database.connection(OURS)
        async with SqlUnitOfWork(connection):
            await connection.execute(INSERT, VALUES)

    async def get(number: int) -> None:
        await database.connection(OURS).execute(GET, {"id": 1})

    return [
        *await _rate("insert in a unit of work of its own", insert),
        *await _rate("the same, all of one tenant and module", in_turns),
        *await _rate("get by key", get),
        await _alone("insert in a unit of work, one at a time", in_turns),
        await _alone("get by key, one at a time", get),
    ]


async def _below(database: PostgresDatabase) -> list[Row]:
    url, path = database.place.url, "platform, audit"
    engine = create_async_engine(
        "postgresql+asyncpg://",
        async_creator=lambda **_: database.place.connect(search_path=path),
        isolation_level="AUTOCOMMIT",
        pool_size=10,
        max_overflow=0,
    )
    pool = await asyncpg.create_pool(
        url, min_size=10, max_size=10, server_settings={"search_path": path}
    )
    try:
        return [
            *await _rate("below: get by SQLAlchemy alone", _by_engine(engine)),
            *await _rate("below: get by the driver, in our form", _by_driver(pool)),
        ]
    finally:
        await pool.close()
        await engine.dispose()


def _by_engine(engine: AsyncEngine) -> Work:
    async def get(number: int) -> None:
        async with engine.connect() as connection:
            await connection.execute(GET, {"id": 1})

    return get


def _by_driver(pool: "asyncpg.Pool[asyncpg.Record]") -> Work:
    async def get(number: int) -> None:
        async with pool.acquire() as connection:
            await connection.execute(
                f"BEGIN READ ONLY; SET LOCAL fairlead.tenant = '{OURS}'"
            )
            await connection.fetch(SELECT, 1)
            await connection.execute("COMMIT")

    return get


async def _rate(what: str, act: Work) -> list[Row]:
    each = EACH // 4

    async def client(first: int) -> None:
        for _ in range(each):
            await act(first)

    began, cpu = time.perf_counter(), time.process_time()
    await asyncio.gather(*(client(number) for number in range(AT_ONCE)))
    seconds, count = time.perf_counter() - began, AT_ONCE * each
    return [
        (what, count / seconds, "1/s", ""),
        (f"{what}, CPU", (time.process_time() - cpu) / count * 1e6, "us", ""),
    ]


async def _alone(what: str, act: Work) -> Row:
    times = []
    for _ in range(ALONE):
        began = time.perf_counter()
        await act(0)
        times.append(time.perf_counter() - began)
    return (f"{what}, p50", statistics.median(times) * 1e6, "us", "")


async def _pages(database: PostgresDatabase, server: PostgresServer) -> list[Row]:
    """Compare the first page of a short and of a long list."""
    times = []
    for number, size in ((1, FEW), (2, MANY)):
        tenant = TenantId(UUID(int=number))
        await _fill(database, server, tenant, size)
        store = SqlEntryStore(database.connection(tenant), tenant)
        began = time.perf_counter()
        for _ in range(PAGES):
            await store.list(EntryFilter(actor="ada"), PageRequest(limit=10))
        times.append((time.perf_counter() - began) / PAGES * 1e6)
    few, many = times
    return [
        (f"page of 10 out of {FEW}", few, "us", ""),
        (f"page of 10 out of {MANY:,}", many, "us", f"<= {2 * few:,.0f}"),
    ]


async def _fill(
    database: PostgresDatabase, server: PostgresServer, tenant: TenantId, size: int
) -> None:
    who = Principal(id=UUID(int=7), name="ada", tenant_id=tenant)
    act = Act(action="boats.boat.sail", target="boats/1")
    event = EntryRecorded(at=FrozenClock().now(), aggregate="a", actor=who, act=act)
    connection = database.connection(tenant)
    entry = chained(event, entry_id=new_id(), after=Head(), tenant=tenant)
    async with SqlUnitOfWork(connection):
        await SqlEntryStore(connection, tenant).append(entry)
    names = [c.name for c in entries.columns if c.name not in ("sequence", "id")]
    copy = COPY.format(names=", ".join(names), size=size, tenant=tenant)
    name = database.place.name.rpartition("/")[2]
    await asyncio.to_thread(server.query, f"{copy}; ANALYZE audit.audit_entries", name)
