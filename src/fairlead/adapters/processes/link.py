"""One connection to the launcher: numbered questions, and answers in any order."""

import asyncio
import itertools
from collections.abc import Callable
from typing import Any, cast

from typing_extensions import override

from fairlead.adapters.processes.wire import Message, pack, unpack
from fairlead.kernel.processes import LauncherDown

Touched = Callable[[list[str]], None]


class Link(asyncio.Protocol):
    """Asks and is told."""

    def __init__(self, touched: Touched) -> None:
        """Call `touched` with the paths of journals that have grown."""
        self._touched = touched
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._numbers = itertools.count(1)
        self._asked: dict[int, asyncio.Future[Message]] = {}
        self.broken = False

    async def ask(self, do: str, **facts: Any) -> Message:
        """Return the launcher's answer.

        Raises:
            LauncherDown: the connection broke before it came.
        """
        if self.broken or self._transport is None:
            raise _down()
        number = next(self._numbers)
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Message] = loop.create_future()
        self._asked[number] = answer
        self._transport.write(pack({"id": number, "do": do, **facts}))
        try:
            return await answer
        finally:
            self._asked.pop(number, None)

    def close(self) -> None:
        """Break the connection."""
        if self._transport is not None:
            self._transport.close()
        self._break()

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop: no subclass

    @override
    def data_received(self, data: bytes) -> None:
        self._buffer += data
        try:
            messages = unpack(self._buffer)
        except ValueError:
            self.close()
            return
        for message in messages:
            self._take(message)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._break()

    def _take(self, message: Message) -> None:
        if "touched" in message:
            self._touched(message["touched"])
            return
        answer = self._asked.get(message["id"])
        if answer is not None and not answer.done():
            answer.set_result(message)

    def _break(self) -> None:
        self.broken = True
        for answer in self._asked.values():
            if not answer.done():
                answer.set_exception(_down())


def _down() -> LauncherDown:
    return LauncherDown("The launcher died or was closed; its processes are ended.")
