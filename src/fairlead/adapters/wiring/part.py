"""What a module gives to the dependency container and to the life of the server."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any, Protocol

from dishka import Provider

from fairlead.kernel.module import Part


@dataclass(frozen=True)
class ContainerPart(Part):
    """Providers that build the module's stores and use cases."""

    providers: tuple[Provider, ...]


class Opened(Protocol):
    """Something that works in the background while the server is up."""

    @abstractmethod
    async def open(self) -> None:
        """Begin; everything it needs of other modules is open already."""

    @abstractmethod
    async def close(self) -> None:
        """Stop and let go, within seconds."""


@dataclass(frozen=True)
class LifecyclePart(Part):
    """APP-scoped `Opened` types, opened in this order and closed in reverse."""

    types: tuple[type[Any], ...]


@dataclass(frozen=True)
class HealthPart(Part):
    """APP-scoped `HealthCheck` types that `GET /ready` asks."""

    types: tuple[type[Any], ...]
