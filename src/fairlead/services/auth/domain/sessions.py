"""Sessions and the tokens that stand for them."""

import hashlib
import hmac
import re
import secrets
import time
from base64 import urlsafe_b64encode
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from uuid import UUID

from fairlead.kernel.principal import TenantId
from fairlead.services.auth.public import Unauthenticated

GRACE = timedelta(seconds=20)
MAX_TOKEN = 4096
FORGET = timedelta(days=1)
KEY_AGE = timedelta(days=90)
OVERLAP = timedelta(days=1)

_REFRESH = re.compile(r"[A-Za-z0-9_-]{43}")
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifetimes:
    """How long access tokens, whole sessions and the tokens of steps live."""

    access: timedelta = timedelta(minutes=15)
    run: timedelta = timedelta(minutes=60)
    session: timedelta = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One log-in, and all the refresh tokens that came of it.

    Attributes:
        used_at: When its tokens were renewed last; None: not yet.
        address, user_agent: Where that came from, or the log-in.
    """

    id: UUID
    tenant_id: TenantId
    user_id: UUID
    user_name: str
    created_at: datetime
    expires_at: datetime
    ended_at: datetime | None = None
    used_at: datetime | None = None
    address: str = ""
    user_agent: str = ""


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
    """What an access token says, and the key that says so."""

    user_id: UUID
    user_name: str
    tenant_id: TenantId
    session_id: UUID
    issued_at: datetime
    expires_at: datetime
    key_id: str = field(default="", compare=False)


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


def retired(
    keys: Sequence[PublicKey], *, at: datetime, at_once: bool
) -> tuple[PublicKey, ...]:
    """Return those of `keys` (newest first) that may go when another is made at `at`.

    A key goes once its successor has signed for as long as `OVERLAP`, when no token of
    its own is good any more and everybody has read of the new one.
    """
    successors = (at, *(key.created_at for key in keys))
    return tuple(
        key
        for key, since in zip(keys, successors, strict=False)
        if at_once or at - since > OVERLAP
    )


def outlived(keys: Sequence[PublicKey], *, at: datetime) -> tuple[PublicKey, ...]:
    """Return those of `keys` (newest first) that nobody needs to verify with any more.

    The newest one is never among them; for the others it is as with `retired`.
    """
    return tuple(
        key for newer, key in pairwise(keys) if at - newer.created_at > OVERLAP
    )


class Verdict(StrEnum):
    """What presenting a refresh token means."""

    FRESH = "fresh"
    REPEATED = "repeated"
    REUSED = "reused"


class UnknownKey(Unauthenticated):
    """A token names a key that is not known here, or not yet."""


class Graces:
    """How long ago tokens were spent, by a clock that nobody can set back.

    What was spent before this process began is judged by the time of day, and only in
    the first moments, when callers who lost an answer to a restart come back.
    """

    def __init__(self, steady: Callable[[], float] = time.monotonic) -> None:
        """Count the seconds of `steady`, which never goes back."""
        self._steady = steady
        self._began = steady()
        self._spent: OrderedDict[str, float] = OrderedDict()

    def note(self, digest: str) -> None:
        """Remember that this token was spent just now."""
        now = self._steady()
        self._spent[digest] = now
        while self._over(next(iter(self._spent.values())), now):
            self._spent.popitem(last=False)

    def hold(self, token: RefreshToken, *, at: datetime) -> bool:
        """Tell whether a spent token may still be shown again."""
        if token.spent_at is None or abs(at - token.spent_at) > GRACE:
            return False
        now = self._steady()
        spent = self._spent.get(token.digest)
        if spent is not None:
            return not self._over(spent, now)
        return token.spent_at <= at and not self._over(self._began, now)

    @staticmethod
    def _over(since: float, now: float) -> bool:
        return now - since > GRACE.total_seconds()


def judge(
    session: Session, token: RefreshToken, *, at: datetime, graces: Graces
) -> Verdict:
    """Tell a first use from a repeated and from a stolen one.

    Raises:
        Unauthenticated: the session has ended.
    """
    if session.ended_at is not None or at >= session.expires_at:
        raise not_valid()
    if token.spent_at is None:
        return Verdict.FRESH
    return Verdict.REPEATED if graces.hold(token, at=at) else Verdict.REUSED


def device_of(user_agent: str) -> str:
    """Return what a person would call this, e.g. `Firefox on Linux`; a guess."""
    if not user_agent:
        return "unknown"
    if user_agent.startswith("fairlead"):
        return "fairlead command line"
    program = next((name for mark, name in _PROGRAMS if mark in user_agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), "")
    if program and system:
        return f"{program} on {system}"
    first = re.split("[/ ]", user_agent, maxsplit=1)[0]
    return program or system or first[:40] or "unknown"


_PROGRAMS = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("curl/", "curl"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


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


class Stage(StrEnum):
    """How far the first start is."""

    STARTED = "started"
    DONE = "done"
