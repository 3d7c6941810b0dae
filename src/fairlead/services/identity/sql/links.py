"""Tokens that were sent, in a relational database."""

from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    Column,
    ColumnElement,
    Index,
    RowMapping,
    String,
    Table,
    Uuid,
    and_,
    select,
)
from typing_extensions import override

from fairlead.adapters.sql.connection import Connection
from fairlead.adapters.sql.tables import metadata
from fairlead.adapters.sql.types import UtcDateTime
from fairlead.kernel.principal import TenantId
from fairlead.services.identity.domain import Link, Purpose
from fairlead.services.identity.ports import LinkStore

links = Table(
    "identity_links",
    metadata,
    Column("tenant_id", Uuid, primary_key=True),
    Column("user_id", Uuid, primary_key=True),
    Column("purpose", String(16), primary_key=True),
    Column("digest", String(64), nullable=False),
    Column("email", String(254), nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Index("uq_identity_links_digest", "tenant_id", "digest", unique=True),
    Index("ix_identity_links_expires_at", "tenant_id", "expires_at"),
)


class SqlLinkStore(LinkStore):
    """Reads and writes `identity_links`."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        """Keep the tokens of `tenant_id`."""
        self._connection = connection
        self._tenant_id = tenant_id

    @override
    async def find(self, digest: str, purpose: Purpose) -> Link | None:
        query = select(links).where(
            self._mine(links.c.digest == digest, links.c.purpose == purpose.value)
        )
        row = (await self._connection.execute(query)).mappings().one_or_none()
        return None if row is None else _link(row)

    @override
    async def save(self, link: Link) -> None:
        await self._remove(
            links.c.user_id == link.user_id, links.c.purpose == link.purpose.value
        )
        values = asdict(link) | {
            "tenant_id": self._tenant_id,
            "purpose": link.purpose.value,
        }
        await self._connection.execute(links.insert().values(**values))

    @override
    async def take(self, digest: str, purpose: Purpose) -> Link | None:
        link = await self.find(digest, purpose)
        gone = await self._remove(
            links.c.digest == digest, links.c.purpose == purpose.value
        )
        return link if gone else None

    @override
    async def drop(self, user_id: UUID, purpose: Purpose | None = None) -> None:
        which = [links.c.user_id == user_id]
        if purpose is not None:
            which.append(links.c.purpose == purpose.value)
        await self._remove(*which)

    @override
    async def purge(self, before: datetime) -> None:
        await self._remove(links.c.expires_at < before)

    async def _remove(self, *which: ColumnElement[bool]) -> int:
        statement = links.delete().where(self._mine(*which))
        return int((await self._connection.execute(statement)).rowcount)

    def _mine(self, *also: ColumnElement[bool]) -> ColumnElement[bool]:
        return and_(links.c.tenant_id == self._tenant_id, *also)


def _link(row: RowMapping) -> Link:
    return Link(
        user_id=row["user_id"],
        purpose=Purpose(row["purpose"]),
        digest=row["digest"],
        email=row["email"],
        expires_at=row["expires_at"],
    )
