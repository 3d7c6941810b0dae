"""The two ends of a proxied connection, each holding back the other when full."""

import asyncio
from collections.abc import Callable
from typing import cast

from typing_extensions import override

Address = tuple[str, int]

REFUSE_SECONDS = 2.0  # how long a refused caller may take to say what it wanted


class _End(asyncio.Protocol):
    """What both ends share: a transport, and the order to stop or go on reading."""

    transport: asyncio.Transport | None = None

    def write(self, data: bytes) -> None:
        """Pass bytes on; an end that is gone swallows them."""
        if self.transport is not None and not self.transport.is_closing():
            self.transport.write(data)

    def write_eof(self) -> None:
        """Say that no more bytes come."""
        transport = self.transport
        if transport is None or transport.is_closing():
            return
        if transport.can_write_eof():
            transport.write_eof()

    def hold(self) -> None:
        """Stop reading: the other end is full."""
        if self.transport is not None and not self.transport.is_closing():
            self.transport.pause_reading()

    def go_on(self) -> None:
        """Read again."""
        if self.transport is not None and not self.transport.is_closing():
            self.transport.resume_reading()

    def close(self) -> None:
        """End the connection once what was written is sent."""
        if self.transport is not None:
            self.transport.close()

    def abort(self) -> None:
        """End the connection at once."""
        if self.transport is not None:
            self.transport.abort()


class Client(_End):
    """A caller's connection; keeps what it says until a backend takes it."""

    def __init__(
        self,
        accepted: Callable[["Client"], None],
        left: Callable[["Client"], None],
    ) -> None:
        """Call `accepted` once connected and `left` when the connection is gone."""
        self._accepted = accepted
        self._left = left
        self._upstream: Upstream | None = None
        self._early: list[bytes] = []
        self._early_eof = False
        self._refusal: bytes | None = None
        self.gone = False
        self.moved = 0.0

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport = cast(asyncio.Transport, transport)  # uvloop's is no subclass
        self.transport = transport
        self.moved = asyncio.get_running_loop().time()
        self._accepted(self)

    def join(self, upstream: "Upstream") -> None:
        """Let `upstream` have what was said so far and everything from now on."""
        if self.gone:
            upstream.abort()
            return
        self._upstream = upstream
        for data in self._early:
            upstream.write(data)
        if self._early_eof:
            upstream.write_eof()
        if self._early:
            self._early.clear()
            self.go_on()

    def refuse(self, answer: bytes) -> None:
        """Answer, once the caller has said something, and end the connection."""
        if self.gone or self._refusal is not None:
            return
        self._refusal = answer
        if self._early or self._early_eof:
            self._answer()
        else:
            asyncio.get_running_loop().call_later(REFUSE_SECONDS, self._answer)

    def _answer(self) -> None:
        if self._refusal:
            self.write(self._refusal)
            self._refusal = b""
        self.close()

    @override
    def data_received(self, data: bytes) -> None:
        self.moved = asyncio.get_running_loop().time()
        if self._upstream is not None:
            self._upstream.write(data)
        elif self._refusal is not None:
            self._answer()
        else:
            self._early.append(data)
            self.hold()

    @override
    def eof_received(self) -> bool:
        if self._upstream is not None:
            self._upstream.write_eof()
        else:
            self._early_eof = True
        return self._refusal is None

    @override
    def pause_writing(self) -> None:
        if self._upstream is not None:
            self._upstream.hold()

    @override
    def resume_writing(self) -> None:
        if self._upstream is not None:
            self._upstream.go_on()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self.gone = True
        self._left(self)
        if self._upstream is not None:
            self._upstream.close()


class Upstream(_End):
    """The connection to a backend; its end ends the caller's."""

    def __init__(self, client: Client, released: Callable[[], None]) -> None:
        """Call `released` once, when the backend is free of this connection."""
        self._client = client
        self._released: Callable[[], None] | None = released

    def release(self) -> None:
        """Tell that the backend is free of this connection."""
        if self._released is not None:
            self._released()
            self._released = None

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport = cast(asyncio.Transport, transport)  # uvloop's is no subclass
        self.transport = transport

    @override
    def data_received(self, data: bytes) -> None:
        self._client.moved = asyncio.get_running_loop().time()
        self._client.write(data)

    @override
    def eof_received(self) -> bool:
        return False

    @override
    def pause_writing(self) -> None:
        self._client.hold()

    @override
    def resume_writing(self) -> None:
        self._client.go_on()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self.release()
        self._client.close()
