"""Declared and served routes must be the same."""

from collections.abc import Iterable

from litestar import Litestar
from litestar.exceptions import HTTPException
from litestar.routes import HTTPRoute
from litestar.utils import normalize_path

from fairlead.kernel.module import BadModule, Route

_OWN = {"HEAD", "OPTIONS"}


def served(app: Litestar) -> set[tuple[str, str]]:
    """Return method and path of every route the application serves."""
    return {
        (
            method,
            route.path,
        )
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for method in route.methods
        if method not in _OWN
    }


def compare(app: Litestar, declared: Iterable[Route], own: Iterable[str]) -> None:
    """Refuse an application whose routes are not those the manifests declare.

    `own` are the paths of the platform itself (health, metrics, the OpenAPI document).

    Raises:
        BadModule: a served route is undeclared, or a declared one is not served.
    """
    have = {entry for entry in served(app) if entry[1] not in set(own)}
    want = {(route.method, route.path) for route in declared}
    wrong = [
        f"{method} {path} is served, but no module.yaml declares it"
        for method, path in sorted(have - want)
    ] + [
        f"{method} {path} is declared, but nothing serves it"
        for method, path in sorted(want - have)
    ]
    if wrong:
        raise BadModule(f"Routes do not fit: {'; '.join(wrong)}.")


COOKIE_ROUTE = "takes_cookie"  # in the `opt` of handlers that answer with pages


class CookieRoutes:
    """Tells whether a request's route is one a browser's cookie opens: a page."""

    def __init__(self, web: Litestar) -> None:
        """Ask the router of `web`, so that it is the route which is served."""
        self._router = web.asgi_router

    def take(self, method: str, path: str) -> bool:
        """Tell whether the cookie counts; also where only an error page is shown."""
        try:
            found = self._router.handle_routing(
                path=normalize_path(path), method=method
            )
        except HTTPException:
            return method in _SAFE
        return found[1].opt.get(COOKIE_ROUTE) is True


_SAFE = {"GET", "HEAD"}
