"""Tokens that travel by mail, and how often they may be asked for."""

import hashlib
import secrets
from collections import OrderedDict, deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from fairlead.services.identity.public import BadToken, TooManyAttempts

VERIFY_WITHIN = timedelta(hours=24)
RESET_WITHIN = timedelta(minutes=30)
WINDOW = timedelta(minutes=15)
OF_A_MAILBOX = 3
OF_AN_ADDRESS = 20
MOST_KNOWN = 10_000


class Purpose(StrEnum):
    """What a token lets its holder do, once."""

    VERIFY = "verify"
    RESET = "reset"


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A token that was sent; only its digest is kept, one per user and purpose."""

    user_id: UUID
    purpose: Purpose
    digest: str
    email: str
    expires_at: datetime


def sent_to(
    user_id: UUID, email: str, purpose: Purpose, *, at: datetime
) -> tuple[str, Link]:
    """Return a new token and what is kept of it."""
    token = secrets.token_urlsafe(32)
    while token.startswith("-"):  # a command line would take it for an option
        token = secrets.token_urlsafe(32)
    within = VERIFY_WITHIN if purpose is Purpose.VERIFY else RESET_WITHIN
    link = Link(
        user_id=user_id,
        purpose=purpose,
        digest=digest_of(token),
        email=email,
        expires_at=at + within,
    )
    return token, link


def digest_of(token: str) -> str:
    """Return what a token is found by; it is too long to be guessed."""
    return hashlib.sha256(token.encode(errors="surrogatepass")).hexdigest()


def good(link: Link | None, *, at: datetime) -> Link:
    """Return the link if it still counts.

    Raises:
        BadToken: there is none, or its time is over.
    """
    if link is None or link.expires_at <= at:
        raise bad_token()
    return link


def bad_token() -> BadToken:
    """Return the error that does not tell why."""
    return BadToken("The token is unknown, used or too old; ask for another letter.")


class Requests:
    """Counts who asked for letters to whom, in memory, a bounded number of them."""

    def __init__(self) -> None:
        """Begin with nothing counted."""
        self._seen: OrderedDict[tuple[str, str], deque[datetime]] = OrderedDict()

    def admit(self, mailbox: str, address: str, *, at: datetime) -> None:
        """Count a request to a mailbox from an address, or raise.

        Raises:
            TooManyAttempts: either had too many within `WINDOW`.
        """
        mine = self._recent("mailbox", mailbox, at=at)
        theirs = self._recent("address", address, at=at)
        for seen, most in ((mine, OF_A_MAILBOX), (theirs, OF_AN_ADDRESS)):
            if len(seen) >= most:
                seconds = int((seen[0] + WINDOW - at).total_seconds()) + 1
                raise TooManyAttempts(
                    f"Too many letters were asked for; try again in {seconds} s.",
                    retry_after=seconds,
                )
        mine.append(at)
        theirs.append(at)

    def _recent(self, kind: str, key: str, *, at: datetime) -> deque[datetime]:
        seen = self._seen.setdefault((kind, key), deque())
        self._seen.move_to_end((kind, key))
        while seen and seen[0] + WINDOW <= at:
            seen.popleft()
        while len(self._seen) > MOST_KNOWN:
            self._seen.popitem(last=False)
        return seen
