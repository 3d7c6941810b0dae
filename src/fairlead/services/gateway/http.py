"""The gate over HTTP: a guard for every route, and the list of routes."""

from typing import Any

from dishka import AsyncContainer
from litestar import Controller, get
from litestar.types import Receive, Scope
from msgspec import Struct

from fairlead.adapters.http.injection import FromDishka, inject
from fairlead.kernel.principal import Principal, PrincipalKind
from fairlead.services.auth.public import KeyPlace
from fairlead.services.gateway.domain import Gate, RouteTable, admitted
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
        asked = f"{scope['method']} {scope['path']}"
        gate = await container.get(Gate)
        await gate.admit(who, permission, asked=asked, template=template)
