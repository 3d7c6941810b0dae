"""Issuing access tokens, and telling who holds one."""

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from typing_extensions import override

from fairlead.kernel.clock import Clock
from fairlead.kernel.principal import Origin, Principal
from fairlead.kernel.thinning import Thinning
from fairlead.services.auth.domain import (
    MAX_TOKEN,
    Claims,
    Lifetimes,
    Session,
    UnknownKey,
    not_valid,
)
from fairlead.services.auth.ports import KeyReload, SessionStore, TokenFormat
from fairlead.services.auth.public import Verifier
from fairlead.services.auth.use_cases.keys import KeyRing

KNOWN_TOKENS = 4096
RELOAD = timedelta(seconds=10)


@dataclass(slots=True)
class EndedSessions:
    """The sessions whose access tokens would still be good, but for this."""

    lifetimes: Lifetimes
    _until: dict[UUID, datetime] = field(init=False, default_factory=dict)

    def add(self, session_id: UUID, *, at: datetime) -> None:
        """Stop accepting a session's tokens; drop those that have expired anyway."""
        if len(self._until) % 256 == 0:
            gone = [each for each, until in self._until.items() if until <= at]
            for each in gone:
                del self._until[each]
        self._until[session_id] = at + self.lifetimes.access

    def __contains__(self, session_id: object) -> bool:
        """Tell whether the session has ended."""
        return session_id in self._until


@dataclass(frozen=True, slots=True, kw_only=True)
class RecallEndedSessions:
    """Learn at the start which sessions ended a short while ago."""

    store: SessionStore
    ended: EndedSessions
    lifetimes: Lifetimes
    clock: Clock

    async def __call__(self) -> None:
        """Fill `ended` from the store."""
        now = self.clock.now()
        for session_id in await self.store.ended_since(now - self.lifetimes.access):
            self.ended.add(session_id, at=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Issuer:
    """Issues access tokens for sessions."""

    ring: KeyRing
    format: TokenFormat
    lifetimes: Lifetimes

    def issue(self, session: Session, *, at: datetime) -> tuple[str, datetime]:
        """Return an access token and when it expires, never after the session.

        Raises:
            NoSigningKey: the server is still starting.
        """
        claims = Claims(
            user_id=session.user_id,
            user_name=session.user_name,
            tenant_id=session.tenant_id,
            session_id=session.id,
            issued_at=at,
            expires_at=min(at + self.lifetimes.access, session.expires_at),
        )
        return self.format.sign(claims, self.ring.signing), claims.expires_at


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalVerifier(Verifier):
    """Verifies with the keys on the ring; a token it knows costs a look in a dict.

    A token of a key that is not there makes it read the keys again, but not often.
    """

    ring: KeyRing
    format: TokenFormat
    ended: EndedSessions
    reload: KeyReload
    clock: Clock
    _reloads: Thinning = field(init=False, default_factory=lambda: Thinning(RELOAD))
    _known: OrderedDict[str, Claims] = field(init=False, default_factory=OrderedDict)

    @override
    async def principal(self, access_token: str, *, origin: Origin) -> Principal:
        claims = await self.claims(access_token)
        return Principal(
            id=claims.user_id,
            name=claims.user_name,
            tenant_id=claims.tenant_id,
            session_id=claims.session_id,
            origin=origin,
        )

    async def claims(self, access_token: str) -> Claims:
        """Return what a token says that is good now.

        Raises:
            Unauthenticated: it is not one of ours, expired or revoked.
        """
        now = self.clock.now()
        claims = self._known.get(access_token)
        if claims is None:
            claims = await self._read(access_token, now)
        elif claims.expires_at <= now:
            self._known.pop(access_token, None)
            raise not_valid()
        if claims.session_id in self.ended or claims.key_id not in self.ring.public:
            raise not_valid()
        return claims

    async def _read(self, token: str, now: datetime) -> Claims:
        if len(token) > MAX_TOKEN:
            raise not_valid()
        try:
            claims = self.format.read(token, self.ring.public, at=now)
        except UnknownKey:
            if self._reloads.admit("keys", at=now) is None:
                raise
            await self.reload()
            claims = self.format.read(token, self.ring.public, at=now)
        self._known[token] = claims
        if len(self._known) > KNOWN_TOKENS:
            self._known.popitem(last=False)
        return claims
