"""How streams end from our side: their reader may no longer read, the server stops."""

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
import uvicorn
from dishka import Provider, Scope, make_async_container
from litestar import Litestar, Request, get
from litestar.response import Stream
from prometheus_client import CollectorRegistry
from typing_extensions import override

from fairlead.adapters.http.authentication import Authenticator
from fairlead.adapters.http.edge import Edge
from fairlead.adapters.http.metrics import HttpMetrics
from fairlead.adapters.http.settings import HttpSettings
from fairlead.adapters.http.sse import frames, still
from fairlead.cli.server import _Server
from fairlead.kernel.access import Access
from fairlead.kernel.errors import ErrorKind, FairleadError
from fairlead.kernel.journal import Frame, FrameKind
from fairlead.kernel.principal import Origin, Principal

LONG = 30.0
REQUEST = b"GET /feed HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer good\r\n\r\n"


class Unknown(FairleadError):
    kind = ErrorKind.UNAUTHENTICATED
    code = "test.unknown"


class Forbidden(FairleadError):
    kind = ErrorKind.FORBIDDEN
    code = "test.forbidden"


@dataclass
class World(Authenticator, Access):
    """What is true of the caller."""

    known: bool = True
    asked: list[tuple[str, str]] = field(default_factory=list)
    allowed: bool = True

    @override
    async def principal(self, credential: str, *, origin: Origin) -> Principal:
        if not self.known:
            raise Unknown("This token is not valid.")
        return Principal(id=UUID(int=7), name="ada", origin=origin)

    @override
    async def require(
        self, who: Principal, permission: str, *, on: str = "/", target: str = ""
    ) -> None:
        self.asked.append((permission, on))
        if not self.allowed:
            raise Forbidden("You may not.")


async def endless(pause: float) -> AsyncIterator[Frame]:
    at = 0
    while True:
        yield Frame(
            offset=at, next=at + 1, kind=FrameKind.OUTPUT, at=0.0, stream="a", data=b"x"
        )
        at += 1
        await asyncio.sleep(pause)


@get("/feed")
async def feed(request: Request[Any, Any, Any]) -> Stream:
    return await frames(endless(0.01), allowed=still(request, "a.b.read", on="/x"))


@get("/quiet")
async def quiet(request: Request[Any, Any, Any]) -> Stream:
    return await frames(endless(1000), allowed=still(request, "a.b.read", on="/x"))


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
async def server(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[_Server, int]]:
    provider = Provider(scope=Scope.REQUEST)
    provider.from_context(provides=Principal, scope=Scope.REQUEST)
    provider.provide(lambda: world, provides=Access)
    edge = Edge(
        Litestar([feed, quiet]),  # type: ignore[arg-type]
        container=make_async_container(provider),
        authenticator=world,
        cookies=None,
        settings=HttpSettings(),
        metrics=HttpMetrics(CollectorRegistry()),
    )
    monkeypatch.setattr(edge._streams, "_look_seconds", 0.02)  # noqa: SLF001
    config = uvicorn.Config(
        edge,
        port=0,
        http="httptools",
        ws="none",
        lifespan="off",
        log_config=None,
        loop="none",
        timeout_graceful_shutdown=20,
    )
    config.load()
    server = _Server(config)
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    yield server, server.servers[0].sockets[0].getsockname()[1]
    server.force_exit = True
    await server.shutdown()


async def begun(port: int, request: bytes) -> tuple[asyncio.StreamReader, Any]:
    """Return a stream that has begun."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    await asyncio.wait_for(reader.readuntil(b"event: output"), LONG)
    return reader, writer


@pytest.mark.parametrize("path", [b"/feed", b"/quiet"])
@pytest.mark.parametrize("lost", ["known", "allowed"])
async def test_a_stream_ends_once_its_reader_may_not_read_it(
    server: tuple[_Server, int], world: World, path: bytes, lost: str
) -> None:
    """Whether frames flow or not; the last event says so and the answer is whole."""
    reader, writer = await begun(server[1], REQUEST.replace(b"/feed", path))
    setattr(world, lost, False)
    rest = await asyncio.wait_for(reader.readuntil(b"\r\n0\r\n\r\n"), LONG)
    writer.close()
    await writer.wait_closed()

    assert rest.count(b"event: closed") == 1
    assert b"event: output" not in rest.partition(b"event: closed")[2]
    assert set(world.asked) <= {("a.b.read", "/x")}


async def test_a_stream_goes_on_while_its_reader_may_read_it(
    server: tuple[_Server, int], world: World
) -> None:
    reader, writer = await begun(server[1], REQUEST)
    deadline = asyncio.get_running_loop().time() + LONG
    seen = b""
    while len(world.asked) < 3:
        assert asyncio.get_running_loop().time() < deadline
        seen += await asyncio.wait_for(reader.read(65536), LONG)
    writer.close()
    await writer.wait_closed()

    assert b"closed" not in seen


async def test_streams_end_with_the_server_at_once_and_whole(
    server: tuple[_Server, int], caplog: pytest.LogCaptureFixture
) -> None:
    """Nobody waits for the grace period, and nothing is logged as a failure."""
    running, port = server
    opened = [
        await begun(port, REQUEST.replace(b"/feed", p)) for p in (b"/feed", b"/quiet")
    ]
    with caplog.at_level(logging.ERROR, logger="uvicorn.error"):
        await asyncio.wait_for(running.shutdown(), 10)
    for reader, writer in opened:
        assert (await asyncio.wait_for(reader.read(), LONG)).endswith(b"0\r\n\r\n")
        writer.close()
        await writer.wait_closed()

    assert [each for each in caplog.records if each.levelno >= logging.ERROR] == []
