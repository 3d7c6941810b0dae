"""The layer every request passes, over ASGI in process."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx
import pytest
from dishka import Provider, Scope, make_async_container
from litestar import Litestar, Request, get, post
from litestar.exceptions import HTTPException
from litestar.params import JSONBody
from prometheus_client import CollectorRegistry
from typing_extensions import override

from fairlead.adapters.http.authentication import Authenticator, CookieAuthenticator
from fairlead.adapters.http.edge import Edge
from fairlead.adapters.http.metrics import HttpMetrics
from fairlead.adapters.http.problems import foreseen, unforeseen, unparsed
from fairlead.adapters.http.routes import COOKIE_ROUTE
from fairlead.adapters.http.settings import HttpSettings
from fairlead.kernel.errors import ErrorKind, FairleadError
from fairlead.kernel.principal import Origin, Principal

ADA = Principal(id=UUID(int=7), name="ada")
Client = httpx.AsyncClient


class BadToken(FairleadError):
    kind = ErrorKind.UNAUTHENTICATED
    code = "test.bad_token"


class OneToken(Authenticator, CookieAuthenticator):
    """Knows the credential `good`."""

    @override
    async def principal(self, credential: str, *, origin: Origin) -> Principal:
        if credential != "good":
            raise BadToken("This token is not valid.")
        return Principal(id=ADA.id, name=ADA.name, origin=origin)


@get("/api/who")
async def api_who(request: Request[Any, Any, Any]) -> dict[str, str]:
    who: Principal = request.state.principal
    return {"name": who.name, "address": who.origin.address}


@get("/who", opt={COOKIE_ROUTE: True})
async def page_who(request: Request[Any, Any, Any]) -> dict[str, str]:
    return {"name": request.state.principal.name}


@get("/bug")
async def bug() -> None:
    raise ZeroDivisionError


@post("/echo")
async def echo(data: JSONBody[dict[str, Any]]) -> dict[str, Any]:
    return data


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    provider = Provider(scope=Scope.REQUEST)
    provider.from_context(provides=Principal, scope=Scope.REQUEST)
    web = Litestar(
        [api_who, page_who, bug, echo],
        exception_handlers={
            FairleadError: foreseen,
            HTTPException: unparsed,
            Exception: unforeseen,
        },
    )
    edge = Edge(
        web,  # type: ignore[arg-type]
        container=make_async_container(provider),
        authenticator=OneToken(),
        cookies=OneToken(),
        settings=HttpSettings(
            max_body_bytes=2048, trusted_proxies=("10.0.0.1",), allowed_hosts=("test",)
        ),
        metrics=HttpMetrics(CollectorRegistry()),
    )
    transport = httpx.ASGITransport(app=edge, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


async def test_bearer_is_the_caller(client: Client) -> None:
    answer = await client.get("/api/who", headers={"Authorization": "Bearer good"})
    assert answer.json()["name"] == "ada"


async def test_bad_token_is_a_problem(client: Client) -> None:
    answer = await client.get("/api/who", headers={"Authorization": "Bearer bad"})
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert answer.json()["code"] == "test.bad_token"


async def test_cookies_are_not_asked_below_api(client: Client) -> None:
    """A page may act by cookie; the API never does, so no form can reach it."""
    cookie = {"Cookie": "fairlead_session=good"}
    assert (await client.get("/who", headers=cookie)).json()["name"] == "ada"
    assert (await client.get("/api/who", headers=cookie)).json()["name"] == "anonymous"


async def test_headers_are_on_every_answer(client: Client) -> None:
    for path in ("/who", "/nowhere", "/bug"):
        answer = await client.get(path)
        assert UUID(answer.headers["x-request-id"]).int
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "default-src 'self'" in answer.headers["content-security-policy"]


async def test_request_id_of_the_caller_is_kept(client: Client) -> None:
    for given in (str(UUID(int=5)), "abc-123"):
        answer = await client.get("/who", headers={"X-Request-ID": given})
        assert answer.headers["x-request-id"] == given
    strange = await client.get("/who", headers={"X-Request-ID": "<script>"})
    assert strange.headers["x-request-id"] != "<script>"


async def test_bug_shows_only_its_id(client: Client) -> None:
    answer = await client.get("/bug")
    assert answer.status_code == 500
    assert UUID(answer.json()["error_id"]).int
    assert "ZeroDivision" not in answer.text


async def test_unknown_address_is_named(client: Client) -> None:
    answer = await client.get("/nowhere")
    assert answer.status_code == 404
    assert answer.json()["title"] == "There is nothing at /nowhere."


async def test_large_bodies_are_refused(client: Client) -> None:
    answer = await client.post("/echo", json={"text": "x" * 4096})
    assert answer.status_code == 413
    assert answer.json()["code"] == "http.body_too_large"


async def test_bodies_that_do_not_parse_are_400(client: Client) -> None:
    answer = await client.post(
        "/echo", content=b"{", headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
