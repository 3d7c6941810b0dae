"""Keyset pages of a query: the next one begins after the last row's key."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from sqlalchemy import Column, RowMapping, Select, literal, tuple_

from fairlead.kernel.paging import BadPage, Page, PageRequest

T = TypeVar("T")

LARGEST = 2**63 - 1


def encode_cursor(*values: str | int | datetime | UUID) -> str:
    """Return an opaque, URL-safe cursor of a key's values."""
    return urlsafe_b64encode(msgspec.json.encode(values)).decode().rstrip("=")


def decode_cursor(cursor: str, *types: type[Any]) -> tuple[Any, ...]:
    """Return the values of a cursor.

    Raises:
        BadPage: it was not made by `encode_cursor` with values of these types.
    """
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        values = msgspec.json.decode(urlsafe_b64decode(padded), type=list[Any])
        pairs = zip(values, types, strict=True)
        return tuple(_kept(msgspec.convert(value, kind)) for value, kind in pairs)
    except (ValueError, TypeError, OverflowError) as error:
        raise BadPage("Use a cursor from 'next' of the page before.") from error


def _kept(value: Any) -> Any:
    """Return a value of a cursor that a database can compare with.

    Raises:
        ValueError, OverflowError: no column holds such a value.
    """
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("naive datetime")
        return value.astimezone(UTC)
    beyond = isinstance(value, int) and abs(value) > LARGEST
    if beyond or (isinstance(value, str) and "\0" in value):
        raise ValueError("beyond what is kept")
    return value


@dataclass(frozen=True, slots=True)
class Keyset:
    """The order of a list: columns that together are unique and have an index.

    `descending` holds for all of them: newest first.
    """

    columns: tuple[Column[Any], ...]
    descending: bool = False

    def select(self, query: Select[*tuple[Any, ...]], page: PageRequest) -> Any:
        """Return `query` in order, from the cursor on, with one row more than asked.

        Raises:
            BadPage: `page.after` is no cursor of this list.
        """
        for column in self.columns:
            query = query.order_by(column.desc() if self.descending else column.asc())
        if page.after is not None:
            types = (column.type.python_type for column in self.columns)
            values = decode_cursor(page.after, *types)
            key = tuple_(*self.columns)
            last = tuple_(
                *(
                    literal(value, column.type)
                    for value, column in zip(values, self.columns, strict=True)
                )
            )
            query = query.where(key < last if self.descending else key > last)
        return query.limit(page.limit + 1)

    def page(
        self,
        rows: Sequence[RowMapping],
        page: PageRequest,
        make: Callable[[RowMapping], T],
    ) -> Page[T]:
        """Return the page of what `select` found, each row made into an item."""
        kept = rows[: page.limit]
        following = None
        if len(rows) > page.limit:
            following = encode_cursor(*(kept[-1][column] for column in self.columns))
        return Page(items=tuple(make(row) for row in kept), next=following)
