"""Own roles in a relational database."""

from sqlalchemy import JSON, Column, String, Table, Uuid, select
from typing_extensions import override

from fairlead.adapters.sql.connection import Connection
from fairlead.adapters.sql.tables import metadata
from fairlead.kernel.principal import TenantId
from fairlead.services.authz.domain import OwnRole
from fairlead.services.authz.ports import RoleStore
from fairlead.services.authz.public import RoleNameTaken

roles = Table(
    "authz_roles",
    metadata,
    Column("tenant_id", Uuid, primary_key=True),
    Column("name", String(40), primary_key=True),
    Column("summary", String(200), nullable=False),
    Column("permissions", JSON, nullable=False),
)
includes = Table(
    "authz_role_includes",
    metadata,
    Column("tenant_id", Uuid, primary_key=True),
    Column("role", String(40), primary_key=True),
    Column("included", String(40), primary_key=True),
)


class SqlRoleStore(RoleStore):
    """Reads and writes `authz_roles` and `authz_role_includes`."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        """Keep the roles of `tenant_id`."""
        self._connection = connection
        self._tenant_id = tenant_id

    @override
    async def all(self) -> tuple[OwnRole, ...]:
        query = select(roles).where(roles.c.tenant_id == self._tenant_id)
        rows = (await self._connection.execute(query.order_by(roles.c.name))).all()
        if not rows:
            return ()
        included: dict[str, set[str]] = {}
        others = select(includes).where(includes.c.tenant_id == self._tenant_id)
        for row in await self._connection.execute(others):
            included.setdefault(row.role, set()).add(row.included)
        return tuple(
            OwnRole(
                name=row.name,
                summary=row.summary,
                permissions=frozenset(row.permissions),
                includes=frozenset(included.get(row.name, ())),
            )
            for row in rows
        )

    @override
    async def add(self, role: OwnRole) -> None:
        mine = (roles.c.tenant_id == self._tenant_id, roles.c.name == role.name)
        there = await self._connection.execute(select(roles.c.name).where(*mine))
        if there.first() is not None:
            raise RoleNameTaken(
                f"There is a role '{role.name}' already.", role=role.name
            )
        statement = roles.insert().values(
            tenant_id=self._tenant_id,
            name=role.name,
            summary=role.summary,
            permissions=sorted(role.permissions),
        )
        await self._connection.execute(statement)
        await self._include(role)

    @override
    async def save(self, role: OwnRole) -> None:
        statement = (
            roles.update()
            .where(roles.c.tenant_id == self._tenant_id, roles.c.name == role.name)
            .values(summary=role.summary, permissions=sorted(role.permissions))
        )
        if (await self._connection.execute(statement)).rowcount:
            await self._exclude(role.name)
            await self._include(role)

    @override
    async def remove(self, name: str) -> None:
        await self._exclude(name)
        await self._connection.execute(
            roles.delete().where(
                roles.c.tenant_id == self._tenant_id, roles.c.name == name
            )
        )

    async def _include(self, role: OwnRole) -> None:
        rows = [
            {"tenant_id": self._tenant_id, "role": role.name, "included": each}
            for each in sorted(role.includes)
        ]
        if rows:
            await self._connection.execute_many(includes.insert(), rows)

    async def _exclude(self, name: str) -> None:
        await self._connection.execute(
            includes.delete().where(
                includes.c.tenant_id == self._tenant_id, includes.c.role == name
            )
        )
