"""A PostgreSQL server for tests, and a new database for each of them."""

import asyncio
import itertools
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg
from sqlalchemy import Connection, MetaData, NullPool, make_url
from sqlalchemy.ext.asyncio import create_async_engine

from fairlead.adapters.sql.postgres.database import PostgresDatabase
from fairlead.adapters.sql.postgres.migrate import migrate_postgres
from fairlead.adapters.sql.settings import DatabaseSettings
from fairlead.adapters.sql.tables import metadata
from fairlead.testing.database import compared, histories_of, shape, starts_of

DEADLINE_SECONDS = 60.0
USER = "nobody"  # the server refuses to run as root
ROLE = "fairlead"
QUICK = ("fsync=off", "full_page_writes=off")
SETTINGS = (
    "listen_addresses=",
    "max_connections=200",
    "shared_buffers=32MB",
    "autovacuum=off",
    "wal_level=minimal",
    "max_wal_senders=0",
    "jit=off",
)
EMPTY = """
SET session_replication_role = replica;  -- triggers that refuse it stay quiet
DO $$ DECLARE each record; BEGIN
FOR each IN SELECT schemaname AS place, tablename AS name FROM pg_tables
    WHERE schemaname NOT IN ('pg_catalog', 'information_schema')
    AND tablename <> 'fairlead_migrations'
LOOP
    IF starts_with(each.name, each.place || '_') THEN
        EXECUTE format('DELETE FROM %I.%I', each.place, each.name);
    ELSE
        EXECUTE format('DROP TABLE %I.%I', each.place, each.name);
    END IF;
END LOOP; END $$
"""


@dataclass(slots=True)
class PostgresServer:
    """One server on a Unix socket in a temporary folder, started from `program`.

    It survives a kill; unless it is `durable`, which is slower, no power cut.
    """

    program: Path
    durable: bool = False
    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="fl-pg")))
    process: subprocess.Popen[bytes] | None = None
    templates: dict[tuple[tuple[str, Path], ...], str] = field(default_factory=dict)
    free: dict[tuple[tuple[str, Path], ...], list[str]] = field(default_factory=dict)
    numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    def start(self) -> "PostgresServer":
        """Make its files, unless there are some, and start it.

        Raises:
            AssertionError: it did not come up.
        """
        if not self._data.exists():
            self._make()
        settings = (*SETTINGS, *(() if self.durable else QUICK))
        self.process = subprocess.Popen(  # noqa: S603 - a component
            [
                *_unprivileged(),
                str(self.program),
                *("-D", str(self._data), "-k", str(self.folder)),
                *(part for each in settings for part in ("-c", each)),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=self.folder,
            start_new_session=True,
        )
        if not self._run("pg_isready", "-q", "-h", str(self.folder), waits=True):
            raise AssertionError("PostgreSQL did not come up")
        return self

    def _make(self) -> None:
        self.folder.chmod(0o755)
        if _unprivileged():
            shutil.chown(self.folder, USER)
        made = self._run(
            *("initdb", "-D", str(self._data), "-U", "postgres", "-A", "trust"),
            *("--no-sync", "--no-instructions", "--locale=C", "--encoding=UTF8"),
        )
        if not made:
            raise AssertionError("initdb failed")

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    def _run(self, program: str, *arguments: str, waits: bool = False) -> bool:
        """Run a program of PostgreSQL; `waits`: until it succeeds."""
        for _ in range(int(DEADLINE_SECONDS * 50) if waits else 1):
            done = subprocess.run(  # noqa: S603 - a component
                [*_unprivileged(), str(self.program.with_name(program)), *arguments],
                cwd=self.folder,
                env={"PATH": os.environ["PATH"]},
                capture_output=True,
                timeout=DEADLINE_SECONDS,
                check=False,
            )
            if done.returncode == 0:
                return True
            if waits:
                self._wait_a_moment()
        return False

    def _wait_a_moment(self) -> None:
        if self.process is None or self.process.poll() is not None:
            raise AssertionError("PostgreSQL ended")
        try:
            self.process.wait(0.02)
        except subprocess.TimeoutExpired:
            return

    def url(self, database: str, *, role: str = ROLE) -> str:
        """Return the address of one of its databases."""
        return f"postgresql://{role}@/{database}?host={self.folder}"

    def query(self, statement: str, database: str = "postgres") -> list[str]:
        """Execute a statement as the superuser and return the lines of its result."""
        done = subprocess.run(  # noqa: S603 - a component
            [
                *_unprivileged(),
                str(self.program.with_name("psql")),
                *("-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", "-U", "postgres"),
                *("-h", str(self.folder), "-d", database, "-c", statement),
            ],
            cwd=self.folder,
            env={"PATH": os.environ["PATH"]},
            capture_output=True,
            text=True,
            timeout=DEADLINE_SECONDS,
            check=False,
        )
        if done.returncode:
            raise AssertionError(done.stderr)
        return done.stdout.splitlines()

    def new(self, histories: Sequence[tuple[str, Path]] = ()) -> str:
        """Return the address of a new database in which `histories` were applied.

        They are applied once; what follows starts from a copy. Blocks.
        """
        template = self.templates.get(tuple(histories))
        if template is None:
            template = self.empty()
            migrate_postgres(self.url(template), histories)
            self.templates[tuple(histories)] = template
        return self.url(self.empty(template))

    def empty(self, template: str = "template0") -> str:
        """Make a database from a template and return its name. Blocks."""
        name = f"test_{next(self.numbers)}"
        if name == "test_0":
            self.query(f"CREATE ROLE {ROLE} LOGIN")
        self.query(
            f"CREATE DATABASE {name} OWNER {ROLE} TEMPLATE {template} "
            "STRATEGY file_copy"
        )
        return name

    async def emptied(self, url: str) -> None:
        """Make a database that `new` made as it was: no rows, no tables of tests."""
        name = make_url(url).database or ""
        connection = await asyncpg.connect(self.url(name, role="postgres"))
        try:
            await connection.execute(EMPTY)
        finally:
            await connection.close()

    def kill(self) -> None:
        """End it at once, as a crash would; `start` brings it back."""
        if self.process is not None:
            self.process.send_signal(signal.SIGQUIT)
            self.process.wait(DEADLINE_SECONDS)

    def stop(self) -> None:
        """End it and remove its files."""
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


@asynccontextmanager
async def lent_database(
    server: PostgresServer, modules: Sequence[str | tuple[str, Path]] = ()
) -> AsyncIterator[str]:
    """Yield the address of a database with the empty tables of `modules`.

    Making one takes longer than most tests: it is emptied afterwards and lent again.
    """
    histories = histories_of(modules)
    free = server.free.setdefault(histories, [])
    url = free.pop() if free else await asyncio.to_thread(server.new, histories)
    yield url
    await server.emptied(url)
    free.append(url)


@asynccontextmanager
async def postgres_database(
    server: PostgresServer, modules: Sequence[str | tuple[str, Path]] = ()
) -> AsyncIterator[PostgresDatabase]:
    """Yield an open database with the empty tables of `modules`."""
    async with lent_database(server, modules) as url:
        database = PostgresDatabase(DatabaseSettings(url=url))
        await database.open()
        try:
            yield database
        finally:
            await database.close()


async def postgres_differences(
    database: PostgresDatabase, prefixes: Iterable[str]
) -> list[str]:
    """Compare the migrated tables of modules with those declared in code.

    Returns one line per difference, as `schema_differences` does for SQLite.
    """
    engine = create_async_engine(
        "postgresql+asyncpg://",
        async_creator=lambda **_: database.place.connect(search_path="declared"),
        poolclass=NullPool,
    )
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(_differences, list(prefixes))
    finally:
        await engine.dispose()


def _differences(connection: Connection, prefixes: list[str]) -> list[str]:
    connection.exec_driver_sql("CREATE SCHEMA declared")
    _make_partial(metadata)
    metadata.create_all(connection, checkfirst=False)
    starts = starts_of(prefixes)
    declared = shape(connection, starts, "declared")
    found: dict[str, object] = {}
    for prefix in prefixes:
        found |= shape(connection, starts, prefix)
    return compared(declared, found)


def _make_partial(declared: MetaData) -> None:
    """Give indexes the condition here that they are declared with for SQLite.

    Said for PostgreSQL in a table, it would make every start import that dialect.
    """
    for table in declared.tables.values():
        for index in table.indexes:
            where = index.dialect_options["sqlite"]["where"]
            index.dialect_options["postgresql"]["where"] = where


def _unprivileged() -> list[str]:
    """Return what starts a program as somebody who may run the server."""
    if os.geteuid() != 0:
        return []
    return ["setpriv", f"--reuid={USER}", "--regid=nogroup", "--clear-groups"]
