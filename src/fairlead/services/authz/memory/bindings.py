"""Bindings in memory, for tests."""

from collections.abc import Callable
from uuid import UUID

from typing_extensions import override

from fairlead.services.authz.ports import BindingStore
from fairlead.services.authz.public import Binding


class MemoryBindingStore(BindingStore):
    """Keeps the bindings of one tenant in a dict; counts how often it was asked."""

    def __init__(self) -> None:
        """Start empty, at version 0."""
        self._bindings: dict[UUID, Binding] = {}
        self.version = 0
        self.loads = 0

    @override
    async def all(self) -> tuple[Binding, ...]:
        return tuple(
            sorted(
                self._bindings.values(),
                key=lambda each: (each.principal_name, each.scope, each.role),
            )
        )

    @override
    async def held_by(self, principal_id: UUID) -> tuple[Binding, ...]:
        self.loads += 1
        bindings = await self.all()
        return tuple(each for each in bindings if each.principal_id == principal_id)

    @override
    async def holders(self, role: str, scope: str) -> tuple[Binding, ...]:
        bindings = await self.all()
        return tuple(
            each for each in bindings if (each.role, each.scope) == (role, scope)
        )

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

    @override
    async def bump(self, then: Callable[[], None]) -> int:
        self.version += 1
        then()
        return self.version


def _says(binding: Binding) -> tuple[UUID, str, str]:
    return (binding.principal_id, binding.role, binding.scope)
