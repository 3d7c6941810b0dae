"""Finding the launcher of a folder, and starting one."""

import asyncio
import os
import sys
import time
from pathlib import Path
from typing import Self

from fairlead.adapters.processes.launcher.marks import VARIABLE
from fairlead.adapters.processes.link import Link, Touched
from fairlead.adapters.processes.wire import SOCKET

_PACKAGE = "fairlead.adapters.processes.launcher"
_KEPT = ("PATH", "LD_LIBRARY_PATH", VARIABLE)
_LOOK_SECONDS = 0.01


async def connect(folder: Path, touched: Touched) -> Link | None:
    """Return a connection to the launcher that serves `folder`; None: none does.

    The socket is named by way of the folder's descriptor, for the length of a
    socket's name is limited to 107 bytes and that of a folder is not.
    """
    fd = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        _, link = await asyncio.get_running_loop().create_unix_connection(
            lambda: Link(touched), f"/proc/self/fd/{fd}/{SOCKET}"
        )
    except OSError:
        return None
    finally:
        os.close(fd)
    return link


class Child:
    """A launcher that this process has started, and has to wait for."""

    def __init__(self, pid: int) -> None:
        """Answer for the child `pid`."""
        self._pid = pid
        self._ended = False

    @classmethod
    def start(
        cls, folder: Path, *, idle_seconds: float, full_disk_seconds: float
    ) -> Self:
        """Start a launcher for `folder`; it returns at once if there is one."""
        environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
        environment |= {"PYTHONPATH": _source(), "PYTHONUTF8": "1", "LANG": "C.UTF-8"}
        log = os.open(
            folder / "launcher.log",
            os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC,
            0o600,
        )
        python = [sys.executable, "-P", "-s", "-S", "-m", _PACKAGE]
        null = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
        try:
            pid = os.posix_spawn(
                sys.executable,
                [*python, str(folder), str(idle_seconds), str(full_disk_seconds)],
                environment,
                file_actions=[
                    (os.POSIX_SPAWN_DUP2, null, 0),
                    (os.POSIX_SPAWN_DUP2, null, 1),
                    (os.POSIX_SPAWN_DUP2, log, 2),
                ],
                setsid=True,
            )
        finally:
            os.close(log)
            os.close(null)
        return cls(pid)

    def has_ended(self) -> bool:
        """Tell whether it has, and take note of it."""
        if not self._ended:
            try:
                pid, _ = os.waitpid(self._pid, os.WNOHANG)
            except ChildProcessError:
                pid = self._pid
            self._ended = pid == self._pid
        return self._ended

    async def ended(self, seconds: float) -> None:
        """Wait until it has, for at most this long."""
        until = time.monotonic() + seconds
        while not self.has_ended() and time.monotonic() < until:  # noqa: ASYNC110
            await asyncio.sleep(_LOOK_SECONDS)


def _source() -> str:
    """Return the folder that `fairlead` is imported from."""
    return str(Path(__file__).parents[3])
