"""Journals as files, followed live by wake-ups within this process."""

import asyncio
import errno
import os
import re
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from typing_extensions import override

from fairlead.adapters.journals.appender import Appender
from fairlead.adapters.journals.archive import BlobArchive
from fairlead.kernel.blobs import Blobs
from fairlead.kernel.framing import END, HEADER, MAGIC, measure
from fairlead.kernel.journal import (
    BadOffset,
    Frame,
    FrameKind,
    JournalFull,
    Journals,
    decode,
    encode,
)

_PART = r"(?!\.{1,2}(?:/|$))[A-Za-z0-9._-]{1,200}"
NAME = re.compile(rf"{_PART}(?:/{_PART}){{0,15}}")
CHUNK = 256 * 1024
_FOLLOWED = 64 * 1024  # read at once for followers, who may be many and slow
_MUCH = 32 * 1024
_SMALL = 16 * 1024  # appended without a thread
_OPEN = 128  # files kept open for appending
_BATCHES = 4  # read by one follower, kept for those equally far, per journal
_PATROL_SECONDS = 1.0


@dataclass(slots=True)
class _Writer:
    """An open journal and the order of the appends to it."""

    appender: Appender
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


@dataclass(slots=True)
class _Topic:
    """The followers of one journal, and what the first of them read."""

    followers: int = 0
    waiting: set[asyncio.Future[None]] = field(default_factory=set)
    size: int = 0
    gone: bool = False
    batches: dict[int, list[Frame]] = field(default_factory=dict)

    def share(self, after: int, frames: list[Frame]) -> None:
        """Keep what was read, for all followers that are equally far."""
        if len(self.batches) >= _BATCHES:
            self.batches.clear()
        self.batches[after] = frames

    async def change(self) -> None:
        """Wait until it is to be looked at again."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.waiting.add(future)
        try:
            await future
        finally:
            self.waiting.discard(future)

    def wake(self) -> None:
        """Let every follower look again."""
        self.batches.clear()
        for future in self.waiting:
            if not future.done():
                future.set_result(None)


class FileJournals(Journals):
    """Keeps the journal `name` in `<root>/<name>.journal`, or archived in blobs.

    For one event loop; not for use from other threads.
    """

    def __init__(self, root: Path, blobs: Blobs | None = None) -> None:
        """Keep journals under `root`, made when the first one is written.

        Without `blobs` nothing is archived.
        """
        self._root = root
        self._stored = None if blobs is None else BlobArchive(blobs)
        self._writers: OrderedDict[str, _Writer] = OrderedDict()
        self._topics: dict[str, _Topic] = {}
        self._patrol: asyncio.Task[None] | None = None

    @override
    def path(self, name: str) -> Path:
        path = self._file(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    @override
    async def append(self, name: str, kind: FrameKind, stream: str, data: bytes) -> int:
        frame = encode(kind, stream, data, at=time.time())
        path, writer = self._writer(name)
        async with writer.turn:
            with _told(path):
                end = await self._append(writer.appender, frame)
        self._wake(path)
        return end

    @override
    async def conclude(self, name: str, stream: str, data: bytes) -> None:
        now = time.time()
        frames = encode(FrameKind.EVENT, stream, data, at=now)
        frames += encode(FrameKind.END, "", b"", at=now)
        path, writer = self._writer(name)
        async with writer.turn:
            with _told(path):
                await self._append(writer.appender, frames, kind=FrameKind.END)
        self._wake(path)
        if self._writers.get(path) is writer and not writer.turn.locked():
            self._writers.pop(path).appender.close()

    @override
    def touch(self, path: Path) -> None:
        self._wake(str(path))

    @override
    async def read(
        self, name: str, *, after: int = 0, limit: int = CHUNK
    ) -> list[Frame]:
        return await self._frames(name, after, limit)

    @override
    async def follow(self, name: str, *, after: int = 0) -> AsyncIterator[Frame]:
        with self._joined(str(self._file(name))) as topic:
            frames = await self._shared(topic, name, after)
            if after and not frames:
                frames = await self._end(name, after)
                frames = frames or await self._shared(topic, name, after)
            while True:
                for frame in frames:
                    yield frame
                    after = frame.next
                    if frame.kind is FrameKind.END:
                        return
                if not frames:
                    if topic.gone:
                        return
                    await topic.change()
                elif after - frames[0].offset > _MUCH:
                    await asyncio.sleep(0)  # others want to read, too
                frames = await self._shared(topic, name, after)

    @contextmanager
    def _joined(self, file: str) -> Iterator[_Topic]:
        topic = self._topics.setdefault(file, _Topic())
        topic.followers += 1
        self._watch()
        try:
            yield topic
        finally:
            topic.followers -= 1
            if not topic.followers and self._topics.get(file) is topic:
                del self._topics[file]

    async def _end(self, name: str, after: int) -> list[Frame]:
        """Return END once more for who resumes after it, so that they know."""
        if not await self.sealed(name):
            return []
        return await self._frames(name, after - HEADER.size, 1)

    @override
    async def seal(self, name: str) -> None:
        path, writer = self._writer(name)
        async with writer.turn:
            with _told(path):
                await asyncio.to_thread(writer.appender.seal, at=time.time())
        self._wake(path)

    @override
    async def sealed(self, name: str) -> bool:
        ends = _ends(self._file(name))
        if ends is None and self._stored is not None:
            return await self._stored.has(name)
        return bool(ends)

    @override
    async def archive(self, name: str) -> bool:
        file = self._file(name)
        if self._stored is None or not await self.sealed(name):
            return False
        if file.exists():
            await self._stored.store(name, file)
            await self._remove(file)
        return True

    async def recover(self, name: str) -> int:
        """Cut off a last frame that a killed writer left half; return the end.

        Every append does the same, so this is for journals nobody appends to.
        """
        if not self._file(name).exists():
            return 0
        _, writer = self._writer(name)
        async with writer.turn:
            return await asyncio.to_thread(writer.appender.repair)

    @override
    async def delete(self, name: str) -> None:
        await self._remove(self._file(name))
        if self._stored is not None:
            await self._stored.drop(name)

    async def _remove(self, file: Path) -> None:
        writer = self._writers.pop(str(file), None)
        if writer is not None:
            async with writer.turn:
                writer.appender.close()
        await asyncio.to_thread(file.unlink, missing_ok=True)
        topic = self._topics.pop(str(file), None)
        if topic is not None:
            topic.gone = True
            topic.wake()

    async def _shared(self, topic: _Topic, name: str, after: int) -> list[Frame]:
        """Return the next frames, read once for all followers that are equally far."""
        frames = topic.batches.get(after)
        if frames is None:
            frames = await self._frames(name, after, _FOLLOWED)
            topic.share(after, frames)
        return frames

    async def _frames(self, name: str, after: int, limit: int) -> list[Frame]:
        file = str(self._file(name))
        frames = _load(file, after, limit)
        if frames is None and self._stored is not None:
            frames = await self._stored.frames(name, after, limit)
            if frames is None:  # it may have begun meanwhile
                frames = _load(file, after, limit)
        return frames or []

    def close(self) -> None:
        """Let go of the files; they open again when appended to."""
        for writer in self._writers.values():
            writer.appender.close()
        self._writers.clear()

    def _file(self, name: str) -> Path:
        if not NAME.fullmatch(name):
            raise ValueError(f"'{name}' is no journal name")
        return self._root / f"{name}.journal"

    def _writer(self, name: str) -> tuple[str, _Writer]:
        path = str(self._file(name))
        writer = self._writers.get(path)
        if writer is None:
            self._evict()
            writer = _Writer(_opened(Path(path)))
            self._writers[path] = writer
        self._writers.move_to_end(path)
        return path, writer

    def _evict(self) -> None:
        while len(self._writers) >= _OPEN:
            idle = (p for p, w in self._writers.items() if not w.turn.locked())
            path = next(idle, None)
            if path is None:
                return
            self._writers.pop(path).appender.close()

    async def _append(self, appender: Appender, frame: bytes, *, kind: int = 0) -> int:
        if len(frame) <= _SMALL:
            try:
                return appender.append(frame, wait=False, kind=kind)
            except BlockingIOError:
                pass  # the launcher is writing; a thread may wait for it
        return await asyncio.to_thread(appender.append, frame, kind=kind)

    def _wake(self, path: str) -> None:
        topic = self._topics.get(path)
        if topic is not None:
            topic.size = _size(path)
            topic.wake()

    def _watch(self) -> None:
        if self._patrol is None or self._patrol.done():
            self._patrol = asyncio.create_task(self._look())

    async def _look(self) -> None:
        """Wake followers of journals that grew without a word, once a second."""
        while self._topics:
            await asyncio.sleep(_PATROL_SECONDS)
            for path, topic in tuple(self._topics.items()):
                size = _size(path)
                if size != topic.size:
                    topic.size = size
                    topic.wake()


@contextmanager
def _told(path: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in {errno.ENOSPC, errno.EDQUOT}:
            raise
        folder = Path(path).parent
        raise JournalFull(
            f"There is no room left in {folder}; free some and try again.",
            folder=str(folder),
        ) from error


def _opened(path: Path) -> Appender:
    try:
        return Appender(str(path))
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        return Appender(str(path))


def _size(path: str) -> int:
    try:
        return Path(path).stat().st_size
    except OSError:
        return 0


def _load(file: str, after: int, limit: int) -> list[Frame] | None:
    """Return the next frames of a file; None: there is no such file."""
    try:
        fd = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        if not 0 <= after <= os.fstat(fd).st_size:
            raise ValueError("outside the journal")  # noqa: TRY301 - one answer to all
        return _frames(lambda size: os.pread(fd, size, after), after, limit)
    except ValueError as error:
        raise BadOffset(
            f"No frame begins at offset {after}; resume where one ended.", after=after
        ) from error
    finally:
        os.close(fd)


def _frames(read: Callable[[int], bytes], after: int, limit: int) -> list[Frame]:
    buffer = read(max(limit, HEADER.size))
    if len(buffer) < HEADER.size:
        if buffer and buffer[0] != MAGIC:
            raise ValueError("no header")
        return []
    _, length = measure(buffer)
    if length > len(buffer):
        buffer = read(length)
    return decode(buffer, offset=after)[0]


def _ends(file: Path) -> bool | None:
    """Tell whether END is the last frame of a file; None: there is no such file."""
    try:
        with file.open("rb") as opened:
            end = opened.seek(0, os.SEEK_END)
            opened.seek(max(end - HEADER.size, 0))
            tail = opened.read(HEADER.size)
    except FileNotFoundError:
        return None
    if len(tail) < HEADER.size:
        return False
    return HEADER.unpack(tail)[:4] == (MAGIC, END, 0, 0)
