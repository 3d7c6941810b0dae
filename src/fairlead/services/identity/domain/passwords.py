"""The rules for user names and passwords."""

import hashlib
import re
import unicodedata
from dataclasses import dataclass

from fairlead.services.identity.public import BadUserName, User, WeakPassword

NO_HASH = ""
MAX_BYTES = 1024
MAX_TYPED = 2 * MAX_BYTES  # characters; more than any text of so many bytes comes from
MIN_DISTINCT = 5

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
    """Return a password as every keyboard spells it (NFKC, NIST SP 800-63B).

    One that is too long to be taken stays as it is: the time this takes grows with the
    square of the length, and strangers send passwords.
    """
    if len(password) > MAX_TYPED:
        return password
    return unicodedata.normalize("NFKC", password)


def hashable(password: str) -> bool:
    """Tell whether a password has a length that may be hashed at all."""
    return 0 < len(password.encode(errors="surrogatepass")) <= MAX_BYTES


def check_password(password: str, *, name: str, least: int) -> None:
    """Refuse a password that is too short or too long, or made of next to nothing.

    What it is made of is otherwise not asked (NIST SP 800-63B).

    Raises:
        WeakPassword: it has fewer than `least` characters, or as it says.
    """
    text = spelled(password)
    if not hashable(text):
        raise WeakPassword(f"Use a password of at most {MAX_BYTES} bytes.")
    if len(text) < least:
        raise WeakPassword(
            f"Use a password of at least {least} characters.", min_characters=least
        )
    plain = text.casefold()
    if plain.replace(name, "") == "":
        raise WeakPassword("This password is your name; choose another.")
    if len(set(plain)) < MIN_DISTINCT:
        raise WeakPassword("This password repeats itself; choose another.")


def guesses(password: str) -> frozenset[str]:
    """Return the spellings under which a list of known passwords may have it.

    In lowercase, without spaces, and what it repeats.
    """
    plain = spelled(password).casefold()
    close = plain.replace(" ", "")
    return frozenset({plain, close, _repeated(plain), _repeated(close)} - {""})


def _repeated(text: str) -> str:
    """Return the shortest text that `text` is made of by repeating it."""
    length = (text + text).find(text, 1)
    return text[:length] if length > 0 else text


def mark_of(password_hash: str) -> str:
    """Return what tells one hash, which is salted, from another."""
    return hashlib.blake2b(password_hash.encode(), digest_size=8).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A user and the hash of their password, `NO_HASH` of a service account."""

    user: User
    password_hash: str
