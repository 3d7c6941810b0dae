"""Codes from an authenticator (TOTP, RFC 6238) and codes for when it is lost."""

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote
from uuid import UUID

SECONDS = 30
DIGITS = 6
SECRET_BYTES = 20
EARLIER_AND_LATER = (-1, 0, 1)
RECOVERY_CODES = 10
RECOVERY_BYTES = 10
ISSUER = "Fairlead"


@dataclass(frozen=True, slots=True, kw_only=True)
class Factor:
    """A user's authenticator.

    Attributes:
        sealed: The secret, which only the safe opens.
        confirmed: A code of it was given once; before, it is not asked for.
        last_step: The step of the last code that was taken; each counts once.
    """

    user_id: UUID
    sealed: str
    confirmed: bool = False
    last_step: int = 0


def new_factor_secret() -> str:
    """Return a secret as authenticators take it, in base32."""
    return base64.b32encode(secrets.token_bytes(SECRET_BYTES)).decode()


def enrolment(secret: str, name: str) -> str:
    """Return the address that authenticators read from a picture."""
    label = quote(f"{ISSUER}:{name}")
    return f"otpauth://totp/{label}?secret={secret}&issuer={ISSUER}"


def code_at(secret: str, step: int) -> str:
    """Return the code of a step: 30 s since 1970."""
    key = base64.b32decode(secret)
    digest = hmac.digest(key, step.to_bytes(8), "sha1")
    start = digest[-1] & 0xF
    number = int.from_bytes(digest[start : start + 4]) & 0x7FFFFFFF
    return f"{number % 10**DIGITS:0{DIGITS}}"


def step_of(secret: str, code: str, *, at: datetime) -> int | None:
    """Return the step `code` is of, at most one away from now; None: it is wrong."""
    now = int(at.timestamp()) // SECONDS
    typed = code.replace(" ", "").encode(errors="surrogatepass")
    found = None
    for away in EARLIER_AND_LATER:
        if hmac.compare_digest(code_at(secret, now + away).encode(), typed):
            found = now + away
    return found


def new_recovery_codes() -> tuple[str, ...]:
    """Return codes of 80 bits, each in four groups."""
    made = []
    for _ in range(RECOVERY_CODES):
        text = base64.b32encode(secrets.token_bytes(RECOVERY_BYTES)).decode().lower()
        made.append("-".join(text[i : i + 4] for i in range(0, len(text), 4)))
    return tuple(made)


def recovery_digest(code: str) -> str:
    """Return what is kept of a recovery code, however it is typed."""
    plain = code.replace("-", "").replace(" ", "").lower()
    return hashlib.sha256(plain.encode(errors="surrogatepass")).hexdigest()
