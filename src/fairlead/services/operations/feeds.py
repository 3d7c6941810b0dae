"""Feeds over the journals port: one journal per outermost operation."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from uuid import UUID

from typing_extensions import override

from fairlead.kernel.journal import (
    BadOffset,
    Frame,
    FrameKind,
    Journals,
)
from fairlead.services.operations.domain.record import Record
from fairlead.services.operations.ports import Attic
from fairlead.services.operations.public import FeedEvent, Feeds, JournalExpired

TEXT_BYTES = 64 * 1024
MAX_LAG = 64 * 1024 * 1024
KEPT = 1024 * 1024
CHECK_BYTES = 1024 * 1024


class JournalFeeds(Feeds, Attic):
    """Keeps each feed as the journal `operations/<feed id>`.

    Readers read the file by offset, so none of them ever blocks a writer. One that
    follows live and falls `max_lag` bytes further behind than it was when it began
    loses output (never events) up to the last MiB, and is told so by a GAP frame; one
    that reads what was there already gets all of it, however slow it is.
    """

    def __init__(
        self,
        journals: Journals,
        *,
        max_lag: int = MAX_LAG,
        expired: Callable[[UUID], Awaitable[bool]] | None = None,
    ) -> None:
        """Keep feeds in `journals`; `expired` tells what ended too long ago."""
        self._journals = journals
        self._expired = expired
        self._on_end: Callable[[], object] = lambda: None
        self._max_lag = max_lag
        self._kept = min(KEPT, max_lag // 2)

    def on_end(self, told: Callable[[], object]) -> None:
        """Call `told` whenever a feed was sealed; replaces the one before."""
        self._on_end = told

    @override
    async def publish(
        self, feed_id: UUID, event: FeedEvent, *, stream: str = ""
    ) -> None:
        await self._journals.append(
            _name(feed_id), FrameKind.EVENT, stream, _encoded(event)
        )

    @override
    async def write(self, feed_id: UUID, text: str, *, stream: str = "") -> None:
        for part in _parts(text.encode(errors="replace")):
            await self._journals.append(_name(feed_id), FrameKind.OUTPUT, stream, part)

    @override
    def path(self, feed_id: UUID) -> Path:
        return self._journals.path(_name(feed_id))

    @override
    async def read(self, feed_id: UUID, *, after: int = 0) -> list[Frame]:
        frames = await self._journals.read(_name(feed_id), after=after)
        if not frames:
            await self._absent(feed_id, after)
        return frames

    @override
    async def follow(self, feed_id: UUID, *, after: int = 0) -> AsyncIterator[Frame]:
        allowed = max(_size(self.path(feed_id)) - after, 0) + self._max_lag
        checked = after
        gap_from = gap_to = -1
        async for frame in self._journals.follow(_name(feed_id), after=after):
            if gap_to >= 0:
                if frame.next < gap_to and frame.kind is FrameKind.OUTPUT:
                    continue
                if frame.next >= gap_to or frame.kind is FrameKind.END:
                    yield _gap(gap_from, frame.offset)
                    gap_to = -1
            yield frame
            if frame.next - checked >= min(CHECK_BYTES, self._max_lag):
                checked = frame.next
                lag = _size(self.path(feed_id)) - frame.next
                if gap_to < 0 and lag > allowed:
                    gap_from, gap_to = frame.next, frame.next + lag - self._kept
                allowed = min(allowed, max(lag, 0) + self._max_lag)

    async def finish(self, record: Record, *, again: bool) -> None:
        """Publish that the owner of the feed ended, then seal it.

        Args:
            record: The ended operation; nothing happens when the feed is not its own.
            again: It may have been done before; then it is not repeated.
        """
        if not record.owns_feed or (
            again and await self._journals.sealed(_name(record.id))
        ):
            return
        if again:
            await self.publish(record.id, ended(record))
            await self._journals.seal(_name(record.id))
        else:  # nobody can have sealed it: cheaper than to look
            data = _encoded(ended(record))
            await self._journals.conclude(_name(record.id), "", data)
        self._on_end()

    @override
    async def discard(self, operation_id: UUID) -> None:
        await self._journals.delete(_name(operation_id))

    @override
    async def store(self, feed_id: UUID) -> bool:
        return await self._journals.archive(_name(feed_id))

    async def _absent(self, feed_id: UUID, after: int) -> None:
        """Tell why a feed of which nothing can be read may not be read so."""
        if _size(self.path(feed_id)) or await self._journals.sealed(_name(feed_id)):
            return
        if self._expired is not None and await self._expired(feed_id):
            raise JournalExpired(
                "The output of this operation is no longer kept; "
                "operations.journal_days says for how long it is."
            )
        if after:
            raise BadOffset(
                f"No frame begins at offset {after}; the feed is empty.", after=after
            )


def ended(record: Record) -> FeedEvent:
    """Return the last event of a feed."""
    operation = record.operation
    error = operation.error
    return FeedEvent(
        event="operation.ended",
        data={
            "operation_id": str(operation.id),
            "state": operation.state.value,
            "error": None
            if error is None
            else {"code": error.code, "message": error.message},
        },
    )


def _encoded(event: FeedEvent) -> bytes:
    data = {"event": event.event, **event.data}
    return json.dumps(data, ensure_ascii=False).encode()


def _name(feed_id: UUID) -> str:
    return f"operations/{feed_id}"


def _size(path: Path | str) -> int:
    try:
        return Path(path).stat().st_size
    except FileNotFoundError:
        return 0


def _gap(offset: int, resume: int) -> Frame:
    return Frame(
        offset=offset, next=resume, kind=FrameKind.GAP, at=0.0, stream="", data=b""
    )


def _parts(data: bytes) -> list[bytes]:
    """Cut at line ends where there are any, never inside a UTF-8 character."""
    parts: list[bytes] = []
    while len(data) > TEXT_BYTES:
        end = data.rfind(b"\n", 0, TEXT_BYTES) + 1
        if not end:
            end = TEXT_BYTES
            while data[end] & 0xC0 == 0x80:  # noqa: PLR2004 - a continuation byte
                end -= 1
        parts.append(data[:end])
        data = data[end:]
    return [*parts, data] if data else parts
