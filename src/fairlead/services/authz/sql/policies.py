"""Policies in a relational database."""

from dataclasses import asdict
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ColumnElement,
    Integer,
    RowMapping,
    Select,
    String,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    func,
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
from fairlead.services.authz.ports import PolicyStore
from fairlead.services.authz.public import Policy, PolicyNameTaken

one_name = UniqueConstraint("tenant_id", "name")
policies = Table(
    "authz_policies",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("tenant_id", Uuid, nullable=False),
    Column("name", String(63), nullable=False),
    Column("summary", String(200), nullable=False),
    Column("text", Text, nullable=False),
    Column("permissions", JSON, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    one_name,
)
KEYSET = Keyset((policies.c.name,))


class SqlPolicyStore(PolicyStore):
    """Reads and writes `authz_policies`."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        """Keep the policies of `tenant_id`."""
        self._connection = connection
        self._tenant_id = tenant_id

    @override
    async def list(self, page: PageRequest) -> Page[Policy]:
        found = await self._connection.execute(KEYSET.select(self._query(), page))
        return KEYSET.page(found.mappings().all(), page, _policy)

    @override
    async def enabled(self) -> tuple[Policy, ...]:
        query = self._query().where(policies.c.enabled).order_by(policies.c.name)
        rows = (await self._connection.execute(query)).mappings()
        return tuple(_policy(row) for row in rows)

    @override
    async def count(self) -> int:
        query = select(func.count()).select_from(policies).where(self._mine)
        return int((await self._connection.execute(query)).scalar_one())

    @override
    async def find(self, name: str) -> Policy | None:
        query = self._query().where(policies.c.name == name)
        row = (await self._connection.execute(query)).mappings().first()
        return None if row is None else _policy(row)

    @override
    async def add(self, policy: Policy) -> None:
        values = _row(policy) | {"tenant_id": self._tenant_id}
        try:
            await self._connection.execute(policies.insert().values(**values))
        except IntegrityError as error:
            if not violates(error, one_name):
                raise
            raise PolicyNameTaken(
                f"There is a policy '{policy.name}' already; choose another name.",
                policy=policy.name,
            ) from error

    @override
    async def save(self, policy: Policy) -> bool:
        before = (
            policies.c.id == policy.id,
            policies.c.version == policy.version - 1,
        )
        changed = policies.update().where(self._mine, *before).values(**_row(policy))
        return bool((await self._connection.execute(changed)).rowcount)

    @override
    async def remove(self, name: str) -> bool:
        gone = policies.delete().where(self._mine, policies.c.name == name)
        return bool((await self._connection.execute(gone)).rowcount)

    @property
    def _mine(self) -> ColumnElement[bool]:
        return policies.c.tenant_id == self._tenant_id

    def _query(self) -> Select[*tuple[Any, ...]]:
        return select(*_COLUMNS).where(self._mine)


def _row(policy: Policy) -> dict[str, Any]:
    return asdict(policy) | {"permissions": sorted(policy.permissions)}


def _policy(row: RowMapping) -> Policy:
    return Policy(**{**row, "permissions": frozenset(row["permissions"])})


_COLUMNS = [column for column in policies.c if column is not policies.c.tenant_id]
