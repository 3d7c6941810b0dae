"""Pages over HTTP: `limit` and `after` in, `{"items": …, "next": …}` out."""

from typing import Generic, TypeVar

from msgspec import Struct

from fairlead.kernel.paging import PageRequest

T = TypeVar("T")


class PageBody(Struct, Generic[T], kw_only=True):
    """One page; ask again with `after` set to `next` until that is null."""

    items: list[T]
    next: str | None = None


def page_request(limit: int | None, after: str | None) -> PageRequest:
    """Return the page the query parameters ask for.

    Raises:
        BadPage: `limit` is out of range.
    """
    return PageRequest(limit=50 if limit is None else limit, after=after or None)
