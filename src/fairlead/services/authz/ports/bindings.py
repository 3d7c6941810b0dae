"""What the use cases need from the outside, in their own words."""

from abc import abstractmethod
from collections.abc import Callable
from typing import Protocol
from uuid import UUID

from fairlead.services.authz.public import Binding


class BindingStore(Protocol):
    """Keeps the bindings of one tenant."""

    @abstractmethod
    async def all(self) -> tuple[Binding, ...]:
        """Return every binding by principal name, then scope, then role."""

    @abstractmethod
    async def held_by(self, principal_id: UUID) -> tuple[Binding, ...]:
        """Return the bindings of one principal by scope, then role."""

    @abstractmethod
    async def holders(self, role: str, scope: str) -> tuple[Binding, ...]:
        """Return the bindings of `role` at exactly `scope` by principal name."""

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

    @abstractmethod
    async def bump(self, then: Callable[[], None]) -> int:
        """Raise the tenant's version by one and return it; 1 the first time.

        `then` is called once this unit of work is durable, and never if it is undone.
        """
