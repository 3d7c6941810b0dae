"""What a program prints, from its pipe to its journal."""

import errno
import os
import time
from collections.abc import Callable

from fairlead.adapters.journals.appender import Appender
from fairlead.adapters.processes.launcher.disk import SPARED
from fairlead.adapters.processes.launcher.loop import Loop, Timer
from fairlead.kernel.framing import OUTPUT, encode
from fairlead.kernel.redaction import Redactor

CHUNK = 64 * 1024
_FEW = 4 * 1024  # a read of less than this is followed by a pause
_PAUSE_SECONDS = 0.005
_HOLD_SECONDS = 0.1  # how long a line without an end is waited for
_SPLIT_SECONDS = 10.0  # how long the rest of a character is
_RETRY_SECONDS = 0.25
_PATIENCE_SECONDS = 30.0  # for a disk that is full, where nothing else is said
_LINGER_SECONDS = 1.0  # for a pipe that a process out of reach keeps open
_READS_AT_ONCE = 64
_LONGEST_CHARACTER = 4
_TURN_SECONDS = 0.02  # for redaction of one read, before others have their turn


class Output:
    """Reads one pipe as fast as it can write one journal, and no faster.

    Frames end at a line's end where there is one within 64 KiB and 100 ms, and
    otherwise not within a UTF-8 character that is completed within 10 s. Secrets
    are taken out before anything else is done with what was read.
    """

    def __init__(
        self,
        loop: Loop,
        pipe: int,
        journal: Appender,
        stream: str,
        *,
        touched: Callable[[], None],
        redactor: Redactor | None = None,
    ) -> None:
        """Own `pipe` (not blocking) and `journal`; call `touched` after each frame."""
        self._full: Callable[[], None] | None = None
        self._patience_seconds = _PATIENCE_SECONDS
        self._loop = loop
        self._redactor = redactor
        self._pipe = pipe
        self._journal = journal
        self._stream = stream
        self._touched = touched
        self._held = b""  # read, and not yet written
        self._most = CHUNK  # bytes of one read
        self._flush: Timer | None = None
        self._split = False  # all that is held is the beginning of a character
        self._stuck: bytes | None = None  # a payload the disk had no room for
        self._stuck_since = 0.0
        self._lost = 0  # bytes
        self._open = True
        self._finish: Callable[[], None] | None = None
        self._watch()

    def finish(self, done: Callable[[], None]) -> None:
        """Write what is still in the pipe, close both files, then call `done`."""
        self._finish = done
        self._loop.later(_LINGER_SECONDS, self._linger)
        self._watch()
        self._drain()

    def when_full(self, full: Callable[[], None], *, patience_seconds: float) -> None:
        """Call `full` when there was no room for so long; output is lost from then."""
        self._full = full
        self._patience_seconds = patience_seconds

    def hurry(self) -> None:
        """Wait for room on the disk no longer."""
        self._patience_seconds = 0.0

    def _watch(self) -> None:
        if self._open and self._stuck is None:
            self._loop.watch(self._pipe, self._on_ready)

    def _on_ready(self) -> None:
        count = self._read()
        if self._finish is not None:
            self._drain()
        elif self._open and count < _FEW:
            self._loop.unwatch(self._pipe)
            self._loop.later(_PAUSE_SECONDS, self._watch)

    def _drain(self) -> None:
        for _ in range(_READS_AT_ONCE):
            if not self._open or self._stuck is not None or not self._read():
                break
        if not self._open and self._stuck is None:
            self._end()

    def _read(self) -> int:
        """Read once and write what is whole; return how many bytes came."""
        try:
            came = os.read(self._pipe, min(CHUNK - len(self._held), self._most))
        except BlockingIOError:
            return 0
        if not came:
            self._cut()
            return 0
        shown = came if self._redactor is None else self._redact(self._redactor, came)
        data = self._held + shown
        end = data.rfind(b"\n") + 1
        if len(data) - end >= CHUNK:
            end = whole_characters(data)
        self._held = data[end:]
        if end:
            self._write(data[:end])
        if self._split or self._flush is None:
            self._hold()
        return len(came)

    def _redact(self, redactor: Redactor, came: bytes) -> bytes:
        """Take secrets out; read less at once next time if that took too long."""
        began = time.perf_counter()
        shown = redactor.feed(came)
        took = time.perf_counter() - began
        fits = CHUNK if took <= _TURN_SECONDS else int(len(came) * _TURN_SECONDS / took)
        self._most = min(max(fits, _FEW), 2 * self._most, CHUNK)
        return shown

    def _hold(self) -> None:
        """Wait for the rest of what is held, be it of a line or of a character."""
        if self._flush is not None:
            self._flush.cancel()
            self._flush = None
        self._split = bool(self._held) and not whole_characters(self._held)
        if self._held:
            seconds = _SPLIT_SECONDS if self._split else _HOLD_SECONDS
            self._flush = self._loop.later(seconds, self._release)

    def _release(self) -> None:
        """Write a line that has had no end for too long."""
        self._flush = None
        if self._stuck is not None or not self._held:
            return
        end = len(self._held) if self._split else whole_characters(self._held)
        data, self._held = self._held[:end], self._held[end:]
        self._hold()
        if data:
            self._write(data)

    def _linger(self) -> None:
        if self._stuck is None:
            self._cut()
        else:
            self._loop.later(_LINGER_SECONDS, self._linger)

    def _cut(self) -> None:
        """Read no more: the pipe is at its end, or held by nobody we may end."""
        if self._open:
            self._loop.unwatch(self._pipe)
            os.close(self._pipe)
            self._open = False
            if self._redactor is not None:
                self._held += self._redactor.finish()
            if self._finish is not None:
                self._drain()

    def _end(self) -> None:
        if self._held:
            data, self._held = self._held, b""
            self._write(data)
            if self._stuck is not None:
                return
        done, self._finish = self._finish, None
        if done is not None:
            if self._flush is not None:
                self._flush.cancel()
            self._journal.close()
            done()

    def _write(self, data: bytes) -> None:
        try:
            if self._lost:
                note = f"[{self._lost} bytes of output were lost: the disk was full]\n"
                self._append(note.encode())
                self._lost = 0
            self._append(data)
        except OSError:
            self._wait_for_room(data)
        else:
            self._stuck_since = 0.0
            self._touched()

    def _append(self, data: bytes) -> None:
        if self._journal.room() < SPARED + len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._journal.append(encode(OUTPUT, self._stream, data, at=time.time()))

    def _wait_for_room(self, data: bytes) -> None:
        now = time.monotonic()
        self._stuck_since = self._stuck_since or now
        if now - self._stuck_since >= self._patience_seconds:
            self._lost += len(data)
            if self._full is not None:
                self._full()
            return
        self._stuck = data
        if self._open:
            self._loop.unwatch(self._pipe)
        self._loop.later(_RETRY_SECONDS, self._retry)

    def _retry(self) -> None:
        data, self._stuck = self._stuck or b"", None
        self._write(data)
        if self._stuck is not None:
            return
        if self._flush is None:
            self._hold()
        if self._finish is not None:
            self._drain()
        if self._open:
            self._watch()


def whole_characters(data: bytes) -> int:
    """Return how many bytes of `data` do not belong to a cut-off last character.

    Bytes that are no UTF-8 count as whole.
    """
    size = len(data)
    for back in range(1, min(_LONGEST_CHARACTER, size + 1)):
        byte = data[size - back]
        if byte & 0xC0 == 0x80:  # noqa: PLR2004 - a continuation, look further back
            continue
        needed = _length(byte)
        return size - back if needed > back else size
    return size


def _length(first: int) -> int:
    """Return how many bytes a character has that begins with `first`."""
    for bits, mask, length in ((0xF0, 0xF8, 4), (0xE0, 0xF0, 3), (0xC0, 0xE0, 2)):
        if first & mask == bits:
            return length
    return 1
