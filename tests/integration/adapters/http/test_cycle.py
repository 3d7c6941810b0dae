"""Answers on a connection are those of uvicorn's own protocol, byte for byte."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn

from fairlead.adapters.http.protocol import Limits, limited

LONG = 30.0
LAST = b"GET /whole HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n"
SIZED, CLOSING = (b"content-length", b"4"), (b"Connection", b"Close")
ANSWERS: dict[str, tuple[int, list[tuple[bytes, bytes]], list[bytes]]] = {
    "/whole": (200, [SIZED, (b"X-Frame-Options", b"DENY")], [b"body"]),
    "/parts": (200, [SIZED], [b"bo", b"dy"]),
    "/late": (200, [SIZED], [b"body", b""]),
    "/chunked": (200, [], [b"bo", b"", b"dy"]),
    "/asked": (200, [(b"transfer-encoding", b"chunked")], [b"body"]),
    "/empty": (200, [(b"content-length", b"0")], [b""]),
    "/nothing": (204, [], [b""]),
    "/same": (304, [(b"etag", b'"x"')], [b""]),
    "/closing": (200, [SIZED, CLOSING], [b"body"]),
    "/long": (200, [SIZED], [b"bodybody"]),
    "/short": (200, [SIZED], [b"bo"]),
    "/name": (200, [SIZED, (b"x y", b"1")], [b"body"]),
    "/value": (200, [SIZED, (b"x-y", b"1\r\nz: 2")], [b"body"]),
}


async def app(scope: Any, receive: Any, send: Any) -> None:
    status, headers, parts = ANSWERS[scope["path"]]
    query = (b"x-query", scope["query_string"] + b" of " + scope["raw_path"])
    headers = [*headers, query]
    if scope["path"] == "/parts":
        await receive()
    await send({"type": "http.response.start", "status": status, "headers": headers})
    for number, part in enumerate(parts, 1):
        more = number < len(parts)
        await send({"type": "http.response.body", "body": part, "more_body": more})


@asynccontextmanager
async def serving(http: Any, **options: Any) -> AsyncIterator[int]:
    config = uvicorn.Config(
        app,
        port=0,
        http=http,
        ws="none",
        lifespan="off",
        log_config=None,
        date_header=False,
        **options,
    )
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.force_exit = True
        await server.shutdown()


async def told(port: int, request: bytes) -> bytes:
    """Return what comes back before the server closes the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    answer = await asyncio.wait_for(reader.read(), LONG)
    writer.close()
    return b"\n".join(sorted(answer.lower().split(b"\r\n")))


@pytest.mark.parametrize("path", ANSWERS)
@pytest.mark.parametrize("form", ["GET {} HTTP/1.1", "HEAD {} HTTP/1.1"])
async def test_every_form_of_answer(path: str, form: str) -> None:
    request = f"{form.format(path)}\r\nHost: test\r\n\r\n".encode() + LAST
    async with serving("httptools") as theirs, serving(limited(Limits())) as ours:
        assert await told(ours, request) == await told(theirs, request)


@pytest.mark.parametrize(
    "request_",
    [
        b"GET /whole HTTP/1.0\r\n\r\n",
        b"GET http://test/whole?a=b HTTP/1.1\r\nHost: test\r\n\r\n" + LAST,
        b"GET /whole?a=b?c#d HTTP/1.1\r\nHost: test\r\n\r\n" + LAST,
        b"GET /chunked HTTP/1.0\r\nHost: test\r\n\r\n",
        b"GET /%77hole?a=b HTTP/1.1\r\nHost: test\r\n\r\n" * 3 + LAST,
        b"POST /parts HTTP/1.1\r\nHost: test\r\nExpect: 100-continue\r\n"
        b"Content-Length: 2\r\n\r\n12" + LAST,
        b"POST /whole HTTP/1.1\r\nHost: test\r\nContent-Length: 2\r\n\r\n12" + LAST,
        b"GET /whole HTTP/1.1\r\nHost: test\r\nUpgrade: websocket\r\n"
        b"Connection: upgrade\r\n\r\n" + LAST,
    ],
)
async def test_every_form_of_request(request_: bytes) -> None:
    async with serving("httptools") as theirs, serving(limited(Limits())) as ours:
        assert await told(ours, request_) == await told(theirs, request_)


async def test_who_asks_no_more_is_let_go() -> None:
    request = b"GET /whole HTTP/1.1\r\nHost: test\r\n\r\n"
    async with serving(limited(Limits()), timeout_keep_alive=1) as port:
        answer = await told(port, request * 2)

    assert answer.count(b"http/1.1 200") == 2


async def test_too_many_at_once_are_told_so() -> None:
    async with serving(limited(Limits()), limit_concurrency=1) as port:
        assert b"http/1.1 503" in await told(port, LAST)
