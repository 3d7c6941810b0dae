"""Appends frames to a journal file that other processes append to as well.

Standard library only: the launcher uses it too.
"""

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

from fairlead.kernel.framing import END, HEADER, encode, measure

_BLOCK = 64 * 1024


class Appender:
    """The end of one journal file.

    Each append holds the file's lock, so a frame that is cut off (its writer was
    killed in the middle of it, or the disk was full) can only be the last one, and
    the next append cuts it off before it adds its own.
    """

    def __init__(self, path: str) -> None:
        """Open `path`, made if need be.

        Raises:
            OSError: it cannot be made or opened.
        """
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
        self._fd = os.open(path, flags, 0o600)
        self._end = 0  # a frame is known to end here
        self._kind = 0  # of that frame

    def append(self, frame: bytes, *, wait: bool = True, kind: int = 0) -> int:
        """Add one frame and return the offset after it.

        Several frames in one go need the `kind` of the last.

        Raises:
            BlockingIOError: another writer is at it, and `wait` is off.
            OSError: it could not be written, and nothing of it is left.
        """
        with self._locked(wait=wait):
            self._settle()
            end = self._write(frame)
            self._kind = kind or self._kind
            return end

    def seal(self, *, at: float) -> int:
        """Add END unless it is the last frame, and return the offset after it.

        Raises:
            OSError: it could not be written.
        """
        with self._locked(wait=True):
            self._settle()
            if self._kind == END:
                return self._end
            return self._write(encode(END, "", b"", at=at))

    def repair(self) -> int:
        """Cut off a last frame that is not whole; return where the journal ends."""
        with self._locked(wait=True):
            self._settle()
            return self._end

    def room(self) -> int:
        """Return the bytes there may still be written to its disk."""
        found = os.fstatvfs(self._fd)
        return found.f_bavail * found.f_frsize if found.f_blocks else 1 << 62

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._fd)
        self._fd = -1

    @contextmanager
    def _locked(self, *, wait: bool) -> Iterator[None]:
        how = fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB
        fcntl.flock(self._fd, how)
        try:
            yield
        finally:
            fcntl.flock(self._fd, fcntl.LOCK_UN)

    def _write(self, frame: bytes) -> int:
        written = os.write(self._fd, frame)
        if written != len(frame):
            os.ftruncate(self._fd, self._end)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._end += written
        self._kind = frame[1]
        return self._end

    def _settle(self) -> None:
        size = os.fstat(self._fd).st_size
        if size == self._end:
            return
        if size < self._end:
            self._end, self._kind = 0, 0
        self._walk(size)
        if self._end < size:
            os.ftruncate(self._fd, self._end)

    def _walk(self, size: int) -> None:
        """Move on over the whole frames that others have appended."""
        block, start = b"", 0
        while self._end < size:
            at = self._end - start
            if at + HEADER.size > len(block):
                block, start = os.pread(self._fd, _BLOCK, self._end), self._end
                at = 0
            try:
                kind, length = measure(block, at)
            except ValueError:
                return
            if self._end + length > size:
                return
            self._end += length
            self._kind = kind
