"""What the use cases need from the outside, in their own words."""

from abc import abstractmethod
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from fairlead.kernel.paging import Page, PageRequest
from fairlead.kernel.reach import Reach
from fairlead.services.authz.public import Binding


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which bindings are wanted; None: any.

    Attributes:
        holders: Of exactly these users and groups, by id; each with the name.
        reach: Within it.
    """

    holders: Mapping[UUID, str] | None = None
    role: str | None = None
    scope: str | None = None
    reach: Reach = field(default_factory=lambda: Reach(everywhere=True))


class BindingStore(Protocol):
    """Keeps the bindings of one tenant, to users and to groups."""

    @abstractmethod
    async def list(self, wanted: Wanted, page: PageRequest) -> Page[Binding]:
        """Return bindings by the holder's name, each holder's oldest first."""

    @abstractmethod
    async def held_by(self, holder_id: UUID) -> tuple[Binding, ...]:
        """Return the bindings of one user or group themselves by scope, then role."""

    @abstractmethod
    async def rights_of(self, user_id: UUID) -> tuple[Binding, ...]:
        """Return the bindings of a user and of their groups by scope, then role."""

    @abstractmethod
    async def holders(self, roles: AbstractSet[str], scope: str) -> tuple[Binding, ...]:
        """Return the bindings of these roles at exactly `scope` by holder's name."""

    @abstractmethod
    async def bound(self, role: str) -> bool:
        """Tell whether anybody has `role` anywhere."""

    @abstractmethod
    async def find(self, binding_id: UUID) -> Binding | None:
        """Return one binding; None: there is none."""

    @abstractmethod
    async def add(self, binding: Binding) -> Binding:
        """Store `binding`, or return the one that says the same already."""

    @abstractmethod
    async def remove(self, binding_id: UUID) -> None:
        """Remove a binding; none is fine."""

    @abstractmethod
    async def remove_within(self, scope: str) -> tuple[Binding, ...]:
        """Remove the bindings at `scope` and below it; return them in no order."""
