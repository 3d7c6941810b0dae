"""A pool of connections, each lent for one transaction."""

import asyncio
import contextlib
import time
from collections.abc import Sequence
from typing import Any

import asyncpg
import structlog
from sqlalchemy import Executable
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolExhausted
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from fairlead.adapters.sql.connection import Parameters, Rows
from fairlead.adapters.sql.errors import DatabaseUnavailable
from fairlead.adapters.sql.postgres.errors import LOST, lost, translated
from fairlead.adapters.sql.postgres.place import Place
from fairlead.adapters.sql.settings import DatabaseSettings
from fairlead.kernel.errors import FairleadError
from fairlead.kernel.principal import TenantId

POOL_SECONDS = 10.0
IDLE_SECONDS = 60
FAILURES = (DBAPIError, PoolExhausted, asyncpg.PostgresError, *LOST)


def opening(tenant: TenantId | None, *, read_only: bool) -> list[str]:
    """Return what begins a transaction that sees one tenant's rows, or all."""
    seen = (
        "SET LOCAL fairlead.every_tenant = 'on'"
        if tenant is None
        else f"SET LOCAL fairlead.tenant = '{tenant}'"
    )
    return ["BEGIN READ ONLY" if read_only else "BEGIN", seen]


def driver_of(connection: AsyncConnection) -> asyncpg.Connection:
    """Return the driver's own connection."""
    driver = connection.sync_connection.connection.driver_connection  # type: ignore[union-attr]
    assert isinstance(driver, asyncpg.Connection)  # noqa: S101 - we made it
    return driver


class Pool:
    """Connections in autocommit mode: whoever has one begins and ends by statements.

    What begins a transaction is thereby one message, with whose rows it sees.
    """

    def __init__(self, place: Place, path: str, settings: DatabaseSettings) -> None:
        """Connect to `place` with the search path `path` when asked."""
        self.place = place
        self._settings = settings
        self._path = path
        self._ends: set[asyncio.Task[None]] = set()
        self._log = structlog.get_logger("fairlead.sql")
        self._engine: AsyncEngine = create_async_engine(
            "postgresql+asyncpg://",
            async_creator=self._connect,
            isolation_level="AUTOCOMMIT",
            pool_size=settings.pool,
            max_overflow=0,
            pool_timeout=POOL_SECONDS,
            pool_reset_on_return=None,
            query_cache_size=2_000,
            connect_args={"prepared_statement_cache_size": 500},
        )

    async def _connect(self, **_: Any) -> asyncpg.Connection:
        milliseconds = int(self._settings.statement_seconds * 1000)
        return await self.place.connect(
            search_path=self._path,
            statement_timeout=str(milliseconds),
            idle_in_transaction_session_timeout=f"{IDLE_SECONDS}s",
        )

    async def begin(self, statements: Sequence[str]) -> AsyncConnection:
        """Lend a connection on which `statements` were executed.

        A connection that died while nobody used it is replaced without a word.

        Raises:
            DatabaseUnavailable: none can be had.
            ChangedMeanwhile: the turn did not come.
        """
        try:
            return await self._begin_anew(statements)
        except FAILURES as error:
            known = self.translated(error)
            if known is None:
                raise
            raise known from error

    async def _begin_anew(self, statements: Sequence[str]) -> AsyncConnection:
        try:
            return await self._begin(statements)
        except FAILURES as error:
            if isinstance(error, PoolExhausted) or not lost(error):
                raise
        await self._engine.dispose()
        return await self._begin(statements)

    async def _begin(self, statements: Sequence[str]) -> AsyncConnection:
        connection = await self._engine.connect()
        try:
            await driver_of(connection).execute("; ".join(statements))
        except BaseException:
            self.abandon(connection)
            raise
        return connection

    async def run(
        self,
        connection: AsyncConnection,
        statement: Executable,
        parameters: Parameters | Sequence[Parameters] | None,
    ) -> Rows:
        """Execute a statement; slow ones are logged.

        Raises: what the driver raises.
        """
        began = time.perf_counter()
        try:
            rows: Rows = await connection.execute(statement, parameters)
        finally:
            milliseconds = (time.perf_counter() - began) * 1000
            if milliseconds > self._settings.slow_milliseconds:
                self._log.info(
                    "slow_statement",
                    statement=str(statement),
                    duration_ms=round(milliseconds, 1),
                )
        return rows

    async def read(
        self,
        tenant: TenantId | None,
        statement: Executable,
        parameters: Parameters | None,
        *,
        long: bool = False,
    ) -> Rows:
        """Execute one statement in a read-only transaction of its own.

        Raises: what the driver raises; DatabaseUnavailable: no connection.
        """
        statements = opening(tenant, read_only=True)
        if long:
            limit = int(self._settings.report_seconds * 1000)
            statements.append(f"SET LOCAL statement_timeout = {limit}")
        connection = await self.begin(statements)
        try:
            rows = await self.run(connection, statement, parameters)
        except BaseException:
            self.abandon(connection)
            raise
        await self.end(connection)
        return rows

    async def end(self, connection: AsyncConnection) -> None:
        """Commit and take the connection back.

        Raises: what the driver raises: it may or may not have been committed.
            DatabaseUnavailable: it was not committed.
        """
        try:
            tag = await driver_of(connection).execute("COMMIT")
        except BaseException:
            self.abandon(connection)
            raise
        await connection.close()
        if tag != "COMMIT":
            raise DatabaseUnavailable(
                f"The database {self.place.name} could not keep a change: the unit of "
                "work had failed before.",
                database=self.place.name,
            )

    def abandon(self, connection: AsyncConnection) -> None:
        """Undo what the connection did and take it back, beside the caller."""
        self.track(asyncio.create_task(self._undo(connection)))

    def track(self, task: "asyncio.Task[None]") -> None:
        """See to it that `close` waits for `task`."""
        self._ends.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._ends.discard(task)
        if not task.cancelled():
            task.exception()  # whoever waited was told, unless they were cancelled

    async def _undo(self, connection: AsyncConnection) -> None:
        with contextlib.suppress(*FAILURES):
            try:
                if connection.invalidated:
                    return
                driver = driver_of(connection)
                if not driver.is_closed():
                    await driver.execute("ROLLBACK")
                if driver.is_closed():
                    await connection.invalidate()
            except FAILURES:
                await connection.invalidate()
            finally:
                await connection.close()

    def translated(self, error: BaseException) -> FairleadError | None:
        """Return what callers should see of a failure; None: itself."""
        return translated(error, self.place.name)

    async def close(self) -> None:
        """End what is being ended, then close every connection."""
        while self._ends:
            await asyncio.wait(set(self._ends))
        await self._engine.dispose()
