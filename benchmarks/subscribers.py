"""Many readers of one server-sent stream, in a process of their own.

`python -m benchmarks.subscribers HOST PORT COUNT` reads the request from its stdin up
to an empty line, subscribes, says `ready`, and at a second line prints the delays of
all messages since `ready`: each line `tick SECONDS` against the clock, in milliseconds.
"""

import asyncio
import json
import resource
import sys
import time
from typing import cast

import uvloop
from typing_extensions import override

AT_ONCE = 50
TICK = b'"text":"tick '


class Subscriber(asyncio.Protocol):
    """Reads one stream and notes how late each message came."""

    def __init__(self, request: bytes, seen: list[tuple[float, float]]) -> None:
        """Ask with `request`; add to `seen` when a message was sent and came."""
        self._request = request
        self._seen = seen
        self._rest = b""
        loop = asyncio.get_running_loop()
        self.begun: asyncio.Future[None] = loop.create_future()

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        cast(asyncio.Transport, transport).write(self._request)

    @override
    def data_received(self, data: bytes) -> None:
        now = time.time()
        *parts, self._rest = (self._rest + data).split(b"\n\n")
        if not self.begun.done():
            status = parts[0] if parts else self._rest
            if b" 200 " not in status[:16]:
                raise SystemExit(status.decode())
            self.begun.set_result(None)
        for part in parts:
            _, found, text = part.partition(TICK)
            if found:
                self._seen.append((float(text.split(b"\\", 1)[0]), now))


async def subscribe(host: str, port: int, count: int) -> None:
    """Hold `count` subscriptions until told to say what they saw."""
    lines = iter(sys.stdin.readline, "\n")
    request = "".join(line.rstrip("\n") + "\r\n" for line in lines).encode() + b"\r\n"
    loop = asyncio.get_running_loop()
    seen: list[tuple[float, float]] = []
    turns = asyncio.Semaphore(AT_ONCE)

    async def one() -> asyncio.BaseTransport:
        async with turns:
            transport, protocol = await loop.create_connection(
                lambda: Subscriber(request, seen), host, port
            )
            await protocol.begun
            return transport

    transports = await asyncio.gather(*(one() for _ in range(count)))
    began = time.time()
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    delays = [(came - sent) * 1000 for sent, came in seen if sent >= began]
    print(json.dumps(delays), flush=True)
    for transport in transports:
        transport.close()


if __name__ == "__main__":
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    uvloop.run(subscribe(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
