"""Declared and served routes must be the same."""

from collections.abc import Iterable

from litestar import Litestar
from litestar.routes import HTTPRoute

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
