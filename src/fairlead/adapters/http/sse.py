"""Journals as server-sent events; the event id is the offset to resume after."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import msgspec
from litestar import Request
from litestar.response import Stream
from typing_extensions import override

from fairlead.adapters.http.rights import RIGHTS, Allowed
from fairlead.adapters.http.streams import Streams
from fairlead.kernel.errors import ErrorKind, FairleadError
from fairlead.kernel.journal import Frame, FrameKind

TAKES_STREAMS, STREAM = "takes_streams", "stream"  # of a request's state
MOST_DIGITS = 18  # no file is longer


@dataclass(frozen=True, slots=True)
class Followed:
    """What is to be streamed, and whether its reader may go on reading it."""

    source: AsyncIterator[Frame]
    allowed: Allowed | None


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
    if not text.isascii() or not text.isdigit() or len(text) > MOST_DIGITS:
        raise BadResume(
            f"'{text[:40]}' is no event id; resume after the last id you saw."
        )
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


def still(
    request: Request[Any, Any, Any], permission: str, *, on: str
) -> Allowed | None:
    """Return what tells whether the caller may still read `on`; for `frames`."""
    rights = request.scope["state"].get(RIGHTS)
    return None if rights is None else rights().still(permission, on=on)


async def frames(
    source: AsyncIterator[Frame], *, allowed: Allowed | None = None
) -> Stream:
    """Answer with the frames of `source` until it ends.

    While it goes on, `allowed` is asked again and again; once it says no, the last
    event is `closed`.

    The first frame is awaited only in the stream, so a bad offset must have been
    refused before. A comment is sent while nothing happens, so that a broken
    connection is noticed. The stream begins after the request's scope is closed;
    `source` must need nothing of it.
    """
    return _FrameStream(Followed(source, allowed))


class _FrameStream(Stream):
    """Hands its source over to the edge, which frees what the request took first."""

    def __init__(self, followed: Followed) -> None:
        super().__init__(())
        self._followed = followed

    @override
    def to_asgi_response(self, *_: Any, **__: Any) -> Any:
        return self._hand_over

    async def _hand_over(self, scope: Any, receive: Any, send: Any) -> None:
        state = scope.setdefault("state", {})
        if state.get(TAKES_STREAMS):
            state[STREAM] = self._followed
        else:
            await Streams(encode).serve(self._followed.source, receive, send)
