"""Some room kept for the day the disk is full: enough to record how things ended."""

import asyncio
import os
import time
from contextlib import suppress
from pathlib import Path

import structlog
from typing_extensions import override

from fairlead.adapters.processes.launcher.disk import NONE, room
from fairlead.adapters.wiring.part import Opened

BYTES = 4 * 1024 * 1024
FILE = "reserve"
LOOK_SECONDS = 1.0
ENDING_SECONDS = 3.0  # for the launcher to end what fills the disk

log = structlog.get_logger(__name__)


class DiskReserve(Opened):
    """A file in the way of others, removed once the disk has been full for a while.

    By then the launcher has ended the steps that wait for room, and what they wrote
    goes with their runs; so the file can be made again later.
    """

    def __init__(self, home: Path, *, patience_seconds: float) -> None:
        """Keep `<home>/run/reserve`."""
        self._home = home
        self._file = home / "run" / FILE
        self._patience_seconds = patience_seconds + ENDING_SECONDS
        self._full_since: float | None = None
        self._watching: asyncio.Task[None] | None = None

    @override
    async def open(self) -> None:
        self.look(time.monotonic())
        self._watching = asyncio.create_task(self._watch())

    @override
    async def close(self) -> None:
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.gather(self._watching, return_exceptions=True)

    def look(self, now: float) -> None:
        """Remove or make the file, as the disk is at the monotonic time `now`."""
        try:
            left = room(os.fspath(self._home))
        except OSError:
            return  # the readiness check says so
        if left >= NONE:
            self._full_since = None
            if left > 3 * BYTES:
                self._make()
            return
        self._full_since = self._full_since or now
        if now - self._full_since >= self._patience_seconds and self._file.exists():
            self._file.unlink()
            log.warning("disk_reserve_used", folder=str(self._home))

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            self.look(time.monotonic())

    def _make(self) -> None:
        if self._file.exists():
            return
        self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
        fd = os.open(self._file, flags, 0o600)
        try:
            os.posix_fallocate(fd, 0, BYTES)
        except OSError:
            with suppress(FileNotFoundError):
                self._file.unlink()
        finally:
            os.close(fd)
