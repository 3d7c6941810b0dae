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

import structlog

from fairlead.adapters.http.rights import Allowed
from fairlead.kernel.journal import Frame

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Encode = Callable[[Frame], bytes]

log = structlog.get_logger(__name__)

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
CLOSED = b'event: closed\ndata: {"reason": "You may no longer follow this."}\n\n'
_END: Message = {"type": "http.response.body", "body": b"", "more_body": False}
_BLOCKED: Message = {"type": "blocked"}


class _Stream:
    """One reader."""

    __slots__ = (
        "allowed",
        "gone",
        "last",
        "looks",
        "quiet",
        "receive",
        "send",
        "sending",
        "started",
        "task",
    )

    def __init__(self, receive: Receive, send: Send, allowed: Allowed | None) -> None:
        self.receive = receive
        self.send = send
        self.allowed = allowed
        self.task = asyncio.current_task()
        self.sending = False  # what is sent waits for the reader, perhaps for long
        self.started = False
        self.quiet = self.looks = 0  # turns
        self.gone = False
        self.last: bytes | None = None  # what it ends with when it is us who end it

    def end(self, last: bytes) -> None:
        """End it from our side, before its source does."""
        if self.last is None and not self.gone and self.task is not None:
            self.last = last
            self.task.cancel()

    def finish(self) -> None:
        """Send what it ends with, unless that would have to wait for the reader."""
        if not self.started:
            _at_once(self.send(_start()))
        if self.last:
            _at_once(self.send(_body(self.last)))
        _at_once(self.send(_END))

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
        self.looks += 1

    @property
    def due(self) -> bool:
        """Tell whether to ask again if its reader may go on."""
        return self.allowed is not None and self.looks % QUIET_TURNS == 0


class Streams:
    """The streams of one server."""

    def __init__(self, encode: Encode, *, look_seconds: float = LOOK_SECONDS) -> None:
        """Write frames as `encode` says; look after some every `look_seconds`."""
        self._encode = encode
        self._look_seconds = look_seconds
        self._encoded: OrderedDict[int, tuple[Frame, bytes]] = OrderedDict()
        self._turns: list[set[_Stream]] = [set() for _ in range(TURNS)]
        self._clock: asyncio.Task[None] | None = None
        self._checks: set[asyncio.Task[None]] = set()
        self._stopped = False

    @property
    def open(self) -> int:
        """Return how many there are."""
        return sum(map(len, self._turns))

    def stop(self) -> None:
        """End all there are and come, as a source that has nothing more would."""
        self._stopped = True
        for stream in [stream for turn in self._turns for stream in turn]:
            stream.end(b"")

    async def serve(
        self,
        source: AsyncIterator[Frame],
        receive: Receive,
        send: Send,
        *,
        allowed: Allowed | None = None,
    ) -> None:
        """Answer with the frames of `source` until it ends or the reader is gone.

        Every 15 s `allowed` is asked; when it says no, an event `closed` is the last.
        """
        stream = _Stream(receive, send, allowed)
        turn = min(self._turns, key=len)
        turn.add(stream)
        self._watch()
        if self._stopped:
            stream.end(b"")
        try:
            await self._write(stream, source)
        except asyncio.CancelledError:
            if not stream.gone and stream.last is None:
                raise
            if stream.task is not None:
                stream.task.uncancel()
            if stream.last is not None:
                stream.finish()
        finally:
            turn.discard(stream)
            stream.task = None
            close = getattr(source, "aclose", None)
            if close is not None:
                await close()

    async def _write(self, stream: _Stream, source: AsyncIterator[Frame]) -> None:
        send = stream.send
        await send(_start())
        stream.started = True
        await send(_body(b"retry: 1000\n\n"))
        async for frame in source:
            stream.sending = True
            await send(_body(self._event(frame)))
            stream.sending = False
            stream.quiet = 0
        await send(_END)

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
            await asyncio.sleep(self._look_seconds)
            number = (number + 1) % TURNS
            for stream in tuple(self._turns[number]):
                stream.look()
            due = [stream for stream in self._turns[number] if stream.due]
            if due:
                check = asyncio.create_task(_check(due), name="rights of streams")
                self._checks.add(check)
                check.add_done_callback(self._checks.discard)


async def _check(streams: list[_Stream]) -> None:
    for stream in streams:
        try:
            allowed = stream.allowed is None or await stream.allowed()
        except Exception:
            log.exception("stream_check_failed")
            allowed = False
        if not allowed:
            stream.end(CLOSED)


def _start() -> Message:
    return {"type": "http.response.start", "status": 200, "headers": list(_HEADERS)}


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
