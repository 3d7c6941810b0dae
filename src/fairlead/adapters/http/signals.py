"""What a connection waits by: small as long as nothing waits, for there are many."""

import asyncio
from collections import deque
from typing import Any

from typing_extensions import override
from uvicorn.protocols.http.flow_control import FlowControl


class Signal(asyncio.Event):
    """An event whose queue is there while somebody is in it: empty it has 600 bytes.

    Ends of connections are seen by it, so it is one of the few things each has.
    """

    _waiters: Any

    def __init__(self) -> None:
        """Be unset."""
        self._value = False
        self._waiters = ()

    @override
    async def wait(self) -> Any:
        if self._value:
            return True
        if not self._waiters:
            self._waiters = deque()
        try:
            return await super().wait()
        finally:
            if not self._waiters:
                self._waiters = ()


class Flow(FlowControl):
    """Whether a connection is read from and written to."""

    def __init__(self, transport: asyncio.Transport) -> None:
        """Let `transport` do both."""
        self._transport = transport
        self.read_paused = False
        self.write_paused = False
        self._is_writable_event = Signal()
        self._is_writable_event.set()
