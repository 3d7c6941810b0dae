"""The versions of tenants' rights in a relational database."""

from collections.abc import Callable
from functools import partial

from sqlalchemy import Column, ColumnElement, Integer, Table, Uuid, select
from typing_extensions import override

from fairlead.adapters.sql.connection import Connection
from fairlead.adapters.sql.tables import metadata
from fairlead.kernel.principal import TenantId
from fairlead.services.authz.ports import VersionStore

versions = Table(
    "authz_versions",
    metadata,
    Column("tenant_id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
)


class SqlVersionStore(VersionStore):
    """Reads and writes `authz_versions`."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        """Keep the version of `tenant_id`."""
        self._connection = connection
        self._tenant_id = tenant_id

    @override
    async def current(self) -> int:
        query = select(versions.c.version).where(self._mine)
        found = (await self._connection.execute(query)).scalar()
        return 0 if found is None else int(found)

    @override
    async def bump(self, then: Callable[[int], None]) -> int:
        raised = versions.update().where(self._mine)
        raised = raised.values(version=versions.c.version + 1)
        if (await self._connection.execute(raised)).rowcount == 0:
            first = versions.insert().values(tenant_id=self._tenant_id, version=1)
            await self._connection.execute(first)
        version = await self.current()
        self._connection.after_commit(partial(then, version))
        return version

    @property
    def _mine(self) -> ColumnElement[bool]:
        return versions.c.tenant_id == self._tenant_id
