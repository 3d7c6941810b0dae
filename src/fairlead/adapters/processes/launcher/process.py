"""One started program and the tree below it."""

import time
from collections.abc import Callable
from typing import Any

from fairlead.adapters.processes.launcher.loop import Timer
from fairlead.adapters.processes.launcher.output import Output

Facts = dict[str, Any]
STEP, WORKLOAD = "step", "workload"


class Process:
    """What the supervisor knows of one start until its receipt is written."""

    def __init__(self, spec: Facts, token: int, owner: object) -> None:
        """Begin with nothing running yet; `owner` is the connection that asked."""
        self.key: str = spec["key"]
        self.lifetime: str = spec["lifetime"]
        self.token = token
        self.owner = owner
        self.started_at = time.time()
        self.pid = 0
        self.output: Output | None = None
        self.exit_code: int | None = None  # of the main process, once it ended
        self.ended_at = 0.0
        self.error = ""
        self.interrupted = False
        self.cut_short = ""  # why the launcher ended it
        self.grace_until: float | None = None  # monotonic; set when told to stop
        self.attempts = 0  # to end what is left
        self.closing = False  # the tree is gone, the output is being finished
        self.timer: Timer | None = None
        self.waiting: list[Callable[[Facts], None]] = []
        self.untouchable: set[int] = set()  # processes of another user

    def running(self) -> Facts:
        """Return this process as a server sees it."""
        return {
            "key": self.key,
            "pid": self.pid,
            "lifetime": self.lifetime,
            "started_at": self.started_at,
        }

    def receipt(self) -> Facts:
        """Return how it ended."""
        return {
            "key": self.key,
            "exit_code": self.exit_code,
            "started_at": self.started_at,
            "ended_at": self.ended_at,
            "error": self.error,
            "interrupted": self.interrupted,
            "cut_short": self.cut_short,
        }

    def hurry(self) -> None:
        """Wait no longer for room for its output."""
        if self.output is not None:
            self.output.hurry()

    def schedule(self, timer: Timer) -> None:
        """Let `timer` be the one thing this process waits for."""
        if self.timer is not None:
            self.timer.cancel()
        self.timer = timer
