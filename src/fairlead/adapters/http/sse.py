"""Journals as server-sent events; the event id is the offset to resume after."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any

import msgspec
from litestar import Request
from litestar.response import Stream

from fairlead.kernel.errors import ErrorKind, FairleadError
from fairlead.kernel.journal import Frame, FrameKind

KEEP_ALIVE_SECONDS = 15.0
BATCH_BYTES = 256 * 1024


class BadResume(FairleadError):
    """`Last-Event-ID` or `after` is not a number."""

    kind = ErrorKind.INVALID
    code = "journal.bad_resume"


def offset(request: Request[Any, Any, Any]) -> int:
    """Return where the reader wants to resume: `Last-Event-ID`, else `?after=`, else 0.

    Raises:
        BadResume: it is not a whole number of bytes.
    """
    text = (
        request.headers.get("Last-Event-ID") or request.query_params.get("after") or "0"
    )
    if not text.isascii() or not text.isdigit():
        raise BadResume(f"'{text}' is no event id; resume after the last id you saw.")
    return int(text)


def encode(frame: Frame) -> bytes:
    """Return one frame as an event: `output`, `end`, `gap`, or `event`."""
    data: Any
    if frame.kind is FrameKind.OUTPUT:
        data = {
            "stream": frame.stream,
            "at": frame.at,
            "text": frame.data.decode("utf-8", "replace"),
        }
        name = "output"
    elif frame.kind is FrameKind.EVENT:
        data = {
            "stream": frame.stream,
            "at": frame.at,
            **msgspec.json.decode(frame.data),
        }
        name = "event"
    else:
        data = {"at": frame.at}
        name = "end" if frame.kind is FrameKind.END else "gap"
    text = msgspec.json.encode(data)
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (frame.next, name.encode(), text)


async def frames(source: AsyncIterator[Frame]) -> Stream:
    """Answer with the frames of `source` until it ends.

    The first frame is awaited only in the stream, so a bad offset must have been
    refused before. A comment is sent while nothing happens, so that a broken
    connection is noticed.
    """
    return Stream(
        _lines(source),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def _lines(source: AsyncIterator[Frame]) -> AsyncGenerator[bytes, None]:
    yield b"retry: 1000\n\n"
    waiting: asyncio.Task[Frame] | None = None
    try:
        while True:
            if waiting is None:
                waiting = asyncio.ensure_future(_next(source))
            done, _ = await asyncio.wait({waiting}, timeout=KEEP_ALIVE_SECONDS)
            if not done:
                yield b": still here\n\n"
                continue
            try:
                frame = waiting.result()
            except StopAsyncIteration:
                return
            waiting = None
            yield encode(frame)
    finally:
        if waiting is not None:
            waiting.cancel()
            with contextlib.suppress(asyncio.CancelledError, StopAsyncIteration):
                await waiting
        close = getattr(source, "aclose", None)
        if close is not None:
            await close()


async def _next(source: AsyncIterator[Frame]) -> Frame:
    return await anext(source)
