"""The mark by which a process is known as one of ours, whatever it does.

Each start has a token. Its processes wear it in the soft limit RLIMIT_RTTIME, a
number of microseconds so large that it limits nothing: it is inherited, and a program
that clears its environment, leaves its session and forks twice still wears it. Where
the system does not let that limit be set or seen, the variable FAIRLEAD_PROCESS
carries the token instead (ADR-0003).
"""

import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

VARIABLE = "FAIRLEAD_PROCESS"
_LIMIT = resource.RLIMIT_RTTIME
_FLAG = 1 << 61
_TOKEN_BITS = 32
_TOKEN = (1 << _TOKEN_BITS) - 1
_HOME = (1 << 28) - 1


class Marks:
    """The marks of one home folder, whose id is 16 hexadecimal digits."""

    def __init__(self, home: str, *, limits: bool = True) -> None:
        """Use the limit, unless told not to or the system does not let us."""
        self._home = home
        self._base = _FLAG | (int(home, 16) & _HOME) << _TOKEN_BITS
        self._usual = resource.getrlimit(_LIMIT)
        self._limits = limits and self._settable()

    @staticmethod
    def token() -> int:
        """Return a new token."""
        return int.from_bytes(os.urandom(4), "big") or 1

    def variables(self, token: int) -> dict[str, str]:
        """Return what the environment of a start's processes must carry."""
        return {} if self._limits else {VARIABLE: f"{self._home}.{token:08x}"}

    @contextmanager
    def worn(self, token: int) -> Iterator[None]:
        """Mark what is forked meanwhile."""
        if not self._limits:
            yield
            return
        with self._set(self._base | token):
            yield

    def token_of(self, pid: int) -> int | None:
        """Return the token a process wears; None: none of this home, or it is gone."""
        return self._by_limit(pid) if self._limits else self._by_variable(pid)

    def wearers(self, token: int) -> Iterator[int]:
        """Yield the processes that wear `token`, as found one after the other."""
        return (pid for pid in pids() if self.token_of(pid) == token)

    def all_wearers(self) -> Iterator[int]:
        """Yield every live process of this home."""
        return (pid for pid in pids() if self.token_of(pid) and not _dead(pid))

    def _settable(self) -> bool:
        try:
            with self._set(self._base | 1):
                return self._by_limit(os.getpid()) == 1
        except (ValueError, OSError):
            return False

    @contextmanager
    def _set(self, soft: int) -> Iterator[None]:
        resource.setrlimit(_LIMIT, (soft, self._usual[1]))
        try:
            yield
        finally:
            resource.setrlimit(_LIMIT, self._usual)

    def _by_limit(self, pid: int) -> int | None:
        try:
            soft, _ = resource.prlimit(pid, _LIMIT)
        except OSError:
            return None
        return soft & _TOKEN if soft & ~_TOKEN == self._base else None

    def _by_variable(self, pid: int) -> int | None:
        try:
            environment = Path(f"/proc/{pid}/environ").read_bytes()
        except OSError:
            return None
        start = f"{VARIABLE}={self._home}.".encode()
        for entry in environment.split(b"\0"):
            if entry.startswith(start):
                return _number(entry[len(start) :])
        return None


def pids() -> Iterator[int]:
    """Yield the processes this one can see, itself left out."""
    own = str(os.getpid())
    names = os.listdir("/proc")  # noqa: PTH208 - often; a tenth of the time of paths
    return (int(name) for name in names if name.isdecimal() and name != own)


def children() -> list[int]:
    """Return the children of this process: what it started and what it adopted."""
    own = os.getpid()
    try:
        return [
            int(pid)
            for pid in Path(f"/proc/{own}/task/{own}/children").read_bytes().split()
        ]
    except FileNotFoundError:  # a kernel without CONFIG_PROC_CHILDREN
        return [pid for pid in pids() if _stat(pid)[1:2] == [str(own)]]


def ancestors() -> set[int]:
    """Return the processes above this one."""
    found: set[int] = set()
    pid = os.getppid()
    while pid > 0 and pid not in found:
        found.add(pid)
        pid = next((int(parent) for parent in _stat(pid)[1:2]), 0)
    return found


def _dead(pid: int) -> bool:
    return _stat(pid)[:1] in ([], ["Z"], ["X"])


def _stat(pid: int) -> list[str]:
    """Return the fields of /proc/PID/stat from the state on."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace")
    except OSError:
        return []
    return text.rpartition(")")[2].split()


def _number(text: bytes) -> int | None:
    try:
        return int(text, 16)
    except ValueError:
        return None
