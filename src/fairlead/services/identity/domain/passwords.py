"""The rules for user names and passwords."""

import re
import unicodedata
from dataclasses import dataclass

from fairlead.services.identity.public import (
    BadUserName,
    User,
    WeakPassword,
)

NO_HASH = ""
MIN_CHARACTERS = 12
MAX_BYTES = 1024
MIN_DISTINCT = 5
WELL_KNOWN = frozenset(
    {
        "123456789012",
        "1234567890123",
        "12345678901234",
        "adminadminadmin",
        "administrator",
        "administrator1",
        "changemechangeme",
        "correcthorsebatterystaple",
        "correct horse battery staple",
        "iloveyouiloveyou",
        "letmeinletmein",
        "password1234",
        "password12345",
        "password123456",
        "passwordpassword",
        "qwerty123456",
        "qwertyqwerty",
        "qwertyuiop12",
        "qwertyuiop123",
        "welcomewelcome",
    }
)

_NAME = re.compile(r"(?=.*[a-z0-9])[a-z0-9._-]{1,63}")


def user_name(text: str) -> str:
    """Return a user name in its one spelling, lowercase.

    Raises:
        BadUserName: it is no user name.
    """
    name = text.lower()
    if not _NAME.fullmatch(name):
        raise BadUserName(
            "A user name has 1 to 63 letters, digits, dots, dashes or underscores, "
            "and at least one letter or digit."
        )
    return name


def is_user_name(text: str) -> bool:
    """Tell whether somebody could be called `text`."""
    return _NAME.fullmatch(text.lower()) is not None


def spelled(password: str) -> str:
    """Return a password as every keyboard spells it (NFKC, NIST SP 800-63B)."""
    return unicodedata.normalize("NFKC", password)


def hashable(password: str) -> bool:
    """Tell whether a password has a length that may be hashed at all."""
    return 0 < len(password.encode(errors="surrogatepass")) <= MAX_BYTES


def check_password(password: str, *, name: str) -> None:
    """Refuse a password that is easily guessed.

    Raises:
        WeakPassword: too short, too long, well known, or made of the user's name.
    """
    text = spelled(password)
    if not hashable(text):
        raise WeakPassword(f"Use a password of at most {MAX_BYTES} bytes.")
    if len(text) < MIN_CHARACTERS:
        raise WeakPassword(
            f"Use a password of at least {MIN_CHARACTERS} characters.",
            min_characters=MIN_CHARACTERS,
        )
    plain = text.lower()
    if plain in WELL_KNOWN or plain.replace(name, "") == "":
        raise WeakPassword("This password is well known; choose another.")
    if len(set(plain)) < MIN_DISTINCT:
        raise WeakPassword("Use more different characters in the password.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A user and the hash of their password, `NO_HASH` of a service account."""

    user: User
    password_hash: str
