"""SQLite: one file, one writer, readers beside it.

Statements run synchronously in the event loop, because the fastest asynchronous layer
costs many times what a statement by key does (docs/decisions). What may take long
goes through `execute_long`, and commits run in a thread.
"""

import asyncio
import os
import sqlite3
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import Connection as CoreConnection
from sqlalchemy import Engine, Executable, NullPool, create_engine, text
from sqlalchemy.engine.cursor import FullyBufferedCursorFetchStrategy
from sqlalchemy.exc import DBAPIError
from typing_extensions import override

from fairlead.adapters.sql.connection import (
    Connection,
    Parameters,
    Rows,
    require_read,
)
from fairlead.adapters.sql.database import Database
from fairlead.adapters.sql.errors import DatabaseUnavailable, unavailable
from fairlead.adapters.sql.prepared import Preparations
from fairlead.adapters.sql.writer import Callback, Writer
from fairlead.kernel.health import Health
from fairlead.kernel.principal import TenantId

SLOW_SECONDS = 0.02
BUSY_MILLISECONDS = 5_000

_PRAGMAS = (
    f"PRAGMA busy_timeout = {BUSY_MILLISECONDS}",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA recursive_triggers = ON",  # replacing a row is deleting it, too
    "PRAGMA cache_size = -8000",
    "PRAGMA journal_size_limit = 67108864",
)


def engine_for(file: Path, *pragmas: str) -> Engine:
    """Return an engine whose connections are in autocommit mode with our settings."""

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(
            file, isolation_level=None, check_same_thread=False, cached_statements=512
        )
        for pragma in (*_PRAGMAS, *pragmas):
            connection.execute(pragma).fetchall()
        return connection

    return create_engine(
        "sqlite://", creator=connect, poolclass=NullPool, query_cache_size=2_000
    )


def create_file(file: Path) -> None:
    """Make an empty file, readable by its owner only, where there is none.

    Raises:
        DatabaseUnavailable: the folder or the file cannot be made.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise DatabaseUnavailable(
            f"The database {file} cannot be opened: {error.strerror}.", file=str(file)
        ) from error


class SqliteDatabase(Database):
    """The database in one file."""

    def __init__(self, file: Path) -> None:
        """Use `file`, which need not exist yet."""
        self._file = file
        self._open: _Open | None = None

    @property
    def file(self) -> Path:
        """The file it is in; `-wal` and `-shm` files lie beside it."""
        return self._file

    @override
    async def open(self) -> None:
        if self._open is None:
            create_file(self._file)
            self._open = _Open(self._file)

    @override
    async def hold(self) -> None:
        """Do nothing: the lock of the data folder keeps others from its file."""

    @override
    async def close(self) -> None:
        if self._open is not None:
            opened, self._open = self._open, None
            await opened.close()

    @override
    def connection(self, tenant: TenantId | None = None) -> Connection:
        if self._open is None:
            raise ValueError("the database is not open")
        return SqliteConnection(self._open)

    @override
    async def check(self) -> Health:
        try:
            await self.connection().execute(text("SELECT 1"))
        except (DatabaseUnavailable, ValueError) as error:
            return Health(name="database", ok=False, detail=str(error))
        failure = self._open.writer.failure if self._open is not None else None
        if failure is not None:
            return Health(name="database", ok=False, detail=failure.message)
        return Health(name="database", ok=True)


class _Open:
    """What an open database consists of."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._log = structlog.get_logger("fairlead.sql")
        self._engine = engine_for(file)
        self._readers = engine_for(file, "PRAGMA query_only = ON")
        try:
            self._writing = self._engine.connect()
            self._reading = self._readers.connect()
            self._reporting = self._readers.connect()
            driver = _driver(self._writing)
            driver.execute("SELECT count(*) FROM sqlite_schema").fetchall()
        except (DBAPIError, sqlite3.Error) as error:
            raise unavailable(error, file) or error from error
        self._prepared = Preparations(self._engine.dialect)
        self._drivers = {each: _driver(each) for each in (self._reading, self._writing)}
        self.writer = Writer(driver, file)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="sql-report")

    async def close(self) -> None:
        await self.writer.close()
        _driver(self._reporting).interrupt()
        self._thread.shutdown()
        for connection in (self._reporting, self._reading, self._writing):
            connection.close()

    def read(self, statement: Executable, parameters: Parameters | None) -> Rows:
        return self._timed(self._reading, statement, parameters)

    async def report(
        self, statement: Executable, parameters: Parameters | None
    ) -> Rows:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(
            self._thread, self._run, self._reporting, statement, parameters
        )

    def write(
        self,
        statement: Executable,
        parameters: Parameters | Sequence[Parameters] | None,
    ) -> Rows:
        self.writer.require_whole()
        try:
            return self._timed(self._writing, statement, parameters)
        except Exception as error:
            self.writer.check(error)
            raise

    def _timed(
        self,
        connection: CoreConnection,
        statement: Executable,
        parameters: Parameters | Sequence[Parameters] | None,
    ) -> Rows:
        started = time.perf_counter()
        rows = self._run(connection, statement, parameters)
        seconds = time.perf_counter() - started
        if seconds > SLOW_SECONDS:
            self._log.info(
                "slow_statement",
                statement=str(statement),
                duration_ms=round(seconds * 1000, 1),
            )
        return rows

    def _run(
        self,
        connection: CoreConnection,
        statement: Executable,
        parameters: Any,
    ) -> Rows:
        try:
            in_loop = parameters and connection is not self._reporting
            prepared = self._prepared.of(statement) if in_loop else None
            if prepared is not None and prepared.names <= parameters.keys():
                return prepared.execute(self._drivers[connection], parameters)
            rows: Rows = connection.execute(statement, parameters)
            _buffer(rows)
        except DBAPIError as error:
            if connection is not self._writing and _refused_write(error):
                raise ValueError("a write outside a unit of work") from error
            raise unavailable(error, self.file) or error from error
        except sqlite3.Error as error:
            raise unavailable(error, self.file) or error from error
        return rows


class SqliteConnection(Connection):
    """Reads beside the writer, or takes part in it while a unit of work is open."""

    def __init__(self, database: _Open) -> None:
        """Belong to `database`."""
        self._database = database
        self._entered = False
        self._working = False
        self._callbacks: list[Callback] = []

    @property
    @override
    def working(self) -> bool:
        return self._working

    @override
    async def execute(
        self, statement: Executable, parameters: Parameters | None = None
    ) -> Rows:
        if self._working:
            return self._database.write(statement, parameters)
        require_read(statement)
        return self._database.read(statement, parameters)

    @override
    async def execute_many(
        self, statement: Executable, parameters: Sequence[Parameters]
    ) -> Rows:
        if not self._working:
            raise ValueError("a write outside a unit of work")
        return self._database.write(statement, parameters)

    @override
    async def execute_long(
        self, statement: Executable, parameters: Parameters | None = None
    ) -> Rows:
        if self._working:
            return self._database.write(statement, parameters)
        require_read(statement)
        return await self._database.report(statement, parameters)

    @override
    def after_commit(self, callback: Callable[[], None]) -> None:
        if not self._working:
            raise ValueError("no unit of work is open")
        self._callbacks.append(callback)

    @override
    async def begin(self) -> None:
        if self._entered:
            raise ValueError("a unit of work is open already")
        self._entered = True
        try:
            await self._database.writer.begin()
        except BaseException:
            self._entered = False
            raise
        self._working = True

    @override
    async def commit(self) -> None:
        await self._database.writer.leave(self._left())

    @override
    def rollback(self) -> None:
        self._left()
        self._database.writer.rollback()

    def _left(self) -> list[Callback]:
        callbacks, self._callbacks = self._callbacks, []
        self._entered = self._working = False
        return callbacks


def _driver(connection: CoreConnection) -> sqlite3.Connection:
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)  # noqa: S101 - we made it
    return driver


def _buffer(rows: Rows) -> None:
    """Fetch everything now: a half-read cursor would hold an old snapshot open."""
    buffered = isinstance(rows.cursor_strategy, FullyBufferedCursorFetchStrategy)
    if rows.returns_rows and rows.cursor is not None and not buffered:
        rows.cursor_strategy = FullyBufferedCursorFetchStrategy(
            rows.cursor, initial_buffer=rows.cursor.fetchall()
        )


def _refused_write(error: DBAPIError) -> bool:
    """Tell whether `query_only` refused a statement (text, DDL) we could not judge."""
    code = getattr(error.orig, "sqlite_errorcode", None)
    return code == sqlite3.SQLITE_READONLY
