"""Groups: users who have roles together."""

from abc import abstractmethod
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from fairlead.kernel.errors import ErrorKind, FairleadError
from fairlead.kernel.paging import Page, PageRequest
from fairlead.kernel.principal import Principal


class GroupNotFound(FairleadError):
    """No group has this name."""

    kind = ErrorKind.NOT_FOUND
    code = "authz.group_not_found"


class GroupNameTaken(FairleadError):
    """There is a group of this name."""

    kind = ErrorKind.CONFLICT
    code = "authz.group_name_taken"


class BadGroup(FairleadError):
    """A group's name or summary is not possible."""

    kind = ErrorKind.INVALID
    code = "authz.bad_group"


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Users who have roles together."""

    id: UUID
    name: str
    summary: str
    members: int
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A user in a group."""

    user_id: UUID
    user_name: str
    since: datetime


class Groups(Protocol):
    """Manages groups on behalf of a caller; every method may raise NotAllowed.

    Who adds a member gives what the group has, so they need all of that themselves.
    """

    @abstractmethod
    async def list(self, who: Principal, page: PageRequest) -> Page[Group]:
        """Return groups by name."""

    @abstractmethod
    async def get(self, who: Principal, name: str) -> Group:
        """Return one group.

        Raises:
            GroupNotFound: there is none of this name.
        """

    @abstractmethod
    async def create(self, who: Principal, name: str, *, summary: str = "") -> Group:
        """Add a group without members.

        Raises:
            GroupNameTaken, BadGroup: as they say.
        """

    @abstractmethod
    async def update(self, who: Principal, name: str, *, summary: str) -> Group:
        """Replace the summary.

        Raises:
            GroupNotFound, BadGroup: as they say.
        """

    @abstractmethod
    async def delete(self, who: Principal, name: str) -> None:
        """Remove a group, and what it had with it.

        Raises:
            GroupNotFound: there is none of this name.
            LastAdministrator: nobody else would be an administrator of everything.
        """

    @abstractmethod
    async def members(
        self, who: Principal, name: str, page: PageRequest
    ) -> Page[Member]:
        """Return the members by name.

        Raises:
            GroupNotFound: there is none of this name.
        """

    @abstractmethod
    async def add(self, who: Principal, name: str, user: str) -> None:
        """Add a user; one who is in it already stays.

        Raises:
            GroupNotFound, UserNotFound, Escalation: as they say.
        """

    @abstractmethod
    async def remove(self, who: Principal, name: str, user: str) -> None:
        """Take a user out; one who is not in it is fine.

        Raises:
            GroupNotFound, UserNotFound: as they say.
            LastAdministrator: nobody else would be an administrator of everything.
        """
