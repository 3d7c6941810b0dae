"""The launcher's beginning and end."""

import contextlib
import ctypes
import fcntl
import os
import signal
import socket
import sys
import time
from pathlib import Path

from fairlead.adapters.processes.launcher.loop import Loop
from fairlead.adapters.processes.launcher.marks import Marks
from fairlead.adapters.processes.launcher.receipts import Receipts
from fairlead.adapters.processes.launcher.service import Service
from fairlead.adapters.processes.launcher.supervisor import Supervisor
from fairlead.adapters.processes.launcher.trees import end_all
from fairlead.adapters.processes.wire import SOCKET

_PR_SET_CHILD_SUBREAPER = 36
_STANDARD_FILES = 3
_LEFTOVER_SECONDS = 10.0
_TERMINATED_GRACE_SECONDS = 2.0
_OURS_ALONE = 0o077  # for files of the launcher's; programs have the usual mask


def main(folder: str, idle_seconds: float, full_disk_seconds: float) -> None:
    """Serve the home whose `run` folder this is; return at once if another does."""
    os.chdir(folder)  # the socket's name stays short, however long the folder's is
    _stand_alone()
    lock = os.open("launcher.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return
    marks = Marks(_home_id())
    receipts = Receipts(Path.cwd() / "receipts")
    _end_leftovers(marks)
    loop = Loop()
    listener = _listen()
    service = Service(loop, listener, idle_seconds=idle_seconds)
    supervisor = Supervisor(
        loop,
        marks,
        receipts,
        touched=service.touched,
        full_disk_seconds=full_disk_seconds,
    )
    supervisor.close_books()
    loop.on_signal(signal.SIGTERM, lambda: service.shutdown(_TERMINATED_GRACE_SECONDS))
    service.serve(supervisor)
    try:
        loop.run()
    finally:
        with contextlib.suppress(FileNotFoundError):
            Path(SOCKET).unlink()


def _stand_alone() -> None:
    """Hear no terminal, adopt orphans, hand nothing odd down to programs."""
    os.umask(_OURS_ALONE)
    for fd in [int(name) for name in os.listdir("/proc/self/fd")]:  # noqa: PTH208
        if fd >= _STANDARD_FILES:  # one of the server's
            with contextlib.suppress(OSError):
                os.close(fd)
    if os.getsid(0) != os.getpid():
        with contextlib.suppress(PermissionError):
            os.setsid()
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    kept = {signal.SIGKILL, signal.SIGSTOP, signal.SIGPIPE}
    for number in signal.valid_signals() - kept:
        with contextlib.suppress(OSError, ValueError):
            signal.signal(number, signal.SIG_DFL)
    for number in (signal.SIGINT, signal.SIGHUP):  # ignored would be inherited
        signal.signal(number, lambda *_: None)
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    if prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        sys.stderr.write("this system has no subreapers; orphans may be missed\n")


def _home_id() -> str:
    """Return the id of this folder; the copy of a home is another home.

    What runs under a home's id is ended by the next launcher of that home, so a copy
    must not have the id of the original.
    """
    path = Path("home-id")
    about = Path().stat()
    place = f"{about.st_dev}:{about.st_ino}"
    with contextlib.suppress(FileNotFoundError, ValueError):
        text, of = path.read_text().split()
        int(text, 16)
        if of == place:
            return text
    text = os.urandom(8).hex()
    half = path.with_suffix(".half")
    half.write_text(f"{text} {place}\n")
    half.replace(path)
    return text


def _end_leftovers(marks: Marks) -> None:
    """End what a killed launcher of this home has left, before anything starts."""
    until = time.monotonic() + _LEFTOVER_SECONDS
    while not end_all(marks) and time.monotonic() < until:
        time.sleep(0.005)


def _listen() -> socket.socket:
    with contextlib.suppress(FileNotFoundError):
        Path(SOCKET).unlink()
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(SOCKET)
    listener.listen(64)
    listener.setblocking(False)
    return listener
