"""Finding and ending what a start has left behind.

The launcher is a subreaper: whatever loses its parent becomes the launcher's own
child. So once the main process is gone, every subtree that is left hangs directly
below the launcher, and each is told apart by the marks it wears.
"""

import os
import signal
from collections.abc import Iterator

from fairlead.adapters.processes.launcher.marks import Marks, ancestors, children
from fairlead.adapters.processes.launcher.process import Process

_SWEEPS = 12  # to stop a tree that goes on forking, before it is ended
_CHASES = 200  # at a process that forks and exits faster than it is found


class Trees:
    """The processes of every start, by start."""

    def __init__(self, marks: Marks) -> None:
        """Know nothing yet; `marks` tells whose a process is."""
        self._marks = marks
        self._by_token: dict[int, Process] = {}
        self._by_pid: dict[int, Process] = {}
        self._owners: dict[int, Process | None] = {}  # of adopted children

    def add(self, process: Process) -> None:
        """Begin to watch a started process."""
        self._by_token[process.token] = process
        self._by_pid[process.pid] = process

    def remove(self, process: Process) -> None:
        """Watch it no longer; what appears of it later belongs to nobody."""
        self._by_token.pop(process.token, None)
        if self._by_pid.get(process.pid) is process:  # the pid may be another's now
            del self._by_pid[process.pid]

    def reaped(self, pid: int) -> Process | None:
        """Take note that `pid` is gone; return the start it was the main process of."""
        self._owners.pop(pid, None)
        process = self._by_pid.get(pid)
        return process if process and process.exit_code is None else None

    def orphans(self) -> dict[int, Process | None]:
        """Return the adopted processes, each with the start it belongs to."""
        found: dict[int, Process | None] = {}
        for pid in children():
            main = self._by_pid.get(pid)
            if main is None or main.exit_code is not None:
                found[pid] = self._owner(pid)
        return found

    def left(self, process: Process) -> list[int]:
        """Return the adopted processes of one start."""
        return [
            pid
            for pid, owner in self.orphans().items()
            if owner is process and pid not in process.untouchable
        ]

    def signal(self, process: Process, number: signal.Signals) -> None:
        """Send one signal to every process of the tree, as each is found."""
        for pid in self._members(process):
            _send(process, pid, number)

    def end(self, process: Process) -> None:
        """Kill the whole tree; call again until nothing is left.

        All are stopped first, again and again until no new one shows up, so that
        what forks as fast as it can does not outrun the killing.
        """
        stopped: set[int] = set()
        for _ in range(_SWEEPS):
            fresh = [
                pid
                for pid in self._members(process)
                if pid not in stopped and _send(process, pid, signal.SIGSTOP)
            ]
            if not fresh:
                break
            stopped.update(fresh)
        for pid in stopped:
            _send(process, pid, signal.SIGKILL)
        for _ in range(_CHASES if len(stopped) >= _SWEEPS else 1):
            left = self.left(process)
            for pid in left:
                _send(process, pid, signal.SIGKILL)
            if not left:
                break

    def _members(self, process: Process) -> Iterator[int]:
        if process.exit_code is None:
            yield process.pid
        for pid in self._marks.wearers(process.token):
            if pid != process.pid and pid not in process.untouchable:
                yield pid
        yield from self.left(process)

    def _owner(self, pid: int) -> Process | None:
        if pid not in self._owners:
            token = self._marks.token_of(pid)
            owner = self._by_token.get(token) if token else self._by_session(pid)
            self._owners[pid] = owner
        return self._owners[pid]

    def _by_session(self, pid: int) -> Process | None:
        try:
            return self._by_pid.get(os.getsid(pid))
        except OSError:
            return None


def end_all(marks: Marks) -> bool:
    """Kill what another launcher of this home left; tell whether all are gone."""
    spared = ancestors()
    stopped: set[int] = set()
    for _ in range(_SWEEPS):
        known = len(stopped)
        for pid in marks.all_wearers():
            if pid not in spared and pid not in stopped:
                kill(pid, signal.SIGSTOP)
                stopped.add(pid)
        if len(stopped) == known:
            break
    for pid in stopped:
        kill(pid, signal.SIGKILL)
    return not stopped


def kill(pid: int, number: signal.Signals) -> bool:
    """Send a signal; tell whether the process may be signalled (or is gone)."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return True


def _send(process: Process, pid: int, number: signal.Signals) -> bool:
    """Signal a process of the tree; one of another user is left from then on."""
    allowed = kill(pid, number)
    if not allowed:
        process.untouchable.add(pid)
    return allowed
