"""Bindings in memory, for tests."""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from uuid import UUID

from typing_extensions import override

from fairlead.kernel.paging import Page, PageRequest
from fairlead.services.authz.domain import covers
from fairlead.services.authz.memory.groups import MemoryGroupStore
from fairlead.services.authz.memory.paging import page_of
from fairlead.services.authz.ports import BindingStore, Wanted
from fairlead.services.authz.public import Binding


class MemoryBindingStore(BindingStore):
    """Keeps the bindings of one tenant in a dict; counts how often it was asked."""

    def __init__(self, groups: MemoryGroupStore | None = None) -> None:
        """Start empty; `groups` knows who is in which."""
        self._bindings: dict[UUID, Binding] = {}
        self._groups = groups or MemoryGroupStore()
        self.loads = 0

    @override
    async def list(self, wanted: Wanted, page: PageRequest) -> Page[Binding]:
        return page_of(self._wanted(wanted), page, key=_by_name)

    def _wanted(self, wanted: Wanted) -> Iterable[Binding]:
        for each in self._bindings.values():
            if (
                covers(wanted.reach, each.scope)
                and (wanted.holders is None or each.principal_id in wanted.holders)
                and wanted.role in {None, each.role}
                and wanted.scope in {None, each.scope}
            ):
                yield each

    @override
    async def held_by(self, holder_id: UUID) -> tuple[Binding, ...]:
        return self._of_scopes({holder_id})

    @override
    async def rights_of(self, user_id: UUID) -> tuple[Binding, ...]:
        self.loads += 1
        return self._of_scopes(self._helping(user_id))

    @override
    async def holders(self, roles: AbstractSet[str], scope: str) -> tuple[Binding, ...]:
        found = (
            each
            for each in self._bindings.values()
            if each.role in roles and each.scope == scope
        )
        return tuple(sorted(found, key=_by_name))

    @override
    async def bound(self, role: str) -> bool:
        return any(each.role == role for each in self._bindings.values())

    @override
    async def find(self, binding_id: UUID) -> Binding | None:
        return self._bindings.get(binding_id)

    @override
    async def add(self, binding: Binding) -> Binding:
        for each in self._bindings.values():
            if _says(each) == _says(binding):
                return each
        self._bindings[binding.id] = binding
        return binding

    @override
    async def remove(self, binding_id: UUID) -> None:
        self._bindings.pop(binding_id, None)

    @override
    async def remove_within(self, scope: str) -> tuple[Binding, ...]:
        gone = tuple(
            each
            for each in self._bindings.values()
            if f"{each.scope}/".startswith(f"{scope}/")
        )
        for each in gone:
            del self._bindings[each.id]
        return gone

    def _helping(self, user_id: UUID) -> AbstractSet[UUID]:
        return {user_id} | self._groups.ids_of(user_id)

    def _of_scopes(self, holders: AbstractSet[UUID]) -> tuple[Binding, ...]:
        found = (
            each for each in self._bindings.values() if each.principal_id in holders
        )
        return tuple(sorted(found, key=lambda each: (each.scope, each.role, each.id)))


def _by_name(binding: Binding) -> str:
    return f"{binding.principal_name} {binding.id}"


def _says(binding: Binding) -> tuple[UUID, str, str]:
    return (binding.principal_id, binding.role, binding.scope)
