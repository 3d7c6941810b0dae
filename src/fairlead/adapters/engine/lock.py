"""One process per journal file."""

import fcntl
import os
from pathlib import Path

from fairlead.kernel.engine import JournalHeld


class JournalLock:
    """A lock that the kernel lets go of when its process dies, however it dies."""

    def __init__(self, journal: Path) -> None:
        """Guard `journal` with a file beside it."""
        self._journal = journal
        self._path = journal.with_name(f"{journal.name}.lock")
        self._descriptor: int | None = None

    def take(self) -> None:
        """Take the lock and leave our process id in it.

        Raises:
            JournalHeld: another process, named in the message, has it.
            OSError: the file cannot be made or written; it is not held then.
        """
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.pread(descriptor, 32, 0).decode(errors="replace").strip()
            os.close(descriptor)
            raise JournalHeld(
                f"{self._journal} is in use by process {_described(holder)}; stop it "
                "or choose another folder.",
                path=str(self._journal),
                holder=holder,
            ) from error
        try:
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        except OSError:  # a full disk
            os.close(descriptor)
            raise
        self._descriptor = descriptor

    def release(self) -> None:
        """Let go; releasing twice is fine."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def _described(holder: str) -> str:
    if not holder.isdigit():
        return "(unknown)"
    try:
        name = Path("/proc", holder, "comm").read_text(encoding="utf-8").strip()
    except OSError:
        return holder
    return f"{holder} ({name})"
