"""The gate over HTTP: a guard for every route, and the list of routes."""

from typing import Any

from dishka import AsyncContainer
from litestar import Controller, get
from litestar.handlers import BaseRouteHandler
from litestar.types import Receive, Scope
from msgspec import Struct

from fairlead.adapters.http.guards import Guard
from fairlead.adapters.http.injection import FromDishka, inject
from fairlead.adapters.http.routes import COOKIE_ROUTE
from fairlead.adapters.pages.forms import SAFE
from fairlead.kernel.errors import ErrorKind, FairleadError
from fairlead.kernel.principal import Principal, PrincipalKind
from fairlead.services.audit.public import AuditTrail, refused
from fairlead.services.auth.public import KeyPlace
from fairlead.services.gateway.domain import (
    Gate,
    NobodyThere,
    RouteTable,
    admitted,
    attempt,
)
from fairlead.services.gateway.use_cases import ListRoutes


class RouteBody(Struct, kw_only=True):
    """A route and the permission it asks for (or `public`, or `signed-in`)."""

    method: str
    path: str
    permission: str


class RouteListBody(Struct, kw_only=True):
    """All routes."""

    items: list[RouteBody]


class GatewayController(Controller):
    """Routes under `/api/v1/gateway`."""

    path = "/api/v1/gateway"
    tags = ("gateway",)

    @get("/routes")
    @inject
    async def routes(
        self, who: FromDishka[Principal], list_routes: FromDishka[ListRoutes]
    ) -> RouteListBody:
        """List every route of the API and what it asks for."""
        routes = await list_routes(who)
        return RouteListBody(
            items=[
                RouteBody(
                    method=route.method, path=route.path, permission=route.permission
                )
                for route in routes
            ]
        )


async def guard(connection: Scope, _: Receive) -> None:
    """Admit the caller to the route, by the permission its manifest declares.

    The platform's own routes (health, the OpenAPI document, metrics where settings say
    so) are in no manifest and open to all; that no other is missing is checked at the
    start.

    Raises:
        NobodyThere: the caller is not known. Who opens a page is only shown the way to
            log in: that is no refusal, and not in the trail.
        NotAllowed: the caller has the permission nowhere.
    """
    scope: Any = connection
    container: AsyncContainer = scope["state"]["dishka_container"]
    who: Principal = scope["state"]["principal"]
    template: str = scope["path_template"]
    table = await container.get(RouteTable)
    permission = table.permission(scope["method"], template)
    if who.kind is PrincipalKind.API_KEY:
        await container.get(KeyPlace)
    if not admitted(who, permission, template):
        if not who.known and _looks(scope):
            raise NobodyThere
        gate = await container.get(Gate)
        await gate.admit(who, permission, asked=_asked(scope), template=template)


def recorded(guard: Guard) -> Guard:
    """Return `guard`; whom it forbids something is in the audit trail from now on."""

    async def asked(connection: Scope, receive: Receive) -> None:
        try:
            await guard(connection, receive)
        except FairleadError as error:
            if error.kind is ErrorKind.FORBIDDEN:
                await _record(connection, error)
            raise

    return asked


async def _record(scope: Any, error: FairleadError) -> None:
    container: AsyncContainer = scope["state"]["dishka_container"]
    table = await container.get(RouteTable)
    permission = table.permission(scope["method"], scope["path_template"])
    trail = await container.get(AuditTrail)
    act = attempt(permission, _asked(scope))
    await trail.record(scope["state"]["principal"], refused(act, error))


def _looks(scope: Any) -> bool:
    """Tell whether somebody opens a page, which changes nothing."""
    handler: BaseRouteHandler = scope["route_handler"]
    return scope["method"] in SAFE and handler.opt.get(COOKIE_ROUTE) is True


def _asked(scope: Any) -> str:
    return f"{scope['method']} {scope['path']}"
