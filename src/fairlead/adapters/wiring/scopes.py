"""Stores and use cases for work that no request asked for."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from dishka import AsyncContainer

from fairlead.kernel.principal import Principal


class Scopes:
    """Opens the scope a request would have: one connection, one principal."""

    def __init__(self, container: AsyncContainer) -> None:
        """Open scopes of the APP-scoped `container`."""
        self._container = container

    @asynccontextmanager
    async def enter(self, who: Principal) -> AsyncIterator[AsyncContainer]:
        """Yield a container for one piece of work; `await scope.get(Type)`."""
        async with self._container(context={Principal: who}) as scope:
            yield scope
