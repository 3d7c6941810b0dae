"""Users by what they have."""

from abc import abstractmethod
from collections.abc import Collection, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from fairlead.kernel.paging import Page, PageRequest
from fairlead.services.authz.public import Binding


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """A user who has a role somewhere, by themselves or by a group."""

    user_id: UUID
    user_name: str


class HolderStore(Protocol):
    """Finds the users of one tenant who have roles; costs what they are, not all."""

    @abstractmethod
    async def having(
        self,
        roles: AbstractSet[str],
        scopes: AbstractSet[str] | None,
        page: PageRequest,
    ) -> Page[Holder]:
        """Return who has one of `roles` at exactly one of `scopes` by name, each once.

        Members of groups that have it are among them. `scopes` None: anywhere.
        """

    @abstractmethod
    async def rights_of(
        self, users: Collection[UUID]
    ) -> Mapping[UUID, tuple[Binding, ...]]:
        """Return the bindings of each user and of their groups, in no order."""
