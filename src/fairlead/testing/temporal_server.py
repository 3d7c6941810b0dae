"""A Temporal server for tests."""

import contextlib
import signal
import socket
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

DEADLINE_SECONDS = 60.0
# As shipped, timers are up to a second late and what is deleted stays half a minute.
PROMPT = {
    "history.timerProcessorMaxTimeShift": '"10ms"',
    "history.timerProcessorUpdateAckInterval": '"200ms"',
    "history.transferProcessorUpdateAckInterval": '"200ms"',
    "history.visibilityProcessorUpdateAckInterval": '"200ms"',
}


def free_port() -> int:
    """Return a port of the loopback that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@dataclass(slots=True)
class TemporalServer:
    """One development server of Temporal, started from `program`.

    Its data is kept in `folder` when that is given, so that it survives a kill. With
    `options` None it is as it is shipped.
    """

    program: Path
    folder: Path | None = None
    options: Mapping[str, str] | None = field(default_factory=PROMPT.copy)
    port: int = field(default_factory=free_port)
    http_port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """Return where its frontend listens."""
        return f"127.0.0.1:{self.port}"

    def start(self) -> "TemporalServer":
        """Start it and wait until it listens.

        Raises:
            AssertionError: it did not come up.
        """
        kept = [] if self.folder is None else ["--db-filename", str(self._database())]
        for name, value in (self.options or {}).items():
            kept += ["--dynamic-config-value", f"{name}={value}"]
        self.process = subprocess.Popen(  # noqa: S603 - a component
            [
                str(self.program),
                *("server", "start-dev", "--headless", "--log-level", "never"),
                *("--ip", "127.0.0.1", "--port", str(self.port)),
                *("--http-port", str(self.http_port)),
                *kept,
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        deadline = time.monotonic() + DEADLINE_SECONDS
        while not self._listens():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise AssertionError("the Temporal server did not start")
            time.sleep(0.05)
        return self

    def kill(self) -> None:
        """Kill it, as a crash would."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End it."""
        self._end(signal.SIGKILL if self.folder is None else signal.SIGTERM)

    def _end(self, number: signal.Signals) -> None:
        process, self.process = self.process, None
        if process is not None:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(number)
            try:
                process.wait(timeout=DEADLINE_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _database(self) -> Path:
        return (self.folder or Path()) / "temporal.db"

    def _listens(self) -> bool:
        with socket.socket() as probe:
            probe.settimeout(1.0)
            return probe.connect_ex(("127.0.0.1", self.port)) == 0
