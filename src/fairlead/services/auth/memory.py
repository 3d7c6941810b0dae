"""Sessions, keys and the first start in memory, for tests."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from typing_extensions import override

from fairlead.kernel.paging import BadPage, Page, PageRequest
from fairlead.kernel.principal import Origin
from fairlead.services.auth.domain import PublicKey, RefreshToken, Session, Stage
from fairlead.services.auth.domain.api_keys import ApiKey
from fairlead.services.auth.domain.runs import RunIdentity
from fairlead.services.auth.ports import (
    ApiKeyStore,
    InstallationStore,
    KeySafe,
    KeyStore,
    RunIdentityStore,
    SessionStore,
)

T = TypeVar("T")


def paged(
    items: list[T], page: PageRequest, *, key: Callable[[T], tuple[datetime, UUID]]
) -> Page[T]:
    """Return a page of `items`, newest first; a cursor is the id of the last one."""
    newest = sorted(items, key=key, reverse=True)
    ids = [str(key(each)[1]) for each in newest]
    if page.after is not None and page.after not in ids:
        raise BadPage("Use a cursor from 'next' of the page before.")
    start = 0 if page.after is None else ids.index(page.after) + 1
    found = newest[start : start + page.limit]
    more = start + page.limit < len(newest)
    return Page(items=tuple(found), next=str(key(found[-1])[1]) if more else None)


class MemorySessionStore(SessionStore):
    """Keeps sessions and tokens of one tenant in dicts."""

    def __init__(self) -> None:
        """Start empty."""
        self.sessions: dict[UUID, Session] = {}
        self.tokens: dict[str, RefreshToken] = {}

    @override
    async def add(self, session: Session, token: RefreshToken) -> None:
        self.sessions[session.id] = session
        self.tokens[token.digest] = token

    @override
    async def find(self, digest: str) -> tuple[Session, RefreshToken] | None:
        token = self.tokens.get(digest)
        return None if token is None else (self.sessions[token.session_id], token)

    @override
    async def spend(
        self, digest: str, *, at: datetime, following: RefreshToken
    ) -> None:
        self.tokens[digest] = replace(self.tokens[digest], spent_at=at)
        self.tokens[following.digest] = following

    @override
    async def see(self, session_id: UUID, *, at: datetime, origin: Origin) -> None:
        self.sessions[session_id] = replace(
            self.sessions[session_id],
            used_at=at,
            address=origin.address,
            user_agent=origin.user_agent,
        )

    @override
    async def get(self, session_id: UUID) -> Session | None:
        return self.sessions.get(session_id)

    @override
    async def live(
        self, user_id: UUID, *, at: datetime, page: PageRequest
    ) -> Page[Session]:
        found = [
            session
            for session in self.sessions.values()
            if session.user_id == user_id
            and session.ended_at is None
            and session.expires_at > at
        ]
        return paged(found, page, key=lambda each: (each.created_at, each.id))

    @override
    async def end(self, session_id: UUID, *, at: datetime) -> None:
        session = self.sessions.get(session_id)
        if session is not None and session.ended_at is None:
            self.sessions[session_id] = replace(session, ended_at=at)

    @override
    async def end_all(
        self,
        user_id: UUID,
        *,
        at: datetime,
        begun_by: datetime,
        but: UUID | None = None,
    ) -> tuple[UUID, ...]:
        gone = tuple(
            session.id
            for session in sorted(self.sessions.values(), key=lambda each: each.id)
            if session.user_id == user_id
            and session.ended_at is None
            and session.expires_at > at
            and session.created_at <= begun_by
            and session.id != but
        )
        for session_id in gone:
            await self.end(session_id, at=at)
        return gone

    @override
    async def ended_since(self, at: datetime) -> tuple[UUID, ...]:
        return tuple(
            sorted(
                session.id
                for session in self.sessions.values()
                if session.ended_at is not None and session.ended_at >= at
            )
        )

    @override
    async def purge(self, before: datetime) -> None:
        for session in list(self.sessions.values()):
            if session.expires_at < before:
                del self.sessions[session.id]
        self._drop_orphans()

    @override
    async def purge_ended(self, before: datetime) -> int:
        gone = [
            session.id
            for session in self.sessions.values()
            if session.ended_at is not None and session.ended_at < before
        ]
        for session_id in gone:
            del self.sessions[session_id]
        self._drop_orphans()
        return len(gone)

    def _drop_orphans(self) -> None:
        self.tokens = {
            digest: token
            for digest, token in self.tokens.items()
            if token.session_id in self.sessions
        }


class MemoryApiKeyStore(ApiKeyStore):
    """Keeps API keys in a dict."""

    def __init__(self) -> None:
        """Start empty."""
        self.keys: dict[UUID, ApiKey] = {}

    @override
    async def add(self, key: ApiKey) -> None:
        self.keys[key.id] = key

    @override
    async def save(self, key: ApiKey) -> None:
        self.keys[key.id] = key

    @override
    async def get(self, key_id: UUID) -> ApiKey | None:
        return self.keys.get(key_id)

    @override
    async def by_prefix(self, prefix: str) -> ApiKey | None:
        found = (key for key in self.keys.values() if key.prefix == prefix)
        return next(found, None)

    @override
    async def kept(self, owner_id: UUID | None, *, page: PageRequest) -> Page[ApiKey]:
        found = [
            key
            for key in self.keys.values()
            if key.revoked_at is None and owner_id in {None, key.owner_id}
        ]
        return paged(found, page, key=lambda each: (each.created_at, each.id))

    @override
    async def see(self, key_id: UUID, *, at: datetime, address: str) -> None:
        key = self.keys[key_id]
        self.keys[key_id] = replace(key, used_at=at, used_address=address)

    @override
    async def purge(self, before: datetime) -> int:
        kept = {
            key.id: key
            for key in self.keys.values()
            if min(key.expires_at, key.revoked_at or key.expires_at) >= before
        }
        gone = len(self.keys) - len(kept)
        self.keys = kept
        return gone


class MemoryRunIdentityStore(RunIdentityStore):
    """Keeps the identities of steps in a dict."""

    def __init__(self) -> None:
        """Start empty."""
        self.identities: dict[UUID, RunIdentity] = {}

    @override
    async def add(self, identity: RunIdentity) -> None:
        self.identities[identity.id] = identity

    @override
    async def get(self, identity_id: UUID) -> RunIdentity | None:
        return self.identities.get(identity_id)

    @override
    async def by_digest(self, digest: str) -> RunIdentity | None:
        every = self.identities.values()
        return next((each for each in every if each.digest == digest), None)

    @override
    async def drop(self, key: str) -> None:
        self._keep(lambda each: each.key != key)

    @override
    async def drop_all(self, operation_id: UUID) -> None:
        self._keep(lambda each: each.operation_id != operation_id)

    @override
    async def purge(self, before: datetime) -> None:
        self._keep(lambda each: each.expires_at > before)

    def _keep(self, wanted: Callable[[RunIdentity], bool]) -> None:
        every = self.identities.values()
        self.identities = {each.id: each for each in every if wanted(each)}


class MemoryKeyStore(KeyStore):
    """Keeps public keys in a list."""

    def __init__(self) -> None:
        """Start empty."""
        self._keys: list[PublicKey] = []

    @override
    async def all(self) -> tuple[PublicKey, ...]:
        newest = sorted(
            self._keys, key=lambda key: (key.created_at, key.id), reverse=True
        )
        return tuple(newest)

    @override
    async def add(self, key: PublicKey) -> None:
        self._keys.append(key)

    @override
    async def remove(self, key_id: str) -> None:
        self._keys = [key for key in self._keys if key.id != key_id]


class MemoryKeySafe(KeySafe):
    """Keeps secrets in a dict."""

    def __init__(self) -> None:
        """Start empty."""
        self.secrets: dict[str, str] = {}

    @override
    def load(self, key_id: str) -> str | None:
        return self.secrets.get(key_id)

    @override
    def save(self, key_id: str, secret: str) -> None:
        self.secrets[key_id] = secret

    @override
    def drop(self, key_id: str) -> None:
        self.secrets.pop(key_id, None)


class MemoryInstallationStore(InstallationStore):
    """Keeps the stage in an attribute."""

    def __init__(self) -> None:
        """Never begun."""
        self._stage: Stage | None = None

    @override
    async def stage(self) -> Stage | None:
        return self._stage

    @override
    async def reach(self, stage: Stage) -> None:
        self._stage = stage
