"""Browser sessions: what a cookie stands for, without being a credential of the API.

The cookie is a random handle. Its hash finds the row, and only the handle itself opens
the refresh token sealed in it, so neither the database nor the cookie alone is enough.
The hash is that of the handle and of the browser's name for itself (`User-Agent`):
another program that got hold of the cookie alone has nothing.
"""

import asyncio
import hashlib
import secrets
from abc import abstractmethod
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from fairlead.adapters.wiring.scopes import Scopes
from fairlead.kernel.clock import Clock
from fairlead.kernel.principal import Origin, Principal, service
from fairlead.kernel.work import UnitOfWork
from fairlead.services.auth.public import Sessions, Tokens, Unauthenticated, Verifier

EARLY = timedelta(seconds=30)
MOST_KNOWN = 4096
NONCE_BYTES = 12
HANDLE_LENGTH = 43


@dataclass(frozen=True, slots=True, kw_only=True)
class BrowserSession:
    """A session at rest; `sealed` is the refresh token under a key of the handle."""

    digest: str
    sealed: bytes
    created_at: datetime
    expires_at: datetime


class BrowserSessionStore(Protocol):
    """Keeps browser sessions by the hash of their handle."""

    @abstractmethod
    async def find(self, digest: str) -> BrowserSession | None:
        """Return a session; None: there is none."""

    @abstractmethod
    async def save(self, session: BrowserSession) -> None:
        """Add a session, or replace the one with the same digest."""

    @abstractmethod
    async def drop(self, digest: str) -> None:
        """Remove a session; none is fine."""

    @abstractmethod
    async def drop_expired(self, now: datetime) -> None:
        """Remove those that ended before `now`."""


@dataclass(slots=True)
class _Held:
    """The live side of a session: its current tokens, renewed by one at a time."""

    tokens: Tokens | None = None
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class BrowserSessions:
    """Opens, recognises and closes browser sessions; one for the whole process."""

    def __init__(self, scopes: Scopes, clock: Clock) -> None:
        """Work in scopes of the console's own."""
        self._scopes = scopes
        self._clock = clock
        self._held: OrderedDict[str, _Held] = OrderedDict()

    async def open(
        self, username: str, password: str, *, origin: Origin, code: str = ""
    ) -> str:
        """Log in and return the handle for the cookie, new every time.

        Raises:
            WrongCredentials, TooManyAttempts: see `auth.public`.
            SecondFactorNeeded, WrongCode: see `auth.public`.
        """
        async with self._scopes.enter(service("console")) as scope:
            sessions = await scope.get(Sessions)
            tokens = await sessions.login(username, password, origin=origin, code=code)
            handle = secrets.token_urlsafe(32)
            store, work = (
                await scope.get(BrowserSessionStore),
                await scope.get(UnitOfWork),
            )
            now = self._clock.now()
            async with work:
                await store.drop_expired(now)
                digest = digest_of(handle, origin.user_agent)
                await store.save(self._row(digest, handle, tokens, created_at=now))
        self._hold(digest).tokens = tokens
        return handle

    async def principal(self, handle: str, *, origin: Origin) -> Principal | None:
        """Return whose session it is; None: unknown, over or revoked."""
        if len(handle) != HANDLE_LENGTH:
            return None
        digest = digest_of(handle, origin.user_agent)
        held = self._held.get(digest)
        if held is None or not self._fresh(held.tokens):
            held = await self._renewed(handle, digest, origin)
        if held is None or held.tokens is None:
            return None
        async with self._scopes.enter(service("console")) as scope:
            verifier: Verifier = await scope.get(Verifier)
            try:
                token = held.tokens.access_token
                return await verifier.principal(token, origin=origin)
            except Unauthenticated:
                await self._forget(digest)
                return None

    async def close(self, handle: str, who: Principal) -> None:
        """Log out: the cookie and the tokens behind it stop being accepted."""
        async with self._scopes.enter(who) as scope:
            sessions = await scope.get(Sessions)
            await sessions.logout(who)
        await self._forget(digest_of(handle, who.origin.user_agent))

    async def _renewed(self, handle: str, digest: str, origin: Origin) -> _Held | None:
        """Take the session up from the store and renew its tokens, once at a time."""
        async with self._scopes.enter(service("console")) as scope:
            store = await scope.get(BrowserSessionStore)
            row = await store.find(digest)
            if row is None or row.expires_at <= self._clock.now():
                return None
            held = self._hold(digest)
            async with held.lock:
                if self._fresh(held.tokens):
                    return held
                row = await store.find(digest) or row
                token = opened(row.sealed, handle)
                if token is not None and held.tokens is not None:
                    token = held.tokens.refresh_token  # it may not have been stored
                if token is None:
                    return None
                return await self._renew(handle, row, token, origin)

    async def _renew(
        self, handle: str, row: BrowserSession, token: str, origin: Origin
    ) -> _Held | None:
        try:
            async with self._scopes.enter(service("console")) as scope:
                sessions = await scope.get(Sessions)
                tokens = await sessions.refresh(token, origin=origin)
                # the old one is spent: should what follows fail, it may not be shown
                self._hold(row.digest).tokens = tokens
                store = await scope.get(BrowserSessionStore)
                work = await scope.get(UnitOfWork)
                next_row = self._row(
                    row.digest, handle, tokens, created_at=row.created_at
                )
                async with work:
                    await store.save(next_row)
        except Unauthenticated:
            await self._forget(row.digest)
            return None
        return self._hold(row.digest)

    async def _forget(self, digest: str) -> None:
        self._held.pop(digest, None)
        async with self._scopes.enter(service("console")) as scope:
            store, work = (
                await scope.get(BrowserSessionStore),
                await scope.get(UnitOfWork),
            )
            async with work:
                await store.drop(digest)

    def _hold(self, digest: str) -> _Held:
        held = self._held.setdefault(digest, _Held())
        self._held.move_to_end(digest)
        while len(self._held) > MOST_KNOWN:
            self._held.popitem(last=False)
        return held

    def _fresh(self, tokens: Tokens | None) -> bool:
        return tokens is not None and (
            tokens.access_expires_at - EARLY > self._clock.now()
        )

    def _row(
        self, digest: str, handle: str, tokens: Tokens, *, created_at: datetime
    ) -> BrowserSession:
        return BrowserSession(
            digest=digest,
            sealed=sealed(tokens.refresh_token, handle),
            created_at=created_at,
            expires_at=tokens.refresh_expires_at,
        )


def digest_of(handle: str, agent: str) -> str:
    """Return what a handle is stored under for a browser that says it is `agent`."""
    return hashlib.sha256(f"{handle}\0{agent}".encode()).hexdigest()


def sealed(text: str, handle: str) -> bytes:
    """Return `text` encrypted so that only `handle` opens it."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + ChaCha20Poly1305(_key(handle)).encrypt(nonce, text.encode(), None)


def opened(data: bytes, handle: str) -> str | None:
    """Return what was sealed for `handle`; None: it does not fit."""
    try:
        cipher = ChaCha20Poly1305(_key(handle))
        plain = cipher.decrypt(data[:NONCE_BYTES], data[NONCE_BYTES:], None)
    except InvalidTag:
        return None
    return plain.decode()


def _key(handle: str) -> bytes:
    return hashlib.sha256(b"fairlead browser session\0" + handle.encode()).digest()
