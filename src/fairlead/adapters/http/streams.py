"""Keeps server-sent streams going, at as little memory and work each as we can.

A stream is one coroutine of its connection's task and no task of its own: what would
wait beside it (for a broken connection, for the time of a keep-alive) is looked after
by one clock for all of them.
"""

import asyncio
import contextlib
from collections import OrderedDict
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Coroutine,
    MutableMapping,
)
from typing import Any, cast

from fairlead.kernel.journal import Frame

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Encode = Callable[[Frame], bytes]

LOOK_SECONDS = 1.0
TURNS = 5  # every stream is looked after at each fifth look
QUIET_TURNS = 3  # then a stream on which nothing happened gets a comment
_KEPT = 64  # encoded events, for readers that are equally far
_KEPT_BYTES = 16 * 1024  # longer ones are encoded for each reader
_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
]
_BLOCKED: Message = {"type": "blocked"}


class _Stream:
    """One reader."""

    __slots__ = ("gone", "quiet", "receive", "send", "sending", "task")

    def __init__(self, receive: Receive, send: Send) -> None:
        self.receive = receive
        self.send = send
        self.task = asyncio.current_task()
        self.sending = False  # what is sent waits for the reader, perhaps for long
        self.quiet = 0  # turns
        self.gone = False

    def look(self) -> None:
        """End it when the connection is broken; send a comment when it was quiet."""
        message: Message = {"type": "http.request"}
        while message["type"] == "http.request":  # the request itself comes first
            message = _at_once(self.receive()) or _BLOCKED
        if message["type"] == "http.disconnect":
            self.gone = True
            if self.task is not None:
                self.task.cancel()
        elif not self.sending:
            self.quiet += 1
            if self.quiet >= QUIET_TURNS:
                self.quiet = 0
                _at_once(self.send(_body(b": still here\n\n")))


class Streams:
    """The streams of one server."""

    def __init__(self, encode: Encode) -> None:
        """Write frames as `encode` says."""
        self._encode = encode
        self._encoded: OrderedDict[int, tuple[Frame, bytes]] = OrderedDict()
        self._turns: list[set[_Stream]] = [set() for _ in range(TURNS)]
        self._clock: asyncio.Task[None] | None = None

    async def serve(
        self, source: AsyncIterator[Frame], receive: Receive, send: Send
    ) -> None:
        """Answer with the frames of `source` until it ends or the reader is gone."""
        stream = _Stream(receive, send)
        turn = min(self._turns, key=len)
        turn.add(stream)
        self._watch()
        try:
            await self._write(stream, source)
        except asyncio.CancelledError:
            if not stream.gone:
                raise
            if stream.task is not None:
                stream.task.uncancel()
        finally:
            turn.discard(stream)
            close = getattr(source, "aclose", None)
            if close is not None:
                await close()

    async def _write(self, stream: _Stream, source: AsyncIterator[Frame]) -> None:
        send = stream.send
        await send(
            {"type": "http.response.start", "status": 200, "headers": list(_HEADERS)}
        )
        await send(_body(b"retry: 1000\n\n"))
        async for frame in source:
            stream.sending = True
            await send(_body(self._event(frame)))
            stream.sending = False
            stream.quiet = 0
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    def _event(self, frame: Frame) -> bytes:
        known = self._encoded.get(id(frame))
        if known is not None and known[0] is frame:
            return known[1]
        data = self._encode(frame)
        if len(data) <= _KEPT_BYTES:
            self._encoded[id(frame)] = (frame, data)
            if len(self._encoded) > _KEPT:
                self._encoded.popitem(last=False)
        return data

    def _watch(self) -> None:
        if self._clock is None or self._clock.done():
            self._clock = asyncio.create_task(self._tick(), name="streams")

    async def _tick(self) -> None:
        number = 0
        while any(self._turns):
            await asyncio.sleep(LOOK_SECONDS)
            number = (number + 1) % TURNS
            for stream in tuple(self._turns[number]):
                stream.look()


def _body(data: bytes) -> Message:
    return {"type": "http.response.body", "body": data, "more_body": True}


def _at_once(work: Awaitable[Any]) -> Any:
    """Do what can be done of `work` without waiting; its result if that was all.

    Sending and receiving do nothing by halves: they wait first, or not at all.
    """
    coroutine = cast("Coroutine[Any, Any, Any]", work)
    try:
        coroutine.send(None)
    except StopIteration as done:
        return done.value
    except OSError:  # the connection breaks; that is seen at the next look
        return None
    with contextlib.suppress(RuntimeError):
        coroutine.close()
    return None
