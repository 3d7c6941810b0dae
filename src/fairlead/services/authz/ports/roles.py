"""Where a tenant's own roles are."""

from abc import abstractmethod
from typing import Protocol

from fairlead.services.authz.domain import OwnRole


class RoleStore(Protocol):
    """Keeps the own roles of one tenant."""

    @abstractmethod
    async def all(self) -> tuple[OwnRole, ...]:
        """Return every role by name; their number is bounded."""

    @abstractmethod
    async def add(self, role: OwnRole) -> None:
        """Store a new role.

        Raises:
            RoleNameTaken: there is one of this name.
        """

    @abstractmethod
    async def save(self, role: OwnRole) -> None:
        """Replace the role of the same name; none to replace is fine."""

    @abstractmethod
    async def remove(self, name: str) -> None:
        """Remove a role; none is fine."""
