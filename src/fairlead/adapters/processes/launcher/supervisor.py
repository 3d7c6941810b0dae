"""Starts processes, follows them to the end of their trees, writes their receipts."""

import fcntl
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from fairlead.adapters.journals.appender import Appender
from fairlead.adapters.processes.launcher.disk import NONE, room
from fairlead.adapters.processes.launcher.loop import Loop
from fairlead.adapters.processes.launcher.marks import Marks
from fairlead.adapters.processes.launcher.output import Output
from fairlead.adapters.processes.launcher.process import STEP, Facts, Process
from fairlead.adapters.processes.launcher.programs import (
    NOT_STARTABLE,
    CannotStart,
    start,
)
from fairlead.adapters.processes.launcher.receipts import Receipts
from fairlead.adapters.processes.launcher.trees import Trees, kill
from fairlead.kernel.redaction import Redactor, Secrets

_PIPE_BYTES = 256 * 1024
_AGAIN_SECONDS = 0.005
_SLOWLY_SECONDS = 0.1
_QUICK_ATTEMPTS = 50
_RECORD_SECONDS = 1.0
_DISK_SECONDS = 1.0
_ATTEMPTS = 150  # then what is left cannot be ended: it hangs in the kernel
_INTERRUPT_GRACE_SECONDS = 0.5
_KILLED = 128 + signal.SIGKILL
_PREPARED = 8  # sets of secrets, kept for the next start that has the same

Ended = Callable[[Facts], None]


class Supervisor:
    """All processes of one launcher, by key."""

    def __init__(
        self,
        loop: Loop,
        marks: Marks,
        receipts: Receipts,
        *,
        touched: Callable[[str], None],
        full_disk_seconds: float,
    ) -> None:
        """Call `touched` with the path of each journal that has grown.

        End steps that wait for room on the disk for longer than `full_disk_seconds`.
        """
        self._full_disk_seconds = full_disk_seconds
        self._full_since: float | None = None
        self._loop = loop
        self._marks = marks
        self._receipts = receipts
        self._touched = touched
        self._trees = Trees(marks)
        self._processes: dict[str, Process] = {}
        self._unwritten: dict[str, Facts] = {}  # receipts, while the disk is full
        self._secrets: dict[tuple[str, ...], Secrets] = {}
        loop.on_signal(signal.SIGCHLD, self._reap)
        self._look_at_disk()

    def start(self, spec: Facts, owner: object) -> None:
        """Start what `spec` describes, unless its key is known."""
        key = spec["key"]
        if key in self._processes or self._known(key) is not None:
            return
        process = Process(spec, self._marks.token(), owner)
        self._record(process.running())
        try:
            self._launch(process, spec)
        except CannotStart as error:
            process.error, process.exit_code = str(error), error.exit_code
            process.ended_at = time.time()
            self._record(process.receipt())
        else:
            self._processes[key] = process
            self._trees.add(process)

    def wait(self, key: str, ended: Ended) -> bool:
        """Call `ended` with the receipt, now or later; False: the key is unknown."""
        process = self._processes.get(key)
        if process is not None:
            process.waiting.append(ended)
            return True
        facts = self._known(key)
        if facts is None or "exit_code" not in facts:
            return False
        ended(facts)
        return True

    def stop(self, key: str, grace_seconds: float, ended: Ended) -> None:
        """End the tree of `key`, then call `ended`; at once if none runs."""
        process = self._processes.get(key)
        if process is None:
            ended({})
            return
        process.waiting.append(ended)
        process.hurry()
        self._stop(process, grace_seconds)

    def running(self) -> list[Facts]:
        """Return what runs now."""
        return [process.running() for process in self._processes.values()]

    def forget(self, key: str) -> None:
        """Drop the receipt of a process that has ended."""
        if key not in self._processes:
            self._unwritten.pop(key, None)
            self._receipts.drop(key)

    def interrupt(self, owner: object) -> None:
        """End the steps that the connection `owner` asked for; keep the workloads."""
        self._reap()
        for process in tuple(self._processes.values()):
            if process.lifetime == STEP and process.owner is owner:
                self._interrupt(process, _INTERRUPT_GRACE_SECONDS)

    def end(self, grace_seconds: float) -> None:
        """End everything."""
        self._reap()
        for process in tuple(self._processes.values()):
            process.hurry()
            self._interrupt(process, grace_seconds)

    def close_books(self) -> None:
        """Give processes that a killed launcher had started their receipts."""
        for facts in self._receipts.unfinished():
            self._record(
                {
                    "key": facts["key"],
                    "exit_code": _KILLED,
                    "started_at": facts["started_at"],
                    "ended_at": time.time(),
                    "error": "",
                    "interrupted": True,
                    "cut_short": "",
                }
            )

    def _launch(self, process: Process, spec: Facts) -> None:
        redactor = self._redactor(tuple(spec["secrets"]))
        journal = _journal(spec["journal"])
        try:
            pipe, end = os.pipe()
        except OSError as error:
            journal.close()
            raise CannotStart(
                f"There is no pipe left for output: {error.strerror}.", NOT_STARTABLE
            ) from error
        try:
            with self._marks.worn(process.token):
                process.pid = start(
                    spec["argv"],
                    directory=spec["directory"],
                    environment={
                        **spec["environment"],
                        **self._marks.variables(process.token),
                    },
                    output=end,
                )
        except CannotStart:
            os.close(pipe)
            journal.close()
            raise
        finally:
            os.close(end)
        os.set_blocking(pipe, False)
        _widen(pipe)
        path: str = spec["journal"]
        process.output = Output(
            self._loop,
            pipe,
            journal,
            spec["stream"],
            touched=lambda: self._touched(path),
            redactor=redactor,
        )
        process.output.when_full(
            lambda: self._cut_short(process), patience_seconds=self._full_disk_seconds
        )

    def _redactor(self, words: tuple[str, ...]) -> Redactor | None:
        if not words:
            return None
        if words not in self._secrets:
            if len(self._secrets) >= _PREPARED:
                self._secrets.clear()
            self._secrets[words] = Secrets(words)
        return Redactor(self._secrets[words])

    def _interrupt(self, process: Process, grace_seconds: float) -> None:
        if process.exit_code is None:
            process.interrupted = True
        self._stop(process, grace_seconds)

    def _look_at_disk(self) -> None:
        """End the steps once the disk has been full for too long: nothing goes on."""
        self._loop.later(_DISK_SECONDS, self._look_at_disk)
        if not self._processes or room(os.curdir) >= NONE:
            self._full_since = None
            return
        now = time.monotonic()
        self._full_since = self._full_since or now
        if now - self._full_since >= self._full_disk_seconds:
            for process in tuple(self._processes.values()):
                self._cut_short(process)

    def _cut_short(self, process: Process) -> None:
        """End a step that has no room to go on; a workload may do without output."""
        if process.lifetime != STEP or process.exit_code is not None:
            return
        process.cut_short = f"The disk of {Path.cwd().parent} is full."
        process.hurry()
        self._stop(process, _INTERRUPT_GRACE_SECONDS)

    def _stop(self, process: Process, grace_seconds: float) -> None:
        until = time.monotonic() + grace_seconds
        if process.grace_until is not None:  # the shortest grace holds
            process.grace_until = min(process.grace_until, until)
        elif not process.closing:
            process.grace_until = until
            self._trees.signal(process, signal.SIGTERM)
            self._trees.signal(process, signal.SIGCONT)
        self._settle(process)

    def _reap(self) -> None:
        """Collect what has ended, and end what nobody answers for."""
        for pid, status in _ended_children():
            process = self._trees.reaped(pid)
            if process is not None:
                process.exit_code = _exit_code(status)
                process.ended_at = time.time()
        for pid, owner in self._trees.orphans().items():
            if owner is None:
                kill(pid, signal.SIGKILL)
        for process in tuple(self._processes.values()):
            if process.exit_code is not None:
                self._settle(process)

    def _settle(self, process: Process) -> None:
        """Bring a process nearer to its end, as far as it has got."""
        if process.closing:
            return
        now = time.monotonic()
        alive = process.exit_code is None
        left = alive or bool(self._trees.left(process))
        if left and process.grace_until is not None and process.grace_until > now:
            pause = process.grace_until - now
            self._again(process, pause)
        elif left and (not alive or process.grace_until is not None):
            self._end(process)
        elif not alive:
            self._close(process)

    def _end(self, process: Process) -> None:
        process.attempts += 1
        if process.attempts > _ATTEMPTS and process.exit_code is not None:
            process.untouchable.update(self._trees.left(process))
        else:
            self._trees.end(process)
        quick = process.attempts < _QUICK_ATTEMPTS
        self._again(process, _AGAIN_SECONDS if quick else _SLOWLY_SECONDS)

    def _again(self, process: Process, seconds: float) -> None:
        process.schedule(self._loop.later(seconds, lambda: self._settle(process)))

    def _close(self, process: Process) -> None:
        process.closing = True
        if process.output is not None:
            process.output.finish(lambda: self._finished(process))

    def _finished(self, process: Process) -> None:
        del self._processes[process.key]
        self._trees.remove(process)
        receipt = process.receipt()
        self._record(receipt)
        for ended in process.waiting:
            ended(receipt)

    def _known(self, key: str) -> Facts | None:
        return self._unwritten.get(key) or self._receipts.read(key)

    def _record(self, facts: Facts) -> None:
        """Write a receipt; where the disk is full, once there is room again."""
        key = facts["key"]
        try:
            self._receipts.write(facts)
        except OSError:
            self._unwritten[key] = facts
            self._loop.later(_RECORD_SECONDS, lambda: self._record_late(key))
        else:
            self._unwritten.pop(key, None)

    def _record_late(self, key: str) -> None:
        facts = self._unwritten.get(key)
        if facts is not None:
            self._record(facts)


def _ended_children() -> Iterator[tuple[int, int]]:
    """Wait for each child that has ended; yield its pid and wait status."""
    try:
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:
            yield ended
    except ChildProcessError:
        return


def _journal(path: str) -> Appender:
    try:
        return Appender(path)
    except OSError as error:
        raise CannotStart(
            f"The journal {path} cannot be opened: {error.strerror}.", NOT_STARTABLE
        ) from error


def _widen(pipe: int) -> None:
    try:
        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
    except OSError:
        return  # this user has many pipes; the usual size does


def _exit_code(status: int) -> int:
    code = os.waitstatus_to_exitcode(status)
    return 128 - code if code < 0 else code
