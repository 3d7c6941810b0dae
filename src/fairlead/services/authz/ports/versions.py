"""The version of a tenant's rights, which every change of them raises."""

from abc import abstractmethod
from collections.abc import Callable
from typing import Protocol


class VersionStore(Protocol):
    """Keeps the version of one tenant."""

    @abstractmethod
    async def current(self) -> int:
        """Return the version; 0 before the first change."""

    @abstractmethod
    async def bump(self, then: Callable[[int], None]) -> int:
        """Raise the version by one and return it; 1 the first time.

        `then` is called with it once this unit of work is durable, and never if it is
        undone.
        """
