"""uvicorn's HTTP protocol with limits on what strangers may make it keep.

A request's head, its trailers and what lies between the parts of its body are counted
as they arrive, before anybody is logged in; who stops sending is not waited for.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any
from urllib.parse import unquote

import httptools
from typing_extensions import override
from uvicorn.protocols.http.flow_control import service_unavailable
from uvicorn.protocols.http.httptools_impl import (
    HttpToolsProtocol,
    RequestResponseCycle,
)

from fairlead.adapters.http.cycle import Cycle
from fairlead.adapters.http.refusals import refusal
from fairlead.adapters.http.signals import Flow, Signal
from fairlead.kernel.addresses import neighbourhood

SLOWEST_BYTES = 1024  # of a body, in a second, on average


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a connection may do.

    Attributes:
        head_bytes: Of a request's first line and fields, or of its trailers.
        pipelined: Requests that wait for an answer to the one before.
        head_seconds: Until a request's head must have arrived.
        body_seconds: Without any progress of a body.
        connections: Open at once; `connections_per_address`: of these, from one
            address (a /64 network in IPv6). Those of `trusted` addresses, which are
            proxies, count only for the whole.
    """

    head_bytes: int = 64 * 1024
    fields: int = 100
    url_bytes: int = 8 * 1024
    pipelined: int = 16
    head_seconds: float = 10.0
    body_seconds: float = 30.0
    connections: int = 10_000
    connections_per_address: int = 1_000
    trusted: frozenset[str] = frozenset()


class Door:
    """Counts the connections of one server."""

    def __init__(self, limits: Limits) -> None:
        """Let nobody in yet."""
        self.limits = limits
        self._inside: Counter[str] = Counter()
        self._all = 0

    def enter(self, address: str) -> bool:
        """Count one more connection; False: it is one too many and not counted."""
        limits, of = self.limits, self._name(address)
        if self._all >= limits.connections:
            return False
        if of and self._inside[of] >= limits.connections_per_address:
            return False
        self._all += 1
        if of:
            self._inside[of] += 1
        return True

    def leave(self, address: str) -> None:
        """Forget a connection that was let in."""
        self._all -= 1
        of = self._name(address)
        if not of:
            return
        self._inside[of] -= 1
        if self._inside[of] <= 0:
            del self._inside[of]

    def _name(self, address: str) -> str:
        return "" if address in self.limits.trusted else neighbourhood(address)


class _Phase(Enum):
    """What the connection waits for."""

    HEAD = auto()
    BODY = auto()
    NOTHING = auto()
    NEXT = auto()


_BETWEEN = frozenset({_Phase.NOTHING, _Phase.NEXT})


class _Stop(Exception):
    """Ends the parsing of a request that breaks a limit."""


def _parts(url: bytes) -> tuple[bytes, bytes]:
    """Return the path and the query of an address the parser has let pass."""
    if url.startswith(b"/") and b"#" not in url:
        path, _, query = url.partition(b"?")
        return path, query
    parsed = httptools.parse_url(url)
    return parsed.path, parsed.query or b""


class LimitedProtocol(HttpToolsProtocol):
    """One connection; `door` is shared by all of a server.

    It has slots for what it adds: with more than thirty attributes besides, each
    connection would have a dict of its own, of a kilobyte.
    """

    __slots__ = (
        "_address",
        "_began",
        "_door",
        "_fields",
        "_head",
        "_limits",
        "_longest",
        "_loose",
        "_phase",
        "_pipelined",
        "_received",
        "_since",
        "_status",
        "_timer",
    )

    def __init__(self, *, door: Door, **options: Any) -> None:
        """Take uvicorn's `options`."""
        super().__init__(**options)
        self.pipeline = ()  # type: ignore[assignment] # ours is
        self._pipelined: list[Cycle] = []
        self._door = door
        self._limits = door.limits
        self._address: str | None = None
        self._phase = _Phase.HEAD
        self._loose = 0  # bytes since the last part of a body or the last request
        self._fields = self._head = 0  # of fields: how many, and their bytes
        self._status = 400
        self._began = self._since = 0.0  # of the phase; of its last progress
        self._received = 0
        self._timer: asyncio.TimerHandle | None = None
        self._longest = min(door.limits.head_seconds, self.timeout_keep_alive)

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.flow = Flow(transport)
        address = self.client[0] if self.client else ""
        if not self._door.enter(address):
            self._refuse(503)
            return
        self._address = address
        self._wait(_Phase.HEAD)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        if self._address is not None:
            self._door.leave(self._address)
            self._address = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        super().connection_lost(exc)

    @override
    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        if self._phase in _BETWEEN:
            self._wait(_Phase.HEAD)
        self._loose += len(data)
        super().data_received(data)
        if self._loose > self._limits.head_bytes:
            self._refuse(431)

    @override
    def send_400_response(self, msg: str) -> None:
        self._refuse(self._status)

    @override
    def on_message_begin(self) -> None:
        self._fields = self._head = 0
        if self._phase in _BETWEEN:
            self._wait(_Phase.HEAD)
        super().on_message_begin()

    @override
    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        if len(self.url) > self._limits.url_bytes:
            self._stop(414)

    @override
    def on_header(self, name: bytes, value: bytes) -> None:
        self._fields += 1
        self._head += len(name) + len(value)
        limits = self._limits
        if self._fields > limits.fields or self._head > limits.head_bytes:
            self._stop(431)
        name = name.lower()
        if name == b"expect" and value.lower() == b"100-continue":
            self.expect_100_continue = True
        self.headers.append((name, value))

    @override
    def on_headers_complete(self) -> None:
        if len(self._pipelined) >= self._limits.pipelined:
            self._stop(400)
        self._received = 0
        self._wait(_Phase.BODY)
        version = self._complete_scope()
        self.headers = []  # the request's are its scope's; trailers are nobody's
        before, self.cycle = self.cycle, self._cycle(version)
        if before is None or before.response_complete:
            self._answer(self.cycle)
        else:
            self.flow.pause_reading()
            self._pipelined.append(self.cycle)

    def _answer(self, cycle: RequestResponseCycle) -> None:
        app = service_unavailable if self._is_crowded() else self.app
        self._start_asgi_task(cycle, app)

    def _complete_scope(self) -> str:
        """Note what the first line of the request says and return the HTTP version."""
        scope, version = self.scope, self.parser.get_http_version()
        scope["method"] = self.parser.get_method().decode("ascii")
        scope["http_version"] = version
        raw, query = _parts(self.url)
        path = raw.decode("ascii")
        scope["path"] = unquote(path) if "%" in path else path
        scope["raw_path"] = raw
        scope["query_string"] = query
        return str(version)

    def _cycle(self, version: str) -> Cycle:
        return Cycle(
            scope=self.scope,
            transport=self.transport,
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=False,
            default_headers=self.server_state.default_headers,
            message_event=Signal(),
            expect_100_continue=self.expect_100_continue,
            keep_alive=version != "1.0" and self.parser.should_keep_alive(),
            on_response=self.on_response_complete,
        )

    def _is_crowded(self) -> bool:
        most = self.limit_concurrency
        return most is not None and (
            len(self.connections) >= most or len(self.tasks) >= most
        )

    @override
    def on_body(self, body: bytes) -> None:
        self._loose = 0
        self._received += len(body)
        self._since = self.loop.time()
        super().on_body(body)

    @override
    def on_message_complete(self) -> None:
        self._loose = 0
        self._phase = _Phase.NOTHING
        super().on_message_complete()
        if self.cycle.response_complete:  # it was answered before it had arrived
            self._wait(_Phase.NEXT)

    @override
    def on_response_complete(self) -> None:
        """Go on with what waits; else await the next request, with no timer for it."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self._pipelined:
            self._answer(self._pipelined.pop(0))
        elif self._phase is _Phase.NOTHING:
            self._wait(_Phase.NEXT)

    def _stop(self, status: int) -> None:
        self._status = status
        raise _Stop

    def _wait(self, phase: _Phase) -> None:
        self._phase = phase
        self._began = self._since = self.loop.time()
        if self._timer is None:
            self._timer = self.loop.call_later(self._longest, self._look)

    def _look(self) -> None:
        """End the connection when what it waits for is late."""
        self._timer = None
        if self._phase is _Phase.NOTHING or self.transport.is_closing():
            return
        now = self.loop.time()
        if self._phase is _Phase.BODY and self._held_back():
            self._began = self._since = now
        left = self._due() - now
        if left <= 0:
            self._end()
            return
        # a shorter wait may begin meanwhile, so no timer is longer than the shortest
        wait = min(left, self._longest)
        self._timer = self.loop.call_later(wait, self._look)

    def _held_back(self) -> bool:
        """Tell whether it is us who do not take what the client would send."""
        cycle = self.cycle
        return self.flow.read_paused or (
            cycle is not None and cycle.waiting_for_100_continue
        )

    def _end(self) -> None:
        if self._phase is _Phase.NEXT:
            self.transport.close()
        else:
            self._refuse(408)

    def _due(self) -> float:
        if self._phase is _Phase.NEXT:
            return self._began + self.timeout_keep_alive
        if self._phase is _Phase.HEAD:
            return self._began + self._limits.head_seconds
        patience = self._limits.body_seconds
        slowest = self._began + patience + self._received / SLOWEST_BYTES
        return min(self._since + patience, slowest)

    def _refuse(self, status: int) -> None:
        """Close the connection, with an answer where none would be mixed with it."""
        if self.transport.is_closing():
            return
        cycle = self.cycle
        silent = status == 408 and not self._loose and self._phase is _Phase.HEAD  # noqa: PLR2004
        if not silent and self._may_answer():
            self.transport.write(refusal(status))
        self.transport.close()
        if cycle is not None and not cycle.response_complete:
            cycle.disconnected = True
            cycle.message_event.set()

    def _may_answer(self) -> bool:
        cycle = self.cycle
        if cycle is None or cycle.response_complete:
            return True
        own = self._phase is _Phase.BODY and not self._pipelined
        return own and not cycle.response_started


def limited(limits: Limits) -> Callable[..., LimitedProtocol]:
    """Return what makes the protocol of each connection of one server."""
    door = Door(limits)

    def protocol(**options: Any) -> LimitedProtocol:
        return LimitedProtocol(door=door, **options)

    return protocol
