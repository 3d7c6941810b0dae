"""The identities of running steps in a relational database."""

from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    Column,
    ColumnElement,
    Index,
    String,
    Table,
    UniqueConstraint,
    Uuid,
    select,
)
from typing_extensions import override

from fairlead.adapters.sql.connection import Connection
from fairlead.adapters.sql.tables import metadata
from fairlead.adapters.sql.types import UtcDateTime
from fairlead.kernel.principal import TenantId
from fairlead.services.auth.domain.runs import RunIdentity
from fairlead.services.auth.ports import RunIdentityStore

identities = Table(
    "auth_run_identities",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("tenant_id", Uuid, nullable=False),
    Column("key", String(300), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("operation_id", Uuid, nullable=False),
    Column("project_id", Uuid, nullable=False),
    Column("project", String(200), nullable=False),
    Column("environment", String(200), nullable=False),
    Column("step", String(300), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    UniqueConstraint("tenant_id", "digest"),
    UniqueConstraint("tenant_id", "key"),
    Index("ix_auth_run_identities_operation_id", "tenant_id", "operation_id"),
    Index("ix_auth_run_identities_expires_at", "tenant_id", "expires_at"),
)


class SqlRunIdentityStore(RunIdentityStore):
    """Reads and writes `auth_run_identities`."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        """Keep the identities of `tenant_id`."""
        self._connection = connection
        self._tenant_id = tenant_id

    @override
    async def add(self, identity: RunIdentity) -> None:
        values = asdict(identity) | {"tenant_id": self._tenant_id}
        await self._connection.execute(identities.insert().values(**values))

    @override
    async def get(self, identity_id: UUID) -> RunIdentity | None:
        return await self._one(identities.c.id == identity_id)

    @override
    async def by_digest(self, digest: str) -> RunIdentity | None:
        return await self._one(identities.c.digest == digest)

    @override
    async def drop(self, key: str) -> None:
        await self._drop(identities.c.key == key)

    @override
    async def drop_all(self, operation_id: UUID) -> None:
        await self._drop(identities.c.operation_id == operation_id)

    @override
    async def purge(self, before: datetime) -> None:
        await self._drop(identities.c.expires_at <= before)

    async def _one(self, which: ColumnElement[bool]) -> RunIdentity | None:
        query = select(identities).where(*self._mine(which))
        row = (await self._connection.execute(query)).mappings().one_or_none()
        return None if row is None else RunIdentity(**row)

    async def _drop(self, which: ColumnElement[bool]) -> None:
        await self._connection.execute(identities.delete().where(*self._mine(which)))

    def _mine(self, *also: ColumnElement[bool]) -> tuple[ColumnElement[bool], ...]:
        return (identities.c.tenant_id == self._tenant_id, *also)
