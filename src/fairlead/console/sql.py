"""Browser sessions in a relational database."""

from datetime import datetime

from sqlalchemy import Column, Index, LargeBinary, String, Table, Uuid, select
from typing_extensions import override

from fairlead.adapters.sql.connection import Connection
from fairlead.adapters.sql.tables import metadata
from fairlead.adapters.sql.types import UtcDateTime
from fairlead.console.sessions import BrowserSession, BrowserSessionStore
from fairlead.kernel.principal import TenantId

sessions = Table(
    "console_sessions",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("tenant_id", Uuid, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Index("ix_console_sessions_expires", "tenant_id", "expires_at"),
)


class SqlBrowserSessionStore(BrowserSessionStore):
    """Reads and writes the `console_sessions` table; the unit of work commits."""

    def __init__(self, connection: Connection, tenant: TenantId) -> None:
        """Use the scope's `connection`, for one tenant."""
        self._connection = connection
        self._tenant = tenant

    @override
    async def find(self, digest: str) -> BrowserSession | None:
        query = select(
            sessions.c.digest,
            sessions.c.sealed,
            sessions.c.created_at,
            sessions.c.expires_at,
        ).where(sessions.c.digest == digest, sessions.c.tenant_id == self._tenant)
        row = (await self._connection.execute(query)).mappings().one_or_none()
        return None if row is None else BrowserSession(**row)

    @override
    async def save(self, session: BrowserSession) -> None:
        await self.drop(session.digest)
        statement = sessions.insert().values(
            digest=session.digest,
            tenant_id=self._tenant,
            sealed=session.sealed,
            created_at=session.created_at,
            expires_at=session.expires_at,
        )
        await self._connection.execute(statement)

    @override
    async def drop(self, digest: str) -> None:
        statement = sessions.delete().where(
            sessions.c.digest == digest, sessions.c.tenant_id == self._tenant
        )
        await self._connection.execute(statement)

    @override
    async def drop_expired(self, now: datetime) -> None:
        statement = sessions.delete().where(
            sessions.c.tenant_id == self._tenant, sessions.c.expires_at <= now
        )
        await self._connection.execute(statement)
