"""A unit of work: one transaction, and its turn among those of the same module."""

import asyncio
from collections.abc import Sequence
from hashlib import blake2b
from typing import Any

from sqlalchemy import Executable, Join, Select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from fairlead.adapters.sql.connection import Parameters, Rows
from fairlead.adapters.sql.postgres.pool import Pool, driver_of, opening
from fairlead.kernel.principal import TenantId

PLATFORM = "platform"
_SET = "SAVEPOINT statement"
_RELEASE = "RELEASE SAVEPOINT statement"
_BACK = "ROLLBACK TO SAVEPOINT statement"


class Unit:
    """Begins with its first statement, on a connection of the pool.

    As on SQLite, units of one module and tenant take turns: what one reads and then
    changes, no other changes in between. The turn is a lock that ends with the
    transaction. Tables of the platform (outbox, inbox, request keys) need none.
    """

    def __init__(self, pool: Pool, tenant: TenantId | None) -> None:
        """Change rows of `tenant`, or of every tenant."""
        self._pool = pool
        self._tenant = tenant
        self._connection: AsyncConnection | None = None
        self._turns: set[str] = set()
        self._saved = False
        self._lock = asyncio.Lock()

    async def execute(
        self,
        statement: Executable,
        parameters: Parameters | Sequence[Parameters] | None,
    ) -> Rows:
        """Execute a statement; one that is refused undoes only itself, if it writes.

        Raises: what the driver raises; DatabaseUnavailable, ChangedMeanwhile.
        """
        async with self._lock:
            connection = await self._prepare(statement)
            try:
                return await self._pool.run(connection, statement, parameters)
            except DBAPIError:
                if _writes(statement) and not connection.invalidated:
                    await driver_of(connection).execute(_BACK)
                raise

    async def _prepare(self, statement: Executable) -> AsyncConnection:
        """Take the turn and set a savepoint where `statement` asks for them."""
        before: list[str] = []
        module = module_of(statement)
        if module not in (PLATFORM, *self._turns):
            before.append(f"SELECT pg_advisory_xact_lock({self._key(module)})")
        saved = _writes(statement)
        if saved:
            before += [_RELEASE, _SET] if self._saved else [_SET]
        if self._connection is None:
            begin = opening(self._tenant, read_only=False)
            self._connection = await self._pool.begin([*begin, *before])
        elif before:
            await driver_of(self._connection).execute("; ".join(before))
        self._saved = self._saved or saved
        self._turns.add(module)
        return self._connection

    def _key(self, module: str) -> int:
        name = f"{self._tenant}/{module}".encode()
        return int.from_bytes(blake2b(name, digest_size=8).digest(), signed=True)

    async def commit(self) -> None:
        """Make the changes durable.

        Raises: what the driver raises: they may or may not have become durable.
            DatabaseUnavailable: they did not.
        """
        if self._connection is not None:
            await self._pool.end(self._connection)

    def rollback(self) -> None:
        """Undo the changes, beside the caller."""
        if self._connection is not None:
            self._pool.abandon(self._connection)


def module_of(statement: Executable) -> str:
    """Return whose table a statement is about first; empty: nobody can tell."""
    table: Any = getattr(statement, "table", None)
    if table is None and isinstance(statement, Select):
        # the second is many times slower, and needed for count(*) only
        froms = statement.columns_clause_froms or statement.get_final_froms()
        table = next(iter(froms), None)
    while isinstance(table, Join):
        table = table.left
    name = str(getattr(table, "name", ""))
    return name.partition("_")[0]


def _writes(statement: Executable) -> bool:
    return not isinstance(statement, Select)
