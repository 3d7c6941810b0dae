"""What a module gives to the dependency container and to the life of the server."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

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


@runtime_checkable
class Drained(Protocol):
    """An `Opened` that lets what runs come to its end before it is closed."""

    @abstractmethod
    def awaited(self) -> str:
        """Say what `drain` would wait for now, and how long; empty: for nothing."""

    @abstractmethod
    async def drain(self) -> None:
        """Take on nothing more; return when what runs has ended, or time is up.

        May be cancelled, by a person who does not want to wait.
        """


@dataclass(frozen=True)
class LifecyclePart(Part):
    """APP-scoped `Opened` types, opened in this order and closed in reverse."""

    types: tuple[type[Any], ...]


@dataclass(frozen=True)
class HealthPart(Part):
    """APP-scoped `HealthCheck` types that `GET /ready` asks."""

    types: tuple[type[Any], ...]
