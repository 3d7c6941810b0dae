"""Asking a replica's health path: one request over HTTP/1.1, and ports on this host."""

import asyncio
import socket
import time
from collections.abc import Collection

from typing_extensions import override

from fairlead.modules.environments.domain import NoPortLeft
from fairlead.modules.environments.ports import Answer, PortChooser

REQUEST_SECONDS = 5.0


async def ask(host: str, port: int, path: str) -> Answer:
    """Return what `GET path` answers.

    Raises:
        OSError: nobody listens, or the connection broke.
        TimeoutError: no answer came within five seconds.
        ValueError: what came is not HTTP.
    """
    began = time.perf_counter()
    async with asyncio.timeout(REQUEST_SECONDS):
        reader, writer = await asyncio.open_connection(host, port)
        try:
            head = (
                f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\n"
                "User-Agent: fairlead\r\nAccept: */*\r\nConnection: close\r\n\r\n"
            )
            writer.write(head.encode())
            line = await reader.readline()
        finally:
            writer.close()
    protocol, _, rest = line.decode("latin-1").partition(" ")
    if not protocol.startswith("HTTP/"):
        raise ValueError("no HTTP answer")
    milliseconds = round((time.perf_counter() - began) * 1000)
    return Answer(status=int(rest[:3]), milliseconds=milliseconds)


def free_port(host: str) -> int:
    """Return a port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
        return port


class PortRange(PortChooser):
    """Chooses the lowest free port of a range."""

    def __init__(self, host: str, ports: str) -> None:
        """Choose among `ports`, written as `20000-29999`.

        Raises:
            ValueError: `ports` is no range.
        """
        first, _, last = ports.partition("-")
        self._host = host
        self._range = range(int(first), int(last or first) + 1)

    @override
    async def choose(self, taken: Collection[int]) -> int:
        for port in self._range:
            if port not in taken and _is_free(self._host, port):
                return port
        raise NoPortLeft(
            f"Every port from {self._range[0]} to {self._range[-1]} is in use: "
            "widen the setting environments.ports.",
            ports=f"{self._range[0]}-{self._range[-1]}",
        )


def _is_free(host: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True
