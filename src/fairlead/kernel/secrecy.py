"""Which values are secret, told by the names they go by and by their form."""

import re
from collections.abc import Collection, Iterator, Mapping
from urllib.parse import unquote

from fairlead.kernel.redaction import LONGEST, SHORTEST, refuse

_WORD = r"TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL|AUTHORIZATION|API_?KEY"
_NAME = re.compile(rf"{_WORD}|(?:^|[_-])(?:KEY|PASS|PWD)(?:$|[_-])|KEY$", re.IGNORECASE)
_NO_SECRETS = frozenset({"true", "false", "none", "null", "auto", "enabled"})
_USER = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://([^/?#\s]*)@")


def sounds_secret(name: str) -> bool:
    """Tell whether what goes by this name is a secret, e.g. `DEPLOY_TOKEN`."""
    return _NAME.search(name) is not None


def credentials_in(address: str) -> tuple[str, ...]:
    """Return the passwords in URLs, as written and decoded.

    Over HTTP a user without a password is one. Those too short to be redacted are
    left out.
    """
    found: list[str] = []
    for scheme, part in _USER.findall(address):
        user, _, password = part.partition(":")
        word = password or (user if scheme.lower().startswith("http") else "")
        found += [word, unquote(word)]
    return tuple(word for word in dict.fromkeys(found) if _redactable(word))


def secrets_among(
    variables: Mapping[str, str], *, always: Collection[str] = ()
) -> tuple[str, ...]:
    """Return the values of those variables that sound secret, and passwords in URLs.

    A value that hides nothing (fewer than 4 characters, or a word like `true`) is
    left out, unless its name is among `always`.

    Raises:
        SecretRefused: a value of `always` is too short or too long to be redacted.
    """
    return tuple(dict.fromkeys(_secrets(variables, always)))


def _secrets(variables: Mapping[str, str], always: Collection[str]) -> Iterator[str]:
    for name, value in variables.items():
        if name in always:
            refuse(value, name=name)
            yield value
        elif sounds_secret(name) and _redactable(value):
            yield value
        yield from credentials_in(value)


def _redactable(value: str) -> bool:
    return (
        len(value) >= SHORTEST
        and len(value.encode("utf-8", "surrogateescape")) <= LONGEST
        and value.lower() not in _NO_SECRETS
    )
