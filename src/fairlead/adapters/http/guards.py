"""Guards of routes: asked before a route's handler, whatever its controller says.

They are a middleware, because what the framework calls guards costs a copy of the
handler for each of them and each request.
"""

from collections.abc import Awaitable, Callable
from functools import partial

from litestar.types import ASGIApp, Receive, Scope, Send

Guard = Callable[[Scope, Receive], Awaitable[None]]


class Guarded:
    """A route's application, which only those reach whom all guards let pass."""

    def __init__(self, app: ASGIApp, *, guards: tuple[Guard, ...]) -> None:
        """Ask `guards`, one after the other; the first that raises refuses."""
        self._app = app
        self._guards = guards

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Ask, then pass the request on."""
        for guard in self._guards:
            await guard(scope, receive)
        await self._app(scope, receive, send)


def together(*guards: Guard) -> Callable[[ASGIApp], ASGIApp]:
    """Return the middleware that asks `guards`."""
    return partial(Guarded, guards=guards)
