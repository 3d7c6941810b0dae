"""Where groups and their members are."""

from abc import abstractmethod
from typing import Protocol
from uuid import UUID

from fairlead.kernel.paging import Page, PageRequest
from fairlead.services.authz.public import Group, Member


class GroupStore(Protocol):
    """Keeps the groups of one tenant and who is in them."""

    @abstractmethod
    async def list(self, page: PageRequest) -> Page[Group]:
        """Return groups by name."""

    @abstractmethod
    async def find(self, name: str) -> Group | None:
        """Return one group; None: there is none."""

    @abstractmethod
    async def add(self, group: Group) -> None:
        """Store a new group, without members.

        Raises:
            GroupNameTaken: there is one of this name.
        """

    @abstractmethod
    async def describe(self, group_id: UUID, summary: str) -> None:
        """Replace the summary; no such group is fine."""

    @abstractmethod
    async def remove(self, group_id: UUID) -> None:
        """Remove a group with its members, not its bindings; none is fine."""

    @abstractmethod
    async def members(self, group_id: UUID, page: PageRequest) -> Page[Member]:
        """Return the members of a group by name."""

    @abstractmethod
    async def join(self, group_id: UUID, member: Member) -> bool:
        """Add a member; tell whether they were not in it already."""

    @abstractmethod
    async def leave(self, group_id: UUID, user_id: UUID) -> bool:
        """Take a member out; tell whether they were in it."""

    @abstractmethod
    async def of(self, user_id: UUID) -> tuple[Group, ...]:
        """Return the groups a user is in by name; `members` is not counted (0)."""
