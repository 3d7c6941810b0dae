"""Answers what servers ask of the launcher."""

import os
import socket
import struct
import sys
import time
from typing import Any

from fairlead.adapters.processes.launcher.connection import Connection
from fairlead.adapters.processes.launcher.loop import Loop, Timer
from fairlead.adapters.processes.launcher.process import Facts
from fairlead.adapters.processes.launcher.supervisor import Supervisor
from fairlead.adapters.processes.wire import PROTOCOL, Message

_NOTICE_SECONDS = 0.01
_LOOK_SECONDS = 1.0
_AGAIN_SECONDS = 0.1
_PEER = struct.Struct("3i")  # pid, uid, gid


class Service:
    """The socket, its connections and what they may ask."""

    def __init__(
        self, loop: Loop, listener: socket.socket, *, idle_seconds: float
    ) -> None:
        """Accept connections of this user on `listener` once `serve` is called.

        Without a connection and a process, leave after `idle_seconds`.
        """
        self._loop = loop
        self._listener = listener
        self._connections: set[Connection] = set()
        self._touched: set[str] = set()
        self._notice: Timer | None = None
        self._idle_seconds = idle_seconds
        self._idle_since: float | None = time.monotonic()
        self._closing = False
        self._supervisor: Supervisor | None = None

    def serve(self, supervisor: Supervisor) -> None:
        """Begin to answer."""
        self._supervisor = supervisor
        self._listen()
        self._look()

    def touched(self, path: str) -> None:
        """Tell the servers soon that a journal has grown."""
        self._touched.add(path)
        if self._notice is None:
            self._notice = self._loop.later(_NOTICE_SECONDS, self._tell)

    def shutdown(self, grace_seconds: float) -> None:
        """End every process, then the launcher."""
        self._closing = True
        self._books().end(grace_seconds)
        self._look()

    def _listen(self) -> None:
        self._loop.watch(self._listener.fileno(), self._accept)

    def _accept(self) -> None:
        try:
            peer, _ = self._listener.accept()
        except BlockingIOError:
            return
        except OSError:  # no file is left for it; look again when one may be
            self._loop.unwatch(self._listener.fileno())
            self._loop.later(_AGAIN_SECONDS, self._listen)
            return
        raw = peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size)
        if _PEER.unpack(raw)[1] != os.getuid():
            peer.close()
            return
        self._connections.add(
            Connection(
                self._loop, peer, received=self._received, broken=self._on_broken
            )
        )

    def _on_broken(self, connection: Connection) -> None:
        self._connections.discard(connection)
        self._books().interrupt(connection)

    def _received(self, connection: Connection, message: Message) -> None:
        number = message.get("id")
        answer = getattr(self, f"_do_{message.get('do')}", None)
        if answer is None:
            connection.send({"id": number, "error": "unknown request"})
            return
        try:
            reply = answer(connection, message)
        except Exception as error:  # noqa: BLE001 - the edge: whoever asked is told
            sys.excepthook(*sys.exc_info())
            reply = {"error": repr(error)}
        if reply is not None:
            connection.send({"id": number, **reply})

    def _do_hello(self, _connection: Connection, _message: Message) -> Message:
        return {"protocol": 0 if self._closing else PROTOCOL, "pid": os.getpid()}

    def _do_start(self, connection: Connection, message: Message) -> Message:
        if self._closing:
            return {"error": "closing"}
        self._books().start(message["spec"], connection)
        return {}

    def _do_wait(self, connection: Connection, message: Message) -> Message | None:
        number = message["id"]

        def ended(receipt: Facts) -> None:
            self._tell()
            connection.send({"id": number, "receipt": receipt})

        known = self._books().wait(message["key"], ended)
        return None if known else {"error": "unknown key"}

    def _do_stop(self, connection: Connection, message: Message) -> None:
        number = message["id"]
        self._books().stop(
            message["key"],
            float(message["grace"]),
            lambda _: connection.send({"id": number}),
        )

    def _do_running(self, _connection: Connection, _message: Message) -> Message:
        return {"running": self._books().running()}

    def _do_forget(self, _connection: Connection, message: Message) -> Message:
        self._books().forget(message["key"])
        return {}

    def _do_shutdown(self, _connection: Connection, message: Message) -> None:
        """Answered by the end of the launcher."""
        self.shutdown(float(message["grace"]))

    def _books(self) -> Supervisor:
        assert self._supervisor is not None  # noqa: S101 - `serve` came first
        return self._supervisor

    def _tell(self) -> None:
        if self._notice is not None:
            self._notice.cancel()
            self._notice = None
        if self._touched:
            notice: dict[str, Any] = {"touched": list(self._touched)}
            self._touched.clear()
            for connection in tuple(self._connections):
                connection.notify(notice)

    def _look(self) -> None:
        """End the launcher when it is told to or has been of no use for a while."""
        busy = bool(self._books().running())
        if self._closing:
            if not busy:
                self._leave()
            else:
                self._loop.later(0.01, self._look)
            return
        now = time.monotonic()
        if busy or self._connections:
            self._idle_since = None
        elif self._idle_since is None:
            self._idle_since = now
        elif now - self._idle_since >= self._idle_seconds:
            self._leave()
        self._loop.later(min(_LOOK_SECONDS, self._idle_seconds / 2), self._look)

    def _leave(self) -> None:
        for connection in self._connections:
            connection.flush(1.0)
        self._loop.stop()
