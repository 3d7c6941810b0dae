"""Bindings in a relational database."""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Column,
    ColumnElement,
    Index,
    RowMapping,
    Select,
    String,
    Table,
    UniqueConstraint,
    Uuid,
    literal,
    or_,
    select,
    union_all,
)
from sqlalchemy.exc import IntegrityError
from typing_extensions import override

from fairlead.adapters.sql.connection import Connection
from fairlead.adapters.sql.errors import violates
from fairlead.adapters.sql.paging import Keyset
from fairlead.adapters.sql.reach import reached
from fairlead.adapters.sql.tables import metadata
from fairlead.adapters.sql.types import UtcDateTime
from fairlead.kernel.paging import Page, PageRequest
from fairlead.kernel.principal import TenantId
from fairlead.services.authz.domain import ids_in
from fairlead.services.authz.ports import BindingStore, Wanted
from fairlead.services.authz.public import Binding, HolderKind
from fairlead.services.authz.sql.groups import groups_of

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
    Column("principal_kind", String(10), nullable=False, server_default="user"),
    Column("project_id", Uuid),
    Column("environment_id", Uuid),
    one_each,
    Index(
        "ix_authz_bindings_holders",
        "tenant_id",
        "role",
        "scope",
        "principal_name",
        "principal_id",
    ),
    Index("ix_authz_bindings_name", "tenant_id", "principal_name", "id"),
    Index("ix_authz_bindings_in_role", "tenant_id", "role", "principal_name", "id"),
    Index("ix_authz_bindings_in_scope", "tenant_id", "scope", "principal_name", "id"),
)
_COLUMNS = tuple(
    bindings.c[name]
    for name in (
        "id",
        "principal_id",
        "principal_name",
        "principal_kind",
        "role",
        "scope",
        "created_at",
    )
)
_BY_NAME = Keyset((bindings.c.principal_name, bindings.c.id))


class SqlBindingStore(BindingStore):
    """Reads and writes `authz_bindings`; reads who is in which group.

    What is short is sorted here: an ORDER BY tempts SQLite to go through all bindings
    of the tenant in that order instead of looking for the few.
    """

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        """Keep the bindings of `tenant_id`."""
        self._connection = connection
        self._tenant_id = tenant_id

    @override
    async def list(self, wanted: Wanted, page: PageRequest) -> Page[Binding]:
        query = _BY_NAME.select(self._query(*self._conditions(wanted)), page)
        rows = (await self._connection.execute(query)).mappings().all()
        return _BY_NAME.page(rows, page, _binding)

    @override
    async def held_by(self, holder_id: UUID) -> tuple[Binding, ...]:
        return await self._of_scopes(bindings.c.principal_id == holder_id)

    @override
    async def rights_of(self, user_id: UUID) -> tuple[Binding, ...]:
        return await self._of_scopes(self._helps(user_id))

    @override
    async def holders(self, roles: AbstractSet[str], scope: str) -> tuple[Binding, ...]:
        named = bindings.c.role.in_(sorted(roles))
        found = await self._read(self._query(named, bindings.c.scope == scope))
        return tuple(sorted(found, key=lambda each: (each.principal_name, each.id)))

    @override
    async def bound(self, role: str) -> bool:
        query = self._query(bindings.c.role == role).limit(1)
        return bool(await self._read(query))

    @override
    async def find(self, binding_id: UUID) -> Binding | None:
        found = await self._read(self._query(bindings.c.id == binding_id))
        return found[0] if found else None

    @override
    async def add(self, binding: Binding) -> Binding:
        project, environment = ids_in(binding.scope)
        values = {column.name: getattr(binding, column.name) for column in _COLUMNS}
        values |= {
            "tenant_id": self._tenant_id,
            "principal_kind": binding.principal_kind.value,
            "project_id": project,
            "environment_id": environment,
        }
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
        gone = await self._read(self._query(within))
        await self._connection.execute(
            bindings.delete().where(bindings.c.tenant_id == self._tenant_id, within)
        )
        return gone

    def _conditions(self, wanted: Wanted) -> Iterator[ColumnElement[bool]]:
        yield reached(
            wanted.reach,
            project=bindings.c.project_id,
            environment=bindings.c.environment_id,
        )
        if wanted.holders is not None:
            yield bindings.c.principal_name.in_(sorted(set(wanted.holders.values())))
            yield bindings.c.principal_id.in_(sorted(wanted.holders))
        if wanted.role is not None:
            yield bindings.c.role == wanted.role
        if wanted.scope is not None:
            yield bindings.c.scope == wanted.scope

    def _helps(self, user_id: UUID) -> ColumnElement[bool]:
        """Return the condition under which a binding gives a user rights.

        One IN, for which the index serves; with an OR, all of the tenant's are read.
        """
        themselves = select(literal(user_id, Uuid()))
        holders = union_all(themselves, groups_of(self._tenant_id, user_id))
        return bindings.c.principal_id.in_(holders)

    def _query(self, *conditions: ColumnElement[bool]) -> Select[Any]:
        mine = bindings.c.tenant_id == self._tenant_id
        return select(*_COLUMNS).where(mine, *conditions)

    async def _of_scopes(self, condition: ColumnElement[bool]) -> tuple[Binding, ...]:
        found = await self._read(self._query(condition))
        return tuple(sorted(found, key=lambda each: (each.scope, each.role, each.id)))

    async def _read(self, query: Select[Any]) -> tuple[Binding, ...]:
        rows = (await self._connection.execute(query)).mappings()
        return tuple(_binding(row) for row in rows)

    async def _same(self, binding: Binding) -> Binding:
        query = self._query(
            bindings.c.principal_id == binding.principal_id,
            bindings.c.role == binding.role,
            bindings.c.scope == binding.scope,
        )
        return (await self._read(query))[0]


def _binding(row: RowMapping) -> Binding:
    return Binding(**{**row, "principal_kind": HolderKind(row["principal_kind"])})
