"""An edge before a small application, with what tests need to look at."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import httpx
from dishka import Provider, Scope, make_async_container
from litestar import Litestar, Request, get, post
from litestar.exceptions import HTTPException
from litestar.params import JSONBody
from prometheus_client import CollectorRegistry
from typing_extensions import override

from fairlead.adapters.http.authentication import Authenticator, CookieAuthenticator
from fairlead.adapters.http.bodies import BodyRequest
from fairlead.adapters.http.edge import Edge
from fairlead.adapters.http.guards import together
from fairlead.adapters.http.metrics import HttpMetrics
from fairlead.adapters.http.problems import foreseen, unforeseen, unparsed
from fairlead.adapters.http.routes import COOKIE_ROUTE
from fairlead.adapters.http.settings import HttpSettings
from fairlead.adapters.pages.guard import browser_guard
from fairlead.kernel.errors import ErrorKind, FairleadError
from fairlead.kernel.principal import Origin, Principal

PROXY = "10.0.0.1"
COOKIE = {"Cookie": "fairlead_session=good"}
BEARER = {"Authorization": "Bearer good"}


class BadToken(FairleadError):
    kind = ErrorKind.UNAUTHENTICATED
    code = "test.bad_token"


class FullDisk(FairleadError):
    kind = ErrorKind.UNAVAILABLE
    code = "test.full_disk"


class OneToken(Authenticator, CookieAuthenticator):
    """Knows the credential `good`."""

    @override
    async def principal(self, credential: str, *, origin: Origin) -> Principal:
        if credential != "good":
            raise BadToken("This token is not valid.")
        return Principal(id=UUID(int=7), name="ada", origin=origin)


@get("/api/v1/who")
async def api_who(request: Request[Any, Any, Any]) -> dict[str, str]:
    who: Principal = request.state.principal
    return {"name": who.name, "address": who.origin.address}


@post("/api/v1/echo", status_code=200)
async def echo(
    request: Request[Any, Any, Any], data: JSONBody[dict[str, Any]]
) -> dict[str, Any]:
    return {"who": request.state.principal.name, "data": data}


@post("/api/v1/cancel", status_code=200)
async def cancel(request: Request[Any, Any, Any]) -> dict[str, str]:
    return {"who": request.state.principal.name}


@get("/api/v1/full")
async def full() -> None:
    raise FullDisk("The database /home/ada/.fairlead/x.db is on a full disk.")


@get("/page", opt={COOKIE_ROUTE: True})
async def page(request: Request[Any, Any, Any]) -> dict[str, str]:
    return {"name": request.state.principal.name, "scheme": request.url.scheme}


@post("/page", opt={COOKIE_ROUTE: True}, status_code=200)
async def form(request: Request[Any, Any, Any]) -> dict[str, str]:
    return {"name": request.state.principal.name}


@asynccontextmanager
async def edge_client(
    address: str = "127.0.0.1", **settings: Any
) -> AsyncIterator[httpx.AsyncClient]:
    """Yield a client at `address` of an edge with these settings of `http`."""
    provider = Provider(scope=Scope.REQUEST)
    provider.from_context(provides=Principal, scope=Scope.REQUEST)
    web = Litestar(
        [api_who, echo, cancel, full, page, form],
        middleware=[together(browser_guard)],
        request_class=BodyRequest,
        exception_handlers={
            FairleadError: foreseen,
            HTTPException: unparsed,
            Exception: unforeseen,
        },
    )
    given = {"allowed_hosts": ("test",), "trusted_proxies": (PROXY,), **settings}
    edge = Edge(
        web,  # type: ignore[arg-type]
        container=make_async_container(provider),
        authenticator=OneToken(),
        cookies=OneToken(),
        settings=HttpSettings(**given),
        metrics=HttpMetrics(CollectorRegistry()),
    )
    transport = httpx.ASGITransport(
        app=edge,
        raise_app_exceptions=False,
        client=(address, 5),
    )
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client
