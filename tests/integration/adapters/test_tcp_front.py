"""The TCP front, with real sockets."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest

from fairlead.adapters.proxy.front import TcpFront

LONG = 30.0
Address = tuple[str, int]


class Echo:
    """A backend that answers every line with its name and the line."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.server: asyncio.Server | None = None
        self.writers: set[asyncio.StreamWriter] = set()

    async def open(self) -> Address:
        """Listen on a free port."""
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        host, port = self.server.sockets[0].getsockname()
        return host, port

    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.writers.add(writer)
        while line := await reader.readline():
            writer.write(self.name.encode() + b":" + line)
        writer.close()

    def close(self) -> None:
        """End every connection."""
        assert self.server is not None
        self.server.close()
        for writer in self.writers:
            writer.close()


@pytest.fixture
async def front() -> AsyncIterator[TcpFront]:
    front = TcpFront()
    await front.open("127.0.0.1", 0)
    yield front
    await front.close()


@pytest.fixture
async def echoes() -> AsyncIterator[dict[str, Address]]:
    echoes = [Echo("a"), Echo("b")]
    yield {echo.name: await echo.open() for echo in echoes}
    for echo in echoes:
        echo.close()


async def ask(front: TcpFront, line: bytes = b"hi\n") -> bytes:
    """Return the whole answer to one line, closing our half first."""
    reader, writer = await asyncio.open_connection(*front.address)
    writer.write(line)
    writer.write_eof()
    answer = await asyncio.wait_for(reader.read(), LONG)
    writer.close()
    return answer


async def until(fact: object) -> None:
    """Wait for a condition, at most half a minute."""
    assert callable(fact)
    deadline = asyncio.get_running_loop().time() + LONG
    while not fact():
        assert asyncio.get_running_loop().time() < deadline
        await asyncio.sleep(0.01)


async def test_takes_backends_in_turn(
    front: TcpFront, echoes: dict[str, Address]
) -> None:
    front.point(echoes.values())

    answers = sorted([await ask(front) for _ in range(4)])

    assert answers == [b"a:hi\n", b"a:hi\n", b"b:hi\n", b"b:hi\n"]


async def test_passes_over_a_backend_that_refuses(
    front: TcpFront, echoes: dict[str, Address]
) -> None:
    gone = Echo("gone")
    address = await gone.open()
    gone.close()
    front.point([address, echoes["b"]])

    answers = [await ask(front) for _ in range(3)]

    assert answers == [b"b:hi\n"] * 3
    assert front.connections(address) == 0


async def test_answers_503_with_no_backend(front: TcpFront) -> None:
    answer = await ask(front, b"GET / HTTP/1.1\r\n\r\n")

    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 503 ")
    assert f"Content-Length: {len(body)}".encode() in head


async def test_refuses_more_connections_than_its_limit(
    echoes: dict[str, Address],
) -> None:
    front = TcpFront(max_connections=1)
    await front.open("127.0.0.1", 0)
    front.point([echoes["a"]])
    reader, writer = await asyncio.open_connection(*front.address)
    writer.write(b"first\n")
    assert await asyncio.wait_for(reader.readline(), LONG) == b"a:first\n"

    answer = await ask(front)

    assert answer.startswith(b"HTTP/1.1 503 ")
    writer.close()
    await front.close()


async def test_an_open_connection_stays_while_new_ones_go_elsewhere(
    front: TcpFront, echoes: dict[str, Address]
) -> None:
    """Draining waits for the old backend's last connection."""
    old, new = echoes["a"], echoes["b"]
    front.point([old])
    reader, writer = await asyncio.open_connection(*front.address)
    writer.write(b"one\n")
    assert await asyncio.wait_for(reader.readline(), LONG) == b"a:one\n"

    front.point([new])

    assert await ask(front) == b"b:hi\n"
    assert not await front.drained(old, timeout_seconds=0.05)
    writer.write(b"two\n")
    assert await asyncio.wait_for(reader.readline(), LONG) == b"a:two\n"
    drained = asyncio.ensure_future(front.drained(old, timeout_seconds=LONG))
    writer.close()
    assert await drained
    assert await front.drained(new, timeout_seconds=LONG)


async def test_ends_idle_connections(echoes: dict[str, Address]) -> None:
    front = TcpFront(idle_seconds=0.05)
    await front.open("127.0.0.1", 0)
    front.point([echoes["a"]])
    reader, writer = await asyncio.open_connection(*front.address)

    with suppress(ConnectionError):
        await asyncio.wait_for(reader.read(), LONG)

    await until(lambda: front.connections(echoes["a"]) == 0)
    writer.close()
    await front.close()


async def test_holds_back_a_fast_backend_for_a_slow_reader(front: TcpFront) -> None:
    """The front keeps little of what its caller has not read."""
    sent = 0
    size = 64 * 1024 * 1024

    async def flood(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        chunk = bytes(256 * 1024)
        while sent < size:
            writer.write(chunk)
            await writer.drain()
            sent += len(chunk)
        writer.close()

    server = await asyncio.start_server(flood, "127.0.0.1", 0)
    front.point([server.sockets[0].getsockname()])
    reader, writer = await asyncio.open_connection(*front.address)
    writer.write(b"go\n")
    before = -1
    while before != sent or sent == 0:
        before = sent
        await asyncio.sleep(0.2)

    assert sent < size / 2
    received = 0
    while data := await asyncio.wait_for(reader.read(1 << 20), LONG):
        received += len(data)
    assert received == size
    writer.close()
    server.close()


async def test_a_port_in_use_is_told() -> None:
    first, second = TcpFront(), TcpFront()
    await first.open("127.0.0.1", 0)

    with pytest.raises(OSError, match="in use"):
        await second.open(*first.address)

    await first.close()
    await second.close()
