"""Failures we foresaw: named once here, shown once at each edge."""

from collections.abc import Sequence
from enum import StrEnum
from typing import ClassVar

Detail = str | int | float | bool | None | Sequence[str]


class ErrorKind(StrEnum):
    """Why a request failed; an edge maps each kind once."""

    INVALID = "invalid"
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    THROTTLED = "throttled"
    UNAVAILABLE = "unavailable"


class FairleadError(Exception):
    """A failure that is safe to show to the person who caused it.

    Attributes:
        kind: The reason class; edges turn it into a status or an exit code.
        code: Stable dotted name for machines, e.g. `environments.name_taken`.
        message: One sentence for a person, without secrets.
        details: Flat facts for a client, e.g. `{"limit_seconds": 604800}`.
    """

    kind: ClassVar[ErrorKind]
    code: ClassVar[str]

    def __init__(self, message: str, **details: Detail) -> None:
        """Keep the sentence and its facts apart, so logs stay searchable."""
        super().__init__(message)
        self.message = message
        self.details = details
