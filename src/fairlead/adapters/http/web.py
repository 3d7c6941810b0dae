"""The framework's application, found by a shorter way.

The framework works out anew for each request what never changes: a path's route and
the exception handlers of its layers.
"""

from functools import lru_cache
from typing import Any

from litestar import Litestar
from litestar.exceptions import HTTPException
from litestar.middleware._internal.exceptions import ExceptionHandlerMiddleware
from litestar.types import ASGIApp
from litestar.utils import normalize_path
from litestar.utils.scope.state import ScopeState
from typing_extensions import override

PATHS = 1_024


class _Found:
    """A route, as one path and method find it."""

    __slots__ = ("app", "handler", "handlers", "parameters", "path", "template")

    def __init__(self, web: Litestar, path: str, method: str) -> None:
        """Look it up.

        Raises:
            HTTPException: there is none.
        """
        app, handler, self.path, self.parameters, self.template = (
            web.asgi_router.handle_routing(path=normalize_path(path), method=method)
        )
        self.app: ASGIApp = ExceptionHandlerMiddleware(app=app, debug=None)
        self.handler = handler
        self.handlers = handler.resolve_exception_handlers()


class Web(Litestar):
    """Answers as the framework does; what has no route is left to it wholly."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        """Take what the framework takes."""
        super().__init__(*arguments, **options)
        self._found = lru_cache(PATHS)(lambda *asked: _Found(self, *asked))

    @override
    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or scope.get("root_path"):
            await super().__call__(scope, receive, send)
            return
        try:
            found = self._found(scope["path"], scope["method"])
        except HTTPException:
            await super().__call__(scope, receive, send)
            return
        scope["app"] = scope["litestar_app"] = self
        scope["path"] = found.path
        scope["path_params"] = found.parameters
        scope["path_template"] = found.template
        scope["route_handler"] = found.handler
        ScopeState.from_scope(scope).exception_handlers = found.handlers
        await found.app(scope, receive, self._wrap_send(send=send, scope=scope))
