"""The port for programs that run on this host, and how their end is told."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from fairlead.kernel.errors import ErrorKind, FairleadError


class LauncherDown(FairleadError):
    """The launcher cannot be reached, so nothing can be started or stopped."""

    kind = ErrorKind.UNAVAILABLE
    code = "processes.launcher_down"


class ProcessUnknown(FairleadError):
    """No process was started under this key, or its receipt was forgotten."""

    kind = ErrorKind.NOT_FOUND
    code = "processes.unknown"


@dataclass(frozen=True, slots=True)
class PlainProcesses:
    """Whether users' programs may run here as processes that nothing isolates."""

    allowed: bool


class Lifetime(StrEnum):
    """What becomes of a process when the server dies."""

    STEP = "step"  # ended with its whole tree
    WORKLOAD = "workload"  # kept running until a server comes back for it


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessSpec:
    """A program to run.

    Attributes:
        key: Stable and unique, e.g. `RUN/build/compile/1`; starting a key that is
            known already starts nothing.
        argv: The program and its arguments, found by the PATH of `environment`.
        directory: Where it starts; must exist.
        environment: All of its environment.
        journal: The file its output (both streams, in order) is appended to.
        stream: The name its frames carry.
        lifetime: What becomes of it when the server dies.
        secrets: Taken out of its output in every form (`kernel.redaction`) before
            that reaches the journal.
    """

    key: str
    argv: tuple[str, ...]
    directory: Path
    environment: Mapping[str, str] = field(repr=False)
    journal: Path
    stream: str
    lifetime: Lifetime = Lifetime.STEP
    secrets: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """How a process ended; kept on disk until forgotten, so no end is missed.

    Attributes:
        exit_code: As a shell tells it: 128 + number for a signal, 127 for a program
            that is not there, 126 for one that cannot be started.
        error: Why it could not be started, one sentence; empty when it was.
        started_at, ended_at: Seconds since the epoch.
        interrupted: It did not end by itself: the server or the launcher died or was
            closed, so this was no complete attempt whatever the exit code says.
        cut_short: Why the launcher ended it by itself, one sentence; empty when it
            did not.
    """

    key: str
    exit_code: int
    started_at: float
    ended_at: float
    error: str = ""
    interrupted: bool = False
    cut_short: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A process that runs now."""

    key: str
    pid: int
    lifetime: Lifetime
    started_at: float


class Launcher(Protocol):
    """Starts programs and knows every process they leave behind.

    The launcher is a process of its own: it writes output itself, so a killed
    server loses none, and a server started later finds running processes and
    receipts by key.
    """

    @abstractmethod
    async def start(self, spec: ProcessSpec) -> None:
        """Start a program, once per key: a known key is left as it is.

        A program that cannot be started ends at once with a receipt that says why.

        Raises:
            LauncherDown: the launcher cannot be reached.
            SecretRefused: a secret is too short or too long to be looked for.
        """

    @abstractmethod
    async def wait(self, key: str) -> Receipt:
        """Return how the process ended, waiting until it has, with its whole tree.

        Raises:
            ProcessUnknown: no such key.
            LauncherDown: the launcher died; processes of it are ended before the
                next one starts.
        """

    @abstractmethod
    async def stop(self, key: str, *, grace_seconds: float = 0.5) -> None:
        """End the whole tree: SIGTERM, then SIGKILL after the grace; idempotent.

        Returns when the last process is gone, also one that ignores SIGTERM, has
        left the process group or was adopted by another parent.
        """

    @abstractmethod
    async def running(self) -> tuple[Running, ...]:
        """Return the processes that run now, in no order."""

    @abstractmethod
    async def forget(self, key: str) -> None:
        """Drop the receipt of an ended process; the key may be used again."""
