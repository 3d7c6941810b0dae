"""One server's connection to the launcher."""

import contextlib
import selectors
import socket
from collections.abc import Callable

from fairlead.adapters.processes.launcher.loop import Loop
from fairlead.adapters.processes.wire import Garbled, Message, pack, unpack

_READ = 256 * 1024
_SLOW = 256 * 1024  # with this much unsent, notices are left out


class Connection:
    """Takes whole messages in and sends messages out, never blocking."""

    def __init__(
        self,
        loop: Loop,
        peer: socket.socket,
        *,
        received: Callable[["Connection", Message], None],
        broken: Callable[["Connection"], None],
    ) -> None:
        """Begin to read `peer`."""
        self._loop = loop
        self._peer = peer
        self._received = received
        self._broken = broken
        self._in = bytearray()
        self._out = bytearray()
        self._open = True
        peer.setblocking(False)
        self._watch()

    def send(self, message: Message) -> None:
        """Send `message`, soon; a broken connection loses it."""
        if self._open:
            self._out += pack(message)
            self._flush()

    def notify(self, message: Message) -> None:
        """Send `message` unless the server is slow to read."""
        if len(self._out) < _SLOW:
            self.send(message)

    def flush(self, seconds: float) -> None:
        """Send what is unsent, waiting for at most this long."""
        with contextlib.suppress(OSError):
            self._peer.settimeout(seconds)
            self._peer.sendall(self._out)

    def close(self) -> None:
        """End the connection."""
        if self._open:
            self._open = False
            self._loop.unwatch(self._peer.fileno())
            self._peer.close()
            self._broken(self)

    def _watch(self) -> None:
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if self._out else 0)
        self._loop.watch(self._peer.fileno(), self._ready, events=events)

    def _ready(self) -> None:
        if self._out:
            self._flush()
        if self._open:
            self._read()

    def _read(self) -> None:
        try:
            data = self._peer.recv(_READ)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.close()
            return
        self._in += data
        try:
            messages = unpack(self._in)
        except (Garbled, ValueError):
            self.close()
            return
        for message in messages:
            self._received(self, message)

    def _flush(self) -> None:
        try:
            sent = self._peer.send(self._out)
        except BlockingIOError:
            sent = 0
        except OSError:
            self.close()
            return
        del self._out[:sent]
        self._watch()
