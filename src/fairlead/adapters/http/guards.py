"""Several guards as one: the framework copies the handler for each that it knows."""

from collections.abc import Awaitable, Callable
from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

Asked = ASGIConnection[Any, Any, Any, Any]
AsyncGuard = Callable[[Asked, BaseRouteHandler], Awaitable[None]]


def together(*guards: AsyncGuard) -> AsyncGuard:
    """Return a guard that asks `guards`, one after the other."""

    async def asking(connection: Asked, handler: BaseRouteHandler) -> None:
        for guard in guards:
            await guard(connection, handler)

    return asking
