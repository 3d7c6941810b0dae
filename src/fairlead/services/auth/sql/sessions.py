"""Sessions, keys and the first start in a relational database."""

from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    Column,
    ColumnElement,
    Index,
    String,
    Table,
    Uuid,
    select,
)
from typing_extensions import override

from fairlead.adapters.sql.connection import Connection
from fairlead.adapters.sql.paging import Keyset
from fairlead.adapters.sql.tables import metadata
from fairlead.adapters.sql.types import UtcDateTime
from fairlead.kernel.paging import Page, PageRequest
from fairlead.kernel.principal import Origin, TenantId
from fairlead.services.auth.domain import PublicKey, RefreshToken, Session, Stage
from fairlead.services.auth.ports import InstallationStore, KeyStore, SessionStore

LONGEST_ADDRESS = 64
LONGEST_AGENT = 256

sessions = Table(
    "auth_sessions",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("tenant_id", Uuid, nullable=False),
    Column("user_id", Uuid, nullable=False),
    Column("user_name", String(63), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime, nullable=True),
    Column("used_at", UtcDateTime, nullable=True),
    Column("address", String(64), nullable=False, server_default=""),
    Column("user_agent", String(256), nullable=False, server_default=""),
    Index("ix_auth_sessions_user_id", "tenant_id", "user_id"),
    Index("ix_auth_sessions_ended_at", "tenant_id", "ended_at"),
    Index("ix_auth_sessions_expires_at", "tenant_id", "expires_at"),
)
refresh_tokens = Table(
    "auth_refresh_tokens",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("tenant_id", Uuid, nullable=False),
    Column("session_id", Uuid, nullable=False),
    Column("seal", String(64), nullable=False),
    Column("issued_at", UtcDateTime, nullable=False),
    Column("spent_at", UtcDateTime, nullable=True),
    Index("ix_auth_refresh_tokens_session_id", "session_id"),
)
keys = Table(
    "auth_keys",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("tenant_id", Uuid, nullable=False),
    Column("x", String(43), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)
installations = Table(
    "auth_installations",
    metadata,
    Column("tenant_id", Uuid, primary_key=True),
    Column("stage", String(20), nullable=False),
)
_NEWEST = Keyset((sessions.c.created_at, sessions.c.id), descending=True)


class SqlSessionStore(SessionStore):
    """Reads and writes `auth_sessions` and `auth_refresh_tokens`."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        """Keep the sessions of `tenant_id`."""
        self._connection = connection
        self._tenant_id = tenant_id

    @override
    async def add(self, session: Session, token: RefreshToken) -> None:
        values = asdict(session) | {
            "tenant_id": self._tenant_id,
            "address": session.address[:LONGEST_ADDRESS],
            "user_agent": session.user_agent[:LONGEST_AGENT],
        }
        await self._connection.execute(sessions.insert().values(**values))
        await self._add_token(token)

    @override
    async def find(self, digest: str) -> tuple[Session, RefreshToken] | None:
        query = select(refresh_tokens).where(*self._token(digest))
        token = (await self._connection.execute(query)).mappings().one_or_none()
        if token is None:
            return None
        query = select(sessions).where(*self._mine(sessions.c.id == token.session_id))
        session = (await self._connection.execute(query)).mappings().one()
        values = {name: token[name] for name in token if name != "tenant_id"}
        return Session(**session), RefreshToken(**values)

    @override
    async def spend(
        self, digest: str, *, at: datetime, following: RefreshToken
    ) -> None:
        await self._connection.execute(
            refresh_tokens.update().where(*self._token(digest)).values(spent_at=at)
        )
        await self._add_token(following)

    @override
    async def see(self, session_id: UUID, *, at: datetime, origin: Origin) -> None:
        seen = {
            "used_at": at,
            "address": origin.address[:LONGEST_ADDRESS],
            "user_agent": origin.user_agent[:LONGEST_AGENT],
        }
        mine = self._mine(sessions.c.id == session_id)
        await self._connection.execute(sessions.update().where(*mine).values(**seen))

    @override
    async def get(self, session_id: UUID) -> Session | None:
        query = select(sessions).where(*self._mine(sessions.c.id == session_id))
        row = (await self._connection.execute(query)).mappings().one_or_none()
        return None if row is None else Session(**row)

    @override
    async def live(
        self, user_id: UUID, *, at: datetime, page: PageRequest
    ) -> Page[Session]:
        query = select(sessions).where(
            *self._mine(
                sessions.c.user_id == user_id,
                sessions.c.ended_at.is_(None),
                sessions.c.expires_at > at,
            )
        )
        rows = await self._connection.execute(_NEWEST.select(query, page))
        return _NEWEST.page(rows.mappings().all(), page, lambda row: Session(**row))

    @override
    async def end(self, session_id: UUID, *, at: datetime) -> None:
        mine = self._mine(sessions.c.id == session_id, sessions.c.ended_at.is_(None))
        await self._connection.execute(
            sessions.update().where(*mine).values(ended_at=at)
        )

    @override
    async def end_all(
        self,
        user_id: UUID,
        *,
        at: datetime,
        begun_by: datetime,
        but: UUID | None = None,
    ) -> tuple[UUID, ...]:
        alive = self._mine(
            sessions.c.user_id == user_id,
            sessions.c.ended_at.is_(None),
            sessions.c.expires_at > at,
            sessions.c.created_at <= begun_by,
        )
        query = select(sessions.c.id).where(*alive).order_by(sessions.c.id)
        found = (await self._connection.execute(query)).scalars().all()
        gone = tuple(each for each in found if each != but)
        for session_id in gone:
            await self.end(session_id, at=at)
        return gone

    @override
    async def ended_since(self, at: datetime) -> tuple[UUID, ...]:
        mine = self._mine(sessions.c.ended_at >= at)
        query = select(sessions.c.id).where(*mine).order_by(sessions.c.id)
        return tuple((await self._connection.execute(query)).scalars().all())

    @override
    async def purge(self, before: datetime) -> None:
        await self._forget(sessions.c.expires_at < before)

    @override
    async def purge_ended(self, before: datetime) -> int:
        return await self._forget(sessions.c.ended_at < before)

    async def _forget(self, which: ColumnElement[bool]) -> int:
        gone = self._mine(which)
        ids = select(sessions.c.id).where(*gone)
        await self._connection.execute(
            refresh_tokens.delete().where(refresh_tokens.c.session_id.in_(ids))
        )
        deleted = await self._connection.execute(sessions.delete().where(*gone))
        return int(deleted.rowcount)

    async def _add_token(self, token: RefreshToken) -> None:
        values = asdict(token) | {"tenant_id": self._tenant_id}
        await self._connection.execute(refresh_tokens.insert().values(**values))

    def _token(self, digest: str) -> tuple[ColumnElement[bool], ...]:
        return (
            refresh_tokens.c.tenant_id == self._tenant_id,
            refresh_tokens.c.digest == digest,
        )

    def _mine(self, *also: ColumnElement[bool]) -> tuple[ColumnElement[bool], ...]:
        return (sessions.c.tenant_id == self._tenant_id, *also)


class SqlKeyStore(KeyStore):
    """Reads and writes `auth_keys`; the secrets are elsewhere."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        """Keep the keys of `tenant_id`."""
        self._connection = connection
        self._tenant_id = tenant_id

    @override
    async def all(self) -> tuple[PublicKey, ...]:
        query = (
            select(keys.c.id, keys.c.x, keys.c.created_at)
            .where(keys.c.tenant_id == self._tenant_id)
            .order_by(keys.c.created_at.desc(), keys.c.id.desc())
        )
        rows = (await self._connection.execute(query)).mappings()
        return tuple(PublicKey(**row) for row in rows)

    @override
    async def add(self, key: PublicKey) -> None:
        values = asdict(key) | {"tenant_id": self._tenant_id}
        await self._connection.execute(keys.insert().values(**values))

    @override
    async def remove(self, key_id: str) -> None:
        mine = (keys.c.tenant_id == self._tenant_id, keys.c.id == key_id)
        await self._connection.execute(keys.delete().where(*mine))


class SqlInstallationStore(InstallationStore):
    """Reads and writes `auth_installations`."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        """Keep the stage of `tenant_id`."""
        self._connection = connection
        self._tenant_id = tenant_id

    @override
    async def stage(self) -> Stage | None:
        query = select(installations.c.stage).where(self._mine())
        found = (await self._connection.execute(query)).scalar_one_or_none()
        return None if found is None else Stage(found)

    @override
    async def reach(self, stage: Stage) -> None:
        moved = await self._connection.execute(
            installations.update().where(self._mine()).values(stage=stage.value)
        )
        if moved.rowcount == 0:
            await self._connection.execute(
                installations.insert().values(
                    tenant_id=self._tenant_id, stage=stage.value
                )
            )

    def _mine(self) -> ColumnElement[bool]:
        return installations.c.tenant_id == self._tenant_id
