"""Groups and their members in a relational database."""

from dataclasses import asdict
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
    func,
    literal,
    select,
)
from sqlalchemy.exc import IntegrityError
from typing_extensions import override

from fairlead.adapters.sql.connection import Connection
from fairlead.adapters.sql.errors import violates
from fairlead.adapters.sql.paging import Keyset
from fairlead.adapters.sql.tables import metadata
from fairlead.adapters.sql.types import UtcDateTime
from fairlead.kernel.paging import Page, PageRequest
from fairlead.kernel.principal import TenantId
from fairlead.services.authz.ports import GroupStore
from fairlead.services.authz.public import Group, GroupNameTaken, Member

one_name = UniqueConstraint("tenant_id", "name")
groups = Table(
    "authz_groups",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("tenant_id", Uuid, nullable=False),
    Column("name", String(40), nullable=False),
    Column("summary", String(200), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    one_name,
)
members = Table(
    "authz_members",
    metadata,
    Column("tenant_id", Uuid, primary_key=True),
    Column("group_id", Uuid, primary_key=True),
    Column("user_id", Uuid, primary_key=True),
    Column("user_name", String(63), nullable=False),
    Column("since", UtcDateTime, nullable=False),
    Index("ix_authz_members_user", "tenant_id", "user_id", "group_id"),
    Index("ix_authz_members_name", "tenant_id", "group_id", "user_name", "user_id"),
)
_BY_NAME = Keyset((groups.c.name,))
_MEMBERS_BY_NAME = Keyset((members.c.user_name, members.c.user_id))
_COUNT = (
    select(func.count())
    .select_from(members)
    .where(members.c.tenant_id == groups.c.tenant_id, members.c.group_id == groups.c.id)
    .scalar_subquery()
)


def groups_of(tenant_id: TenantId, user_id: UUID) -> Select[Any]:
    """Return the query for the ids of the groups a user is in."""
    return select(members.c.group_id).where(
        members.c.tenant_id == tenant_id, members.c.user_id == user_id
    )


class SqlGroupStore(GroupStore):
    """Reads and writes `authz_groups` and `authz_members`."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        """Keep the groups of `tenant_id`."""
        self._connection = connection
        self._tenant_id = tenant_id

    @override
    async def list(self, page: PageRequest) -> Page[Group]:
        query = _BY_NAME.select(self._query(_COUNT), page)
        rows = (await self._connection.execute(query)).mappings().all()
        return _BY_NAME.page(rows, page, _group)

    @override
    async def find(self, name: str) -> Group | None:
        query = self._query(_COUNT).where(groups.c.name == name)
        row = (await self._connection.execute(query)).mappings().one_or_none()
        return None if row is None else _group(row)

    @override
    async def add(self, group: Group) -> None:
        statement = groups.insert().values(
            id=group.id,
            tenant_id=self._tenant_id,
            name=group.name,
            summary=group.summary,
            created_at=group.created_at,
        )
        try:
            await self._connection.execute(statement)
        except IntegrityError as error:
            if not violates(error, one_name):
                raise
            raise GroupNameTaken(
                f"There is a group '{group.name}' already.", group=group.name
            ) from error

    @override
    async def describe(self, group_id: UUID, summary: str) -> None:
        statement = groups.update().where(*self._mine(group_id))
        await self._connection.execute(statement.values(summary=summary))

    @override
    async def remove(self, group_id: UUID) -> None:
        await self._connection.execute(members.delete().where(*self._in(group_id)))
        await self._connection.execute(groups.delete().where(*self._mine(group_id)))

    @override
    async def members(self, group_id: UUID, page: PageRequest) -> Page[Member]:
        query = select(members.c.user_id, members.c.user_name, members.c.since)
        query = _MEMBERS_BY_NAME.select(query.where(*self._in(group_id)), page)
        rows = (await self._connection.execute(query)).mappings().all()
        return _MEMBERS_BY_NAME.page(rows, page, lambda row: Member(**row))

    @override
    async def join(self, group_id: UUID, member: Member) -> bool:
        there = select(members.c.user_id).where(
            *self._in(group_id), members.c.user_id == member.user_id
        )
        if (await self._connection.execute(there)).first() is not None:
            return False
        values = asdict(member) | {"tenant_id": self._tenant_id, "group_id": group_id}
        await self._connection.execute(members.insert().values(**values))
        return True

    @override
    async def leave(self, group_id: UUID, user_id: UUID) -> bool:
        statement = members.delete().where(
            *self._in(group_id), members.c.user_id == user_id
        )
        return (await self._connection.execute(statement)).rowcount > 0

    @override
    async def of(self, user_id: UUID) -> tuple[Group, ...]:
        there = (members.c.tenant_id == self._tenant_id, members.c.user_id == user_id)
        query = self._query(literal(0))
        query = query.join(members, members.c.group_id == groups.c.id).where(*there)
        rows = (await self._connection.execute(query)).mappings().all()
        # sorted here: an ORDER BY tempts SQLite to go through all groups by name
        return tuple(_group(row) for row in sorted(rows, key=lambda row: row["name"]))

    def _query(self, count: ColumnElement[int]) -> Select[Any]:
        query = select(
            groups.c.id,
            groups.c.name,
            groups.c.summary,
            groups.c.created_at,
            count.label("members"),
        )
        return query.where(groups.c.tenant_id == self._tenant_id)

    def _mine(self, group_id: UUID) -> tuple[ColumnElement[bool], ...]:
        return (groups.c.tenant_id == self._tenant_id, groups.c.id == group_id)

    def _in(self, group_id: UUID) -> tuple[ColumnElement[bool], ...]:
        return (
            members.c.tenant_id == self._tenant_id,
            members.c.group_id == group_id,
        )


def _group(row: RowMapping) -> Group:
    return Group(
        id=row["id"],
        name=row["name"],
        summary=row["summary"],
        members=row["members"],
        created_at=row["created_at"],
    )
