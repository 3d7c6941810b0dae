"""API keys in a relational database."""

from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Column,
    ColumnElement,
    Index,
    Integer,
    RowMapping,
    String,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    or_,
    select,
)
from typing_extensions import override

from fairlead.adapters.sql.connection import Connection
from fairlead.adapters.sql.paging import Keyset
from fairlead.adapters.sql.tables import metadata
from fairlead.adapters.sql.types import UtcDateTime
from fairlead.kernel.paging import Page, PageRequest
from fairlead.kernel.principal import TenantId
from fairlead.services.auth.domain.api_keys import ApiKey
from fairlead.services.auth.ports import ApiKeyStore

LONGEST_ADDRESS = 64

api_keys = Table(
    "auth_api_keys",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("tenant_id", Uuid, nullable=False),
    Column("owner_id", Uuid, nullable=False),
    Column("owner_name", String(63), nullable=False),
    Column("name", String(63), nullable=False),
    Column("prefix", String(10), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("scopes", Text, nullable=False),
    Column("projects", Text, nullable=False),
    Column("networks", Text, nullable=False),
    Column("per_minute", Integer, nullable=False),
    Column("at_once", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("previous_digest", String(64), nullable=False),
    Column("previous_until", UtcDateTime, nullable=True),
    Column("used_at", UtcDateTime, nullable=True),
    Column("used_address", String(LONGEST_ADDRESS), nullable=False),
    Column("revoked_at", UtcDateTime, nullable=True),
    UniqueConstraint("tenant_id", "prefix"),
    Index("ix_auth_api_keys_created_at", "tenant_id", "created_at", "id"),
    Index("ix_auth_api_keys_owner_id", "tenant_id", "owner_id", "created_at", "id"),
)
_NEWEST = Keyset((api_keys.c.created_at, api_keys.c.id), descending=True)
_LISTS = ("scopes", "projects", "networks")


class SqlApiKeyStore(ApiKeyStore):
    """Reads and writes `auth_api_keys`; lists are words with spaces between."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        """Keep the keys of `tenant_id`."""
        self._connection = connection
        self._tenant_id = tenant_id

    @override
    async def add(self, key: ApiKey) -> None:
        await self._connection.execute(api_keys.insert().values(**self._row(key)))

    @override
    async def save(self, key: ApiKey) -> None:
        mine = self._mine(api_keys.c.id == key.id)
        await self._connection.execute(
            api_keys.update().where(*mine).values(**self._row(key))
        )

    @override
    async def get(self, key_id: UUID) -> ApiKey | None:
        return await self._one(api_keys.c.id == key_id)

    @override
    async def by_prefix(self, prefix: str) -> ApiKey | None:
        return await self._one(api_keys.c.prefix == prefix)

    @override
    async def kept(self, owner_id: UUID | None, *, page: PageRequest) -> Page[ApiKey]:
        wanted: list[ColumnElement[bool]] = [api_keys.c.revoked_at.is_(None)]
        if owner_id is not None:
            wanted.append(api_keys.c.owner_id == owner_id)
        query = select(api_keys).where(*self._mine(*wanted))
        rows = await self._connection.execute(_NEWEST.select(query, page))
        return _NEWEST.page(rows.mappings().all(), page, _key)

    @override
    async def see(self, key_id: UUID, *, at: datetime, address: str) -> None:
        seen = {"used_at": at, "used_address": address[:LONGEST_ADDRESS]}
        mine = self._mine(api_keys.c.id == key_id)
        await self._connection.execute(api_keys.update().where(*mine).values(**seen))

    @override
    async def purge(self, before: datetime) -> int:
        over = or_(api_keys.c.expires_at < before, api_keys.c.revoked_at < before)
        mine = self._mine(over)
        gone = await self._connection.execute(api_keys.delete().where(*mine))
        return int(gone.rowcount)

    async def _one(self, which: ColumnElement[bool]) -> ApiKey | None:
        query = select(api_keys).where(*self._mine(which))
        row = (await self._connection.execute(query)).mappings().one_or_none()
        return None if row is None else _key(row)

    def _row(self, key: ApiKey) -> dict[str, Any]:
        lists = {name: " ".join(map(str, getattr(key, name))) for name in _LISTS}
        return asdict(key) | lists | {"tenant_id": self._tenant_id}

    def _mine(self, *also: ColumnElement[bool]) -> tuple[ColumnElement[bool], ...]:
        return (api_keys.c.tenant_id == self._tenant_id, *also)


def _key(row: RowMapping) -> ApiKey:
    values = dict(row) | {name: tuple(row[name].split()) for name in _LISTS}
    values["projects"] = tuple(UUID(each) for each in values["projects"])
    return ApiKey(**values)
