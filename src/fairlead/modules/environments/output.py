"""The end of a workload's journal, and giving back the disk its beginning takes."""

import ctypes
import errno
import mmap
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from fairlead.kernel.framing import HEADER, MAGIC, MAX_PAYLOAD, OUTPUT, encode, measure
from fairlead.kernel.journal import Frame, FrameKind, decode

BLOCK = 4096
LONGEST = MAX_PAYLOAD + BLOCK  # a frame with its header and name is no longer
WINDOW = 3 * MAX_PAYLOAD
PUNCH = 0x03  # FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE


def boundary(buffer: bytes) -> int | None:
    """Return where the first frame begins in a stretch cut out of a journal."""
    position = buffer.find(MAGIC)
    while position >= 0:
        if _chained(buffer, position):
            return position
        position = buffer.find(MAGIC, position + 1)
    return None


def _chained(buffer: bytes, position: int) -> bool:
    """Tell whether what begins here is frames up to the end of `buffer`."""
    size = len(buffer)
    try:
        while position + HEADER.size <= size:
            position += measure(buffer, position)[1]
    except ValueError:
        return False
    return position >= size or buffer[position] == MAGIC


def tail(path: Path) -> list[Frame]:
    """Return the last whole frames, 512 KiB of them or more; none for no file."""
    try:
        with path.open("rb") as file:
            end = file.seek(0, os.SEEK_END)
            start = max(0, end - WINDOW)
            file.seek(start)
            buffer = file.read(end - start)
    except FileNotFoundError:
        return []
    begins = boundary(buffer) if start else 0
    if begins is None:
        return []
    return decode(buffer[begins:], offset=start + begins)[0]


def text(frames: Sequence[Frame], *, stream: str | None = None) -> bytes:
    """Return the output in `frames`, of one stream or of all."""
    return b"".join(
        frame.data
        for frame in frames
        if frame.kind is FrameKind.OUTPUT and stream in {None, frame.stream}
    )


def last_lines(path: Path, stream: str, *, lines: int) -> str:
    """Return the last lines of one stream."""
    printed = text(tail(path), stream=stream).decode("utf-8", "replace")
    return "\n".join(printed.rstrip().splitlines()[-lines:])


def excess(path: Path, *, start: int, keep: int) -> int | None:
    """Return where a journal should begin to keep its last `keep` bytes or more.

    None while it is not twice as long as that, so that dropping is rare.
    """
    try:
        with path.open("rb") as file:
            end = file.seek(0, os.SEEK_END)
            if end - start < 2 * keep:
                return None
            cut = max(start, end - keep - LONGEST)
            file.seek(cut)
            begins = boundary(file.read())
    except FileNotFoundError:
        return None
    return None if begins is None else cut + begins


def drop(path: Path, *, start: int, until: int) -> None:
    """Give back the disk between two frames; offsets stay, and the journal is whole.

    What is dropped becomes a few long frames of no stream with nothing in them. Each
    takes the place of others in one small write, so a crash in between is harmless. A
    file system that cannot make holes keeps the bytes.
    """
    with path.open("r+b") as file, mmap.mmap(file.fileno(), until) as view:
        for begin, end in list(_stretches(view, start, until)):
            length = end - begin - HEADER.size
            header = encode(OUTPUT, "", bytes(length), at=0)[: HEADER.size]
            os.pwrite(file.fileno(), header, begin)
            _punch(file.fileno(), begin + HEADER.size, end)


def _stretches(view: mmap.mmap, start: int, until: int) -> Iterator[tuple[int, int]]:
    """Yield runs of whole frames, each as long as one frame can be."""
    begin = position = start
    while position < until:
        length = measure(view, position)[1]  # type: ignore[arg-type] # a buffer
        if position > begin and position + length - begin > MAX_PAYLOAD:
            yield begin, position
            begin = position
        position += length
    if position > begin:
        yield begin, position


def _punch(descriptor: int, begin: int, end: int) -> None:
    first = -(-begin // BLOCK) * BLOCK
    length = end // BLOCK * BLOCK - first
    if length <= 0:
        return
    libc = ctypes.CDLL(None, use_errno=True)
    offset, size = ctypes.c_longlong(first), ctypes.c_longlong(length)
    if libc.fallocate(descriptor, PUNCH, offset, size):
        code = ctypes.get_errno()
        if code not in {errno.EOPNOTSUPP, errno.ENOSYS}:
            raise OSError(code, os.strerror(code))
