"""Keyset pages: never truncated silently, never slower with the table's size."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from fairlead.kernel.errors import ErrorKind, FairleadError

T = TypeVar("T")

MAX_LIMIT = 200


class BadPage(FairleadError):
    """`limit` is out of range or `after` is not a cursor this list handed out."""

    kind = ErrorKind.INVALID
    code = "page.invalid"


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRequest:
    """Which page is wanted.

    Attributes:
        limit: At most this many items, 1 to `MAX_LIMIT`.
        after: The `next` of the page before; None for the first page.
    """

    limit: int = 50
    after: str | None = None

    def __post_init__(self) -> None:
        """Refuse a limit out of range.

        Raises:
            BadPage: `limit` is not between 1 and `MAX_LIMIT`.
        """
        if not 1 <= self.limit <= MAX_LIMIT:
            raise BadPage(f"Ask for a limit from 1 to {MAX_LIMIT}.", limit=self.limit)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[T]):
    """Some items and where the next page begins (None: this was the last)."""

    items: tuple[T, ...]
    next: str | None = None
