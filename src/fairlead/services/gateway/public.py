"""The gate as others see it."""

from abc import abstractmethod
from typing import Protocol

from fairlead.kernel.module import Route


class RouteTable(Protocol):
    """Every route of every loaded module."""

    @abstractmethod
    def routes(self) -> tuple[Route, ...]:
        """Return the routes by path, then method."""
