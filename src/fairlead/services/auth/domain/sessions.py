"""Sessions and the tokens that stand for them."""

import hashlib
import hmac
import re
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from fairlead.kernel.principal import TenantId
from fairlead.kernel.thinning import Thinning
from fairlead.services.auth.public import Unauthenticated

GRACE = timedelta(seconds=20)
REFUSED_WINDOW = timedelta(seconds=10)
MAX_TOKEN = 4096
FORGET = timedelta(days=1)
KEY_AGE = timedelta(days=90)

_REFRESH = re.compile(r"[A-Za-z0-9_-]{43}")
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifetimes:
    """How long access tokens and whole sessions live."""

    access: timedelta = timedelta(minutes=15)
    session: timedelta = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One log-in, and all the refresh tokens that came of it."""

    id: UUID
    tenant_id: TenantId
    user_id: UUID
    user_name: str
    created_at: datetime
    expires_at: datetime
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshToken:
    """What is kept of a refresh token: enough to know it again, not to use it.

    Attributes:
        digest: Hex SHA-256 of the token.
        seal: Random hex; token and seal together give the successor, so the same one
            can be told again to a caller who lost the answer, and neither the
            database alone nor the token alone leads to it.
    """

    digest: str
    session_id: UUID
    seal: str
    issued_at: datetime
    spent_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """What an access token says."""

    user_id: UUID
    user_name: str
    tenant_id: TenantId
    session_id: UUID
    issued_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicKey:
    """A key that tokens are verified with; `x` is base64url of its 32 bytes."""

    id: str
    x: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningKey:
    """A key that tokens are signed with; `d` is base64url of its secret."""

    public: PublicKey
    d: str


class Verdict(StrEnum):
    """What presenting a refresh token means."""

    FRESH = "fresh"
    REPEATED = "repeated"
    REUSED = "reused"


def judge(session: Session, token: RefreshToken, *, at: datetime) -> Verdict:
    """Tell a first use from a repeated and from a stolen one.

    Raises:
        Unauthenticated: the session has ended.
    """
    if session.ended_at is not None or at >= session.expires_at:
        raise not_valid()
    if token.spent_at is None:
        return Verdict.FRESH
    if at - token.spent_at <= GRACE:
        return Verdict.REPEATED
    return Verdict.REUSED


def new_secret() -> str:
    """Return a new refresh token: 256 random bits."""
    return secrets.token_urlsafe(32)


def kept(secret: str, session_id: UUID, *, at: datetime) -> RefreshToken:
    """Return what is stored of a new refresh token."""
    return RefreshToken(
        digest=digest_of(secret),
        session_id=session_id,
        seal=secrets.token_hex(32),
        issued_at=at,
    )


def digest_of(secret: str) -> str:
    """Return what a refresh token is found by.

    Raises:
        Unauthenticated: it has another form than all of ours.
    """
    if not _REFRESH.fullmatch(secret):
        raise not_valid()
    return hashlib.sha256(secret.encode()).hexdigest()


def successor(secret: str, token: RefreshToken) -> str:
    """Return the refresh token that follows; the same every time."""
    key = bytes.fromhex(token.seal)
    value = hmac.digest(key, secret.encode(), "sha256")
    return urlsafe_b64encode(value).decode().rstrip("=")


def not_valid() -> Unauthenticated:
    """Return the one error for every token that is not accepted."""
    return Unauthenticated("This token is not valid (any longer); log in again.")


def generated_password() -> str:
    """Return a new password that can be typed: 24 characters, 118 random bits."""
    groups = ("".join(secrets.choice(_ALPHABET) for _ in range(6)) for _ in range(4))
    return "-".join(groups)


class RefusedLogins(Thinning):
    """Chooses the refused log-ins worth recording."""

    def __init__(self) -> None:
        """Record the same account from the same address once per window."""
        super().__init__(REFUSED_WINDOW)


class Stage(StrEnum):
    """How far the first start is."""

    STARTED = "started"
    DONE = "done"
