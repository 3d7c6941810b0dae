"""Readers over HTTP that do not read: they miss output, and nobody waits for them."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import psutil
import uvicorn

from fairlead.adapters.http.sse import encode
from fairlead.adapters.http.streams import Streams
from fairlead.adapters.journals.files import FileJournals
from fairlead.services.operations.feeds import JournalFeeds
from fairlead.services.operations.public import FeedEvent

FEED = UUID(int=1)
SECONDS = 60
MIB = 1024 * 1024
LINES = ("x" * 1023 + "\n") * 64


@asynccontextmanager
async def served(feeds: JournalFeeds) -> AsyncIterator[tuple[Streams, Any]]:
    """Serve the feed to whoever connects, as the edge does."""
    streams = Streams(encode, look_seconds=0.05)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await streams.serve(feeds.follow(FEED), receive, send)

    listening = socket.create_server(("127.0.0.1", 0), backlog=256)
    config = uvicorn.Config(
        app,
        loop="none",
        http="httptools",
        ws="none",
        lifespan="off",
        log_config=None,
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server._serve(sockets=[listening]))  # noqa: SLF001 - without signals
    try:
        yield streams, listening.getsockname()
    finally:
        server.should_exit = server.force_exit = True
        await serving


async def connect(address: Any) -> socket.socket:
    """Ask for the feed, and read only that it begins."""
    reader = socket.socket()
    reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 * 1024)
    reader.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(reader, address)
    await loop.sock_sendall(reader, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    assert b" 200 " in await loop.sock_recv(reader, 64)
    return reader


async def rest(reader: socket.socket) -> bytes:
    loop, data = asyncio.get_running_loop(), bytearray()
    while b"event: end" not in data[-300:]:
        chunk = await loop.sock_recv(reader, MIB)
        assert chunk
        data += chunk
    return bytes(data)


async def test_stalled_readers_miss_output_and_cost_little(tmp_path: Path) -> None:
    """The writer is done at once; a late reader gets a gap, then what is newest."""
    journals = FileJournals(tmp_path)
    feeds = JournalFeeds(journals, max_lag=2 * MIB)
    await feeds.write(FEED, "begin\n")
    process = psutil.Process()
    async with asyncio.timeout(SECONDS), served(feeds) as (_, address):
        readers = [await connect(address) for _ in range(200)]
        before = process.memory_info().rss
        for number in range(12 * 16):
            await feeds.write(FEED, LINES, stream="step")
            if number % 50 == 0:
                await feeds.publish(FEED, FeedEvent(event="step.ended"))
                await asyncio.sleep(0.02)
        await feeds.write(FEED, "the newest line\n", stream="step")
        await journals.seal("operations/" + str(FEED))
        grown = process.memory_info().rss - before
        seen = await rest(readers[100])
        for reader in readers:
            reader.close()
    journals.close()

    assert grown < 100 * MIB  # half a MiB each, however much was written
    assert len(seen) < 8 * MIB
    assert seen.count(b"event: gap") == 1
    assert seen.count(b'"event":"step.ended"') == 4
    assert seen.index(b"event: gap") < seen.index(b"the newest line")


async def test_a_reader_that_leaves_is_noticed(tmp_path: Path) -> None:
    """Though nothing is sent meanwhile, and no task of its own listens."""
    journals = FileJournals(tmp_path)
    feeds = JournalFeeds(journals)
    async with asyncio.timeout(SECONDS), served(feeds) as (streams, address):
        readers = [await connect(address) for _ in range(8)]
        assert streams.open == 8
        for reader in readers[:7]:
            reader.close()
        while streams.open > 1:  # noqa: ASYNC110 - a deadline holds
            await asyncio.sleep(0.05)
        await feeds.write(FEED, "still served\n")
        loop, seen = asyncio.get_running_loop(), b""
        while b"still served" not in seen:
            seen += await loop.sock_recv(readers[7], MIB)
        readers[7].close()
    journals.close()
