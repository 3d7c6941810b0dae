"""Keeping secrets out of the server's own log."""

import logging
import re
from collections.abc import Mapping, MutableMapping
from typing import Any

from typing_extensions import override

from fairlead.kernel.secrecy import sounds_secret

MARK = "***"
_DEPTH = 6
_CREDENTIAL = re.compile(
    r"""
    (?P<kept> \b(?:bearer|basic) [ \t]+ ) [A-Za-z0-9._~+/=-]{8,}
    | \b eyJ[\w-]{8,} \. [\w-]+ \. [\w-]*                       # a JSON web token
    | (?P<scheme> :// [^/?#\s:@]* : ) [^/?#\s]+ (?=@)           # ://user:password@
    """,
    re.IGNORECASE | re.VERBOSE,
)


def redact_text(text: str) -> str:
    """Return `text` without bearer and basic credentials and passwords in URLs."""
    return _CREDENTIAL.sub(_masked, text)


def redact_event(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Replace the values of fields that sound secret, and credentials in texts.

    A structlog processor; belongs after what turns exceptions into text.
    """
    for name, value in event.items():
        event[name] = _redacted(name, value, _DEPTH)
    return event


class RedactingFormatter(logging.Formatter):
    """Formats lines of the standard library's loggers without credentials."""

    @override
    def format(self, record: logging.LogRecord) -> str:
        return redact_text(super().format(record))


def _masked(match: re.Match[str]) -> str:
    return (match["kept"] or match["scheme"] or "") + MARK


def _redacted(name: str, value: Any, depth: int) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    if sounds_secret(name) or not depth:
        return MARK
    if isinstance(value, Mapping):
        return {
            key: _redacted(str(key), each, depth - 1) for key, each in value.items()
        }
    if isinstance(value, list | tuple | set | frozenset):
        return [_redacted("", each, depth - 1) for each in value]
    return _redacted_text(value)


def _redacted_text(value: Any) -> Any:
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    elif isinstance(value, BaseException):
        value = repr(value)
    return redact_text(value) if isinstance(value, str) else value
