"""Users by what they have, in memory, for tests."""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from collections.abc import Set as AbstractSet
from typing import TypeVar
from uuid import UUID

from typing_extensions import override

from fairlead.kernel.paging import MAX_LIMIT, BadPage, Page, PageRequest
from fairlead.services.authz.ports import BindingStore, GroupStore, Wanted
from fairlead.services.authz.ports.holders import Holder, HolderStore
from fairlead.services.authz.public import Binding, HolderKind, Member

T = TypeVar("T")


class MemoryHolderStore(HolderStore):
    """Goes through all bindings and members of the two stores it is over."""

    def __init__(self, bindings: BindingStore, groups: GroupStore) -> None:
        """Find the users of the tenant of these stores."""
        self._bindings = bindings
        self._groups = groups

    @override
    async def having(
        self,
        roles: AbstractSet[str],
        scopes: AbstractSet[str] | None,
        page: PageRequest,
    ) -> Page[Holder]:
        found: set[tuple[str, UUID]] = set()
        async for binding in self._all():
            if binding.role in roles and (scopes is None or binding.scope in scopes):
                found.update(await self._holders(binding))
        last = _last(page.after)
        left = [each for each in sorted(found) if last is None or each > last]
        kept = left[: page.limit]
        return Page(
            items=tuple(Holder(user_id=key, user_name=name) for name, key in kept),
            next="{} {}".format(*kept[-1]) if len(left) > page.limit else None,
        )

    @override
    async def rights_of(
        self, users: Collection[UUID]
    ) -> Mapping[UUID, tuple[Binding, ...]]:
        return {user: await self._bindings.rights_of(user) for user in users}

    async def _holders(self, binding: Binding) -> list[tuple[str, UUID]]:
        if binding.principal_kind is HolderKind.USER:
            return [(binding.principal_name, binding.principal_id)]

        async def read(page: PageRequest) -> Page[Member]:
            return await self._groups.members(binding.principal_id, page)

        return [(each.user_name, each.user_id) async for each in _each(read)]

    async def _all(self) -> AsyncIterator[Binding]:
        async for binding in _each(lambda page: self._bindings.list(Wanted(), page)):
            yield binding


async def _each(
    read: Callable[[PageRequest], Awaitable[Page[T]]],
) -> AsyncIterator[T]:
    after: str | None = None
    while True:
        page = await read(PageRequest(limit=MAX_LIMIT, after=after))
        for item in page.items:
            yield item
        after = page.next
        if after is None:
            return


def _last(after: str | None) -> tuple[str, UUID] | None:
    if after is None:
        return None
    name, _, key = after.partition(" ")
    try:
        return name, UUID(key)
    except ValueError as error:
        raise BadPage("Use a cursor from 'next' of the page before.") from error
