"""Pages of lists in memory."""

from collections.abc import Callable, Iterable
from typing import TypeVar

from fairlead.kernel.paging import Page, PageRequest

T = TypeVar("T")


def page_of(
    items: Iterable[T], page: PageRequest, *, key: Callable[[T], str]
) -> Page[T]:
    """Return a page of `items` in the order of their unique keys."""
    ordered = sorted(items, key=key)
    left = [each for each in ordered if key(each) > (page.after or "")]
    shown = tuple(left[: page.limit])
    more = len(left) > len(shown)
    return Page(items=shown, next=key(shown[-1]) if more else None)
