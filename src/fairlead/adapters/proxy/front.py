"""A TCP front: one stable address before a set of backends that may change."""

import asyncio
from collections import Counter
from collections.abc import Iterable

from fairlead.adapters.proxy.link import Address, Client, Upstream

UNAVAILABLE = (
    b"HTTP/1.1 503 Service Unavailable\r\n"
    b"Content-Type: text/plain; charset=utf-8\r\n"
    b"Content-Length: 50\r\n"
    b"Retry-After: 1\r\n"
    b"Connection: close\r\n\r\n"
    b"No replica of this service answers now. Try again\n"
)


class TcpFront:
    """Passes each new connection to the next live backend and counts it there.

    A backend that refuses is passed over for the next one. With no backend, or more
    than `max_connections`, the caller gets a plain HTTP 503 and the connection ends.
    Slow readers hold back their own writer only; memory per connection is bounded.
    """

    def __init__(
        self,
        *,
        idle_seconds: float = 600.0,
        max_connections: int = 2048,
        connect_seconds: float = 3.0,
    ) -> None:
        """End connections on which no byte moved for `idle_seconds`."""
        self._idle_seconds = idle_seconds
        self._max_connections = max_connections
        self._connect_seconds = connect_seconds
        self._backends: tuple[Address, ...] = ()
        self._turn = 0
        self._open: Counter[Address] = Counter()
        self._emptied: dict[Address, asyncio.Event] = {}
        self._clients: set[Client] = set()
        self._joining: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self._sweep: asyncio.TimerHandle | None = None

    async def open(self, host: str, port: int) -> None:
        """Listen.

        Raises:
            OSError: the port is taken or may not be used.
        """
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: Client(self._accept, self._leave), host, port, backlog=512
        )
        self._sweep = loop.call_later(self._idle_seconds / 4, self._end_idle)

    @property
    def address(self) -> Address:
        """Return where it listens.

        Raises:
            ValueError: it is not open.
        """
        if self._server is None:
            raise ValueError("not open")
        host, port = self._server.sockets[0].getsockname()[:2]
        return host, port

    def point(self, backends: Iterable[Address]) -> None:
        """Send new connections to `backends` from now on; open ones stay."""
        self._backends = tuple(backends)

    @property
    def backends(self) -> tuple[Address, ...]:
        """Return where new connections go."""
        return self._backends

    def connections(self, backend: Address) -> int:
        """Return how many connections to `backend` are open or being opened."""
        return self._open[backend]

    async def drained(self, backend: Address, *, timeout_seconds: float) -> bool:
        """Wait until `backend` has no connection; False: some were left at the end."""
        if not self._open[backend]:
            return True
        emptied = self._emptied.setdefault(backend, asyncio.Event())
        try:
            await asyncio.wait_for(emptied.wait(), timeout_seconds)
        except TimeoutError:
            return False
        return True

    async def close(self) -> None:
        """Stop listening and end every connection."""
        if self._sweep is not None:
            self._sweep.cancel()
        if self._server is not None:
            self._server.close()
            self._server = None
        for task in list(self._joining):
            task.cancel()
        for client in list(self._clients):
            client.abort()
        await asyncio.gather(*self._joining, return_exceptions=True)

    def _accept(self, client: Client) -> None:
        self._clients.add(client)
        if not self._backends or len(self._clients) > self._max_connections:
            client.refuse(UNAVAILABLE)
            return
        task = asyncio.get_running_loop().create_task(self._join(client))
        self._joining.add(task)
        task.add_done_callback(self._joining.discard)

    def _leave(self, client: Client) -> None:
        self._clients.discard(client)

    async def _join(self, client: Client) -> None:
        tried: set[Address] = set()
        while (backend := self._next(tried)) is not None and not client.gone:
            tried.add(backend)
            if await self._connect(client, backend):
                return
        client.refuse(UNAVAILABLE)

    def _next(self, tried: set[Address]) -> Address | None:
        count = len(self._backends)
        for step in range(count):
            backend = self._backends[(self._turn + step) % count]
            if backend not in tried:
                self._turn = (self._turn + step + 1) % count
                return backend
        return None

    async def _connect(self, client: Client, backend: Address) -> bool:
        loop = asyncio.get_running_loop()
        upstream = Upstream(client, lambda: self._release(backend))
        self._open[backend] += 1
        try:
            await asyncio.wait_for(
                loop.create_connection(lambda: upstream, *backend),
                self._connect_seconds,
            )
        except (OSError, TimeoutError):
            upstream.release()
            return False
        except asyncio.CancelledError:
            upstream.release()
            raise
        client.join(upstream)
        return True

    def _release(self, backend: Address) -> None:
        self._open[backend] -= 1
        if self._open[backend] <= 0:
            del self._open[backend]
            emptied = self._emptied.pop(backend, None)
            if emptied is not None:
                emptied.set()

    def _end_idle(self) -> None:
        loop = asyncio.get_running_loop()
        oldest = loop.time() - self._idle_seconds
        for client in [client for client in self._clients if client.moved < oldest]:
            client.abort()
        self._sweep = loop.call_later(self._idle_seconds / 4, self._end_idle)
