"""Own roles in memory, for tests."""

from typing_extensions import override

from fairlead.services.authz.domain import OwnRole
from fairlead.services.authz.ports import RoleStore
from fairlead.services.authz.public import RoleNameTaken


class MemoryRoleStore(RoleStore):
    """Keeps the roles of one tenant in a dict; counts how often it was asked."""

    def __init__(self) -> None:
        """Start empty."""
        self._roles: dict[str, OwnRole] = {}
        self.loads = 0

    @override
    async def all(self) -> tuple[OwnRole, ...]:
        self.loads += 1
        return tuple(self._roles[name] for name in sorted(self._roles))

    @override
    async def add(self, role: OwnRole) -> None:
        if role.name in self._roles:
            raise RoleNameTaken(f"There is a role '{role.name}' already.")
        self._roles[role.name] = role

    @override
    async def save(self, role: OwnRole) -> None:
        if role.name in self._roles:
            self._roles[role.name] = role

    @override
    async def remove(self, name: str) -> None:
        self._roles.pop(name, None)
