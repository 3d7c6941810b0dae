"""Bindings in a relational database."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Column,
    Index,
    Integer,
    Select,
    String,
    Table,
    UniqueConstraint,
    Uuid,
    or_,
    select,
)
from sqlalchemy.exc import IntegrityError
from typing_extensions import override

from fairlead.adapters.sql.connection import Connection
from fairlead.adapters.sql.errors import violates
from fairlead.adapters.sql.tables import metadata
from fairlead.adapters.sql.types import UtcDateTime
from fairlead.kernel.principal import TenantId
from fairlead.services.authz.ports import BindingStore
from fairlead.services.authz.public import Binding

one_each = UniqueConstraint("tenant_id", "principal_id", "role", "scope")
bindings = Table(
    "authz_bindings",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("tenant_id", Uuid, nullable=False),
    Column("principal_id", Uuid, nullable=False),
    Column("principal_name", String(63), nullable=False),
    Column("role", String(63), nullable=False),
    Column("scope", String(140), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    one_each,
    Index("ix_authz_bindings_role", "tenant_id", "role", "scope"),
)
versions = Table(
    "authz_versions",
    metadata,
    Column("tenant_id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
)


class SqlBindingStore(BindingStore):
    """Reads and writes `authz_bindings` and `authz_versions`."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        """Keep the bindings of `tenant_id`."""
        self._connection = connection
        self._tenant_id = tenant_id

    @override
    async def all(self) -> tuple[Binding, ...]:
        return await self._read(self._query().order_by(*_BY_NAME))

    @override
    async def held_by(self, principal_id: UUID) -> tuple[Binding, ...]:
        query = self._query().where(bindings.c.principal_id == principal_id)
        return await self._read(query.order_by(bindings.c.scope, bindings.c.role))

    @override
    async def holders(self, role: str, scope: str) -> tuple[Binding, ...]:
        query = self._query().where(bindings.c.role == role, bindings.c.scope == scope)
        return await self._read(query.order_by(*_BY_NAME))

    @override
    async def find(self, binding_id: UUID) -> Binding | None:
        found = await self._read(self._query().where(bindings.c.id == binding_id))
        return found[0] if found else None

    @override
    async def add(self, binding: Binding) -> Binding:
        values = asdict(binding) | {"tenant_id": self._tenant_id}
        try:
            await self._connection.execute(bindings.insert().values(**values))
        except IntegrityError as error:
            if not violates(error, one_each):
                raise
            return await self._same(binding)
        return binding

    @override
    async def remove(self, binding_id: UUID) -> None:
        await self._connection.execute(
            bindings.delete()
            .where(bindings.c.tenant_id == self._tenant_id)
            .where(bindings.c.id == binding_id)
        )

    @override
    async def remove_within(self, scope: str) -> tuple[Binding, ...]:
        within = or_(
            bindings.c.scope == scope,
            bindings.c.scope.startswith(f"{scope}/", autoescape=True),
        )
        gone = await self._read(self._query().where(within))
        await self._connection.execute(
            bindings.delete().where(bindings.c.tenant_id == self._tenant_id, within)
        )
        return gone

    @override
    async def bump(self, then: Callable[[], None]) -> int:
        mine = versions.c.tenant_id == self._tenant_id
        raised = versions.update().where(mine).values(version=versions.c.version + 1)
        if (await self._connection.execute(raised)).rowcount == 0:
            first = versions.insert().values(tenant_id=self._tenant_id, version=1)
            await self._connection.execute(first)
        self._connection.after_commit(then)
        found = await self._connection.execute(select(versions.c.version).where(mine))
        return int(found.scalar_one())

    def _query(self) -> Select[*tuple[Any, ...]]:
        return select(*_COLUMNS).where(bindings.c.tenant_id == self._tenant_id)

    async def _read(self, query: Select[*tuple[Any, ...]]) -> tuple[Binding, ...]:
        rows = (await self._connection.execute(query)).mappings()
        return tuple(Binding(**row) for row in rows)

    async def _same(self, binding: Binding) -> Binding:
        query = self._query().where(
            bindings.c.principal_id == binding.principal_id,
            bindings.c.role == binding.role,
            bindings.c.scope == binding.scope,
        )
        return (await self._read(query))[0]


_COLUMNS = [column for column in bindings.c if column is not bindings.c.tenant_id]
_BY_NAME = (bindings.c.principal_name, bindings.c.scope, bindings.c.role)
