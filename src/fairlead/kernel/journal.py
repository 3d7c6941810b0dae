"""The output journal: one append-only file of frames per operation or replica.

A frame is a 16-byte header, the stream's name, then the payload (`kernel.framing`).
Writers in several processes append whole frames with one `write` on a file opened with
O_APPEND, so frames never mix. The offset of a frame is its position in the file.
"""

from abc import abstractmethod
from collections.abc import AsyncIterator
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Protocol

from fairlead.kernel.errors import ErrorKind, FairleadError
from fairlead.kernel.framing import HEADER, MAGIC, MAX_PAYLOAD, encode

__all__ = [
    "HEADER",
    "MAGIC",
    "MAX_PAYLOAD",
    "BadOffset",
    "Frame",
    "FrameKind",
    "JournalFull",
    "Journals",
    "decode",
    "encode",
]


class BadOffset(FairleadError):
    """A reader asked to resume where no frame begins."""

    kind = ErrorKind.INVALID
    code = "journal.bad_offset"


class JournalFull(FairleadError):
    """There is no room for more where journals are kept; what is there is whole."""

    kind = ErrorKind.UNAVAILABLE
    code = "journal.no_space"


class FrameKind(IntEnum):
    """What a frame's payload is."""

    OUTPUT = 1  # bytes a process wrote; cut at a line's end wherever there is one
    EVENT = 2  # a JSON object with a string member "event"
    END = 3  # nothing follows
    GAP = 4  # never stored: a reader was too slow and missed frames up to `next`


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One entry of a journal.

    Attributes:
        offset: Where it begins, in bytes.
        next: Where the frame after it begins; readers resume `after` this.
        at: Seconds since the epoch.
        stream: Which writer, e.g. `build/compile`; empty for the operation itself.
    """

    offset: int
    next: int
    kind: FrameKind
    at: float
    stream: str
    data: bytes


def decode(buffer: bytes, *, offset: int) -> tuple[list[Frame], int]:
    """Return the whole frames at the start of `buffer` and how many bytes they take.

    `offset` is where `buffer` begins in the journal. A cut-off last frame is left.

    Raises:
        ValueError: the bytes at some position are not a frame.
    """
    frames: list[Frame] = []
    position, size = 0, len(buffer)
    while size - position >= HEADER.size:
        magic, kind, name_size, data_size, micros = HEADER.unpack_from(buffer, position)
        if magic != MAGIC or data_size > MAX_PAYLOAD:
            raise ValueError(f"no frame at offset {offset + position}")
        name_at = position + HEADER.size
        data_at = name_at + name_size
        end = data_at + data_size
        if end > size:
            break
        frames.append(
            Frame(
                offset=offset + position,
                next=offset + end,
                kind=FrameKind(kind),
                at=micros / 1_000_000,
                stream=buffer[name_at:data_at].decode(),
                data=buffer[data_at:end],
            )
        )
        position = end
    return frames, position


class Journals(Protocol):
    """Keeps journals by name (`[A-Za-z0-9._-]` parts joined by slashes)."""

    @abstractmethod
    def path(self, name: str) -> Path:
        """Return the file other processes append to; its folder exists."""

    @abstractmethod
    async def append(self, name: str, kind: FrameKind, stream: str, data: bytes) -> int:
        """Append one frame and return the offset after it; wakes followers.

        Raises:
            JournalFull: there is no room for it, and nothing of it is left.
        """

    async def conclude(self, name: str, stream: str, data: bytes) -> None:
        """Append a last EVENT and END to a journal that nobody has sealed.

        Raises:
            JournalFull: there is no room for it.
        """
        await self.append(name, FrameKind.EVENT, stream, data)
        await self.append(name, FrameKind.END, "", b"")

    @abstractmethod
    def touch(self, path: Path) -> None:
        """Wake the followers of a journal another process has appended to."""

    @abstractmethod
    async def read(
        self, name: str, *, after: int = 0, limit: int = 262144
    ) -> list[Frame]:
        """Return the frames from offset `after` on, about `limit` bytes at most.

        Empty when there is nothing (yet), also for an unknown name.

        Raises:
            BadOffset: `after` is not where a frame begins.
        """

    @abstractmethod
    def follow(self, name: str, *, after: int = 0) -> AsyncIterator[Frame]:
        """Yield the frames from `after` on, live, ending after the END frame.

        A reader who had END already gets it once more.

        Raises:
            BadOffset: `after` is not where a frame begins.
        """

    @abstractmethod
    async def seal(self, name: str) -> None:
        """Append END unless it is there already; the journal is complete.

        Raises:
            JournalFull: there is no room for it.
        """

    @abstractmethod
    async def sealed(self, name: str) -> bool:
        """Tell whether END is there, so that nothing follows."""

    @abstractmethod
    async def archive(self, name: str) -> bool:
        """Move a sealed journal to where blobs are kept; readers notice nothing.

        The copy is durable and was read back before the file is removed, so a crash
        at any moment loses nothing. False: it is not sealed, or there is no place.

        Raises:
            FairleadError: of the kind unavailable, when the copy failed.
        """

    @abstractmethod
    async def delete(self, name: str) -> None:
        """Remove the journal, wherever it is kept; none is fine."""
