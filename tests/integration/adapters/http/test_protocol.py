"""The limits of a connection, with real sockets."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
import uvicorn

from fairlead.adapters.http.protocol import Door, Limits, limited

LONG = 30.0
GET = b"GET / HTTP/1.1\r\nHost: test\r\n"
POST = b"POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 10\r\n\r\n"
CHUNKED = b"POST / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n"


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Answer with the body, or say that it never came."""
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        body += message["body"]
        more = message["more_body"]
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


Open = Callable[[], Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]


@asynccontextmanager
async def serving(limits: Limits) -> AsyncIterator[Open]:
    """Serve `echo` behind `limits` and yield what opens a connection to it."""
    config = uvicorn.Config(
        echo,
        port=0,
        http=limited(limits),  # type: ignore[arg-type]
        ws="none",
        lifespan="off",
        log_config=None,
        loop="none",
    )
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    port = server.servers[0].sockets[0].getsockname()[1]
    writers = []

    async def opened() -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writers.append(writer)
        return reader, writer

    try:
        yield opened
    finally:
        for writer in writers:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()
        server.force_exit = True
        await server.shutdown()


async def told(open_: Open, *parts: bytes) -> bytes:
    """Return what comes back before the server closes the connection."""
    reader, writer = await open_()
    answer = b""
    with suppress(ConnectionError):
        for part in parts:
            writer.write(part)
            await writer.drain()
    with suppress(ConnectionError):
        while data := await asyncio.wait_for(reader.read(65536), LONG):
            answer += data
    return answer


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (GET + b"a: b\r\n" * 6000, b"431"),
        (GET + b"a: " + b"b" * 70_000, b"431"),
        (GET + b"a: " + b"b" * 66_000 + b"\r\n\r\n", b"431"),
        (GET + b"a: " + b"b" * 1_000_000 + b"\r\n\r\n", b"431"),
        (b"G" + b"E" * 100_000, b"400"),
        (b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\n\r\n", b"414"),
        (b"GET /" + b"a" * 90_000, b"414"),
        (b"nonsense\r\n\r\n", b"400"),
        (CHUNKED + b"1;" + b"x" * 100_000, b"431"),
        (CHUNKED + b"1\r\nx\r\n0\r\n" + b"a: b\r\n" * 6000, b"431"),
        (CHUNKED + b"1\r\nx\r\n0\r\na: " + b"b" * 1_000_000, b"431"),
    ],
)
async def test_what_is_too_much_ends_the_connection(
    request_: bytes, status: bytes
) -> None:
    async with serving(Limits()) as open_:
        answer = await told(open_, request_)

    assert answer.startswith(b"HTTP/1.1 " + status)
    assert b"connection: close" in answer
    assert b"urn:fairlead:http." in answer


async def test_what_is_usual_passes() -> None:
    """Large heads, large bodies and many requests on one connection."""
    body = b"x" * 300_000
    head = b"POST / HTTP/1.1\r\nHost: test\r\nCookie: " + b"c" * 30_000
    whole = head + b"\r\nContent-Length: 300000\r\n\r\n" + body
    last = GET + b"Connection: close\r\n\r\n"
    async with serving(Limits()) as open_:
        answer = await told(open_, *[whole] * 3, last)

    assert answer.count(b"HTTP/1.1 200") == 4
    assert len(answer) > 900_000


async def test_a_flood_of_pipelined_requests_is_not_kept() -> None:
    async with serving(Limits()) as open_:
        answer = await told(open_, (GET + b"\r\n") * 5000)

    assert answer.count(b"HTTP/1.1 200") < 5000


@pytest.mark.parametrize(
    ("parts", "start"),
    [
        ((GET,), b"HTTP/1.1 408"),
        ((POST, b"12345"), b"HTTP/1.1 408"),
        ((CHUNKED, b"5\r\n12345\r\n"), b"HTTP/1.1 408"),
        ((b"",), b""),
        ((GET + b"\r\n", b"\r\n"), b"HTTP/1.1 200"),
    ],
)
async def test_nobody_is_waited_for_for_ever(
    parts: tuple[bytes, ...], start: bytes
) -> None:
    limits = Limits(head_seconds=0.2, body_seconds=0.2)
    async with serving(limits) as open_:
        assert (await told(open_, *parts)).startswith(start)


async def test_a_slow_body_that_goes_on_is_waited_for() -> None:
    async with serving(Limits(head_seconds=0.5, body_seconds=5)) as open_:
        reader, writer = await open_()
        writer.write(POST)
        for _ in range(10):
            await asyncio.sleep(0.1)
            writer.write(b"x")
        answer = await asyncio.wait_for(reader.readuntil(b"x" * 10), LONG)

    assert answer.startswith(b"HTTP/1.1 200")


async def test_one_address_gets_so_many_connections_and_room_again() -> None:
    async with serving(Limits(connections_per_address=2)) as open_:
        first, second = await open_(), await open_()
        refused = await told(open_, GET + b"\r\n")
        first[1].close()
        await first[1].wait_closed()
        deadline = asyncio.get_running_loop().time() + LONG
        last = GET + b"Connection: close\r\n\r\n"
        while not (answer := await told(open_, last)).startswith(b"HTTP/1.1 200"):
            assert asyncio.get_running_loop().time() < deadline, answer
        second[1].close()

    assert refused.startswith(b"HTTP/1.1 503")


def test_networks_count_as_one_and_proxies_only_for_the_whole() -> None:
    limits = Limits(
        connections=4, connections_per_address=1, trusted=frozenset({"10.0.0.1"})
    )
    door = Door(limits)

    assert door.enter("2001:db8::1")
    assert not door.enter("2001:db8::2")
    assert door.enter("2001:db8:0:1::1")
    assert door.enter("10.0.0.1")
    assert door.enter("10.0.0.1")
    assert not door.enter("10.0.0.1")
    door.leave("10.0.0.1")
    assert not door.enter("2001:db8::3")
    door.leave("2001:db8::1")
    assert door.enter("2001:db8::3")
