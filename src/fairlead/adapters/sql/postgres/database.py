"""PostgreSQL: one transaction for each unit of work and for each read."""

import asyncio
from collections.abc import Callable, Sequence

from sqlalchemy import Executable, text
from typing_extensions import override

from fairlead.adapters.sql.connection import (
    Connection,
    Parameters,
    Rows,
    require_read,
)
from fairlead.adapters.sql.database import Database
from fairlead.adapters.sql.postgres.errors import (
    RoleSeesAll,
    refuses_write,
    translated,
)
from fairlead.adapters.sql.postgres.place import Place, read_place
from fairlead.adapters.sql.postgres.pool import FAILURES, Pool
from fairlead.adapters.sql.postgres.schemas import search_path
from fairlead.adapters.sql.postgres.tenure import Tenure
from fairlead.adapters.sql.postgres.unit import Unit
from fairlead.adapters.sql.settings import DatabaseSettings
from fairlead.kernel.errors import FairleadError
from fairlead.kernel.health import Health
from fairlead.kernel.principal import TenantId

Callback = Callable[[], None]
_SEES_ALL = "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"


class PostgresDatabase(Database):
    """A database whose schemas are the modules'; its tables are migrated."""

    def __init__(self, settings: DatabaseSettings) -> None:
        """Use the database at `settings.url`.

        Raises:
            BadDatabaseAddress: it is no address.
        """
        self._settings = settings
        self._place = read_place(settings.url)
        self._pool: Pool | None = None
        self._tenure = Tenure(self._place)

    @property
    def place(self) -> Place:
        """Where it is."""
        return self._place

    @override
    async def open(self) -> None:
        if self._pool is None:
            path = await self._look()
            self._pool = Pool(self._place, path, self._settings)

    @override
    async def hold(self) -> None:
        try:
            await self._tenure.take()
        except FAILURES as error:
            known = translated(error, self._place.name)
            if known is None:
                raise
            raise known from error

    async def _look(self) -> str:
        """Check the role and return the search path.

        Raises:
            RoleSeesAll: row-level security does not hold for the role.
        """
        try:
            connection = await self._place.connect()
            try:
                if await connection.fetchval(_SEES_ALL):
                    raise RoleSeesAll(
                        "The database role is a superuser or has BYPASSRLS, and the "
                        "wall between tenants would not hold: use an ordinary role "
                        "(docs/postgresql.md).",
                        database=self._place.name,
                    )
                return await search_path(connection)
            finally:
                await connection.close()
        except FAILURES as error:
            known = translated(error, self._place.name)
            if known is None:
                raise
            raise known from error

    @override
    async def close(self) -> None:
        if self._pool is not None:
            pool, self._pool = self._pool, None
            await pool.close()
        await self._tenure.release()

    @override
    def connection(self, tenant: TenantId | None = None) -> Connection:
        if self._pool is None:
            raise ValueError("the database is not open")
        return PostgresConnection(self._pool, tenant, self._tenure)

    @override
    async def check(self) -> Health:
        refusal = self._tenure.refusal()
        if refusal is not None:
            return Health(name="database", ok=False, detail=refusal.message)
        try:
            await self.connection().execute(text("SELECT 1"))
        except (FairleadError, ValueError) as error:
            return Health(name="database", ok=False, detail=str(error))
        return Health(name="database", ok=True)


class PostgresConnection(Connection):
    """Reads in transactions of their own, or takes part in the open unit of work."""

    def __init__(self, pool: Pool, tenant: TenantId | None, tenure: Tenure) -> None:
        """Show the rows of `tenant`; None: those of every tenant."""
        self._pool = pool
        self._tenant = tenant
        self._tenure = tenure
        self._unit: Unit | None = None
        self._callbacks: list[Callback] = []

    @property
    @override
    def working(self) -> bool:
        return self._unit is not None

    @override
    async def execute(
        self, statement: Executable, parameters: Parameters | None = None
    ) -> Rows:
        return await self._execute(statement, parameters)

    @override
    async def execute_many(
        self, statement: Executable, parameters: Sequence[Parameters]
    ) -> Rows:
        if self._unit is None:
            raise ValueError("a write outside a unit of work")
        return await self._take_part(self._unit, statement, parameters)

    @override
    async def execute_long(
        self, statement: Executable, parameters: Parameters | None = None
    ) -> Rows:
        return await self._execute(statement, parameters, long=True)

    async def _execute(
        self,
        statement: Executable,
        parameters: Parameters | None,
        *,
        long: bool = False,
    ) -> Rows:
        if self._unit is not None:
            return await self._take_part(self._unit, statement, parameters)
        require_read(statement)
        try:
            return await self._pool.read(self._tenant, statement, parameters, long=long)
        except FAILURES as error:
            if refuses_write(error):
                raise ValueError("a write outside a unit of work") from error
            known = self._pool.translated(error)
            if known is None:
                raise
            raise known from error

    async def _take_part(
        self,
        unit: Unit,
        statement: Executable,
        parameters: Parameters | Sequence[Parameters] | None,
    ) -> Rows:
        try:
            return await unit.execute(statement, parameters)
        except FAILURES as error:
            known = self._pool.translated(error)
            if known is None:
                raise
            raise known from error

    @override
    def after_commit(self, callback: Callback) -> None:
        if self._unit is None:
            raise ValueError("no unit of work is open")
        self._callbacks.append(callback)

    @override
    async def begin(self) -> None:
        if self._unit is not None:
            raise ValueError("a unit of work is open already")
        await self._tenure.confirm()
        self._unit = Unit(self._pool, self._tenant)

    @override
    async def commit(self) -> None:
        unit, callbacks = self._left()
        ending = asyncio.create_task(_commit(unit, callbacks))
        self._pool.track(ending)
        try:
            await asyncio.shield(ending)
        except FAILURES as error:
            known = self._pool.translated(error)
            if known is None:
                raise
            raise known from error

    @override
    def rollback(self) -> None:
        unit, _ = self._left()
        unit.rollback()

    def _left(self) -> tuple[Unit, list[Callback]]:
        if self._unit is None:
            raise ValueError("no unit of work is open")
        unit, callbacks = self._unit, self._callbacks
        self._unit, self._callbacks = None, []
        return unit, callbacks


async def _commit(unit: Unit, callbacks: Sequence[Callback]) -> None:
    """Commit, cancelled or not, and call back if it is durable."""
    await unit.commit()
    for callback in callbacks:
        callback()
