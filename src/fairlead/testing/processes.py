"""A bench for programs: a launcher in a folder of its own, and what runs there."""

import asyncio
import os
import secrets
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from fairlead.adapters.journals.files import FileJournals
from fairlead.adapters.processes.client import ProcessLauncher
from fairlead.kernel.journal import FrameKind
from fairlead.kernel.processes import Lifetime, ProcessSpec, Receipt

SECONDS = 30


@dataclass(slots=True)
class Bench:
    """A home folder, its launcher and what runs there.

    `token` is a word that the command lines of the test's processes carry.
    """

    home: Path
    journals: FileJournals
    launcher: ProcessLauncher
    token: str = field(default_factory=lambda: f"mark-{secrets.token_hex(6)}")

    def spec(
        self, key: str, *argv: str, lifetime: Lifetime = Lifetime.STEP
    ) -> ProcessSpec:
        """Return a program to run under `key`."""
        return ProcessSpec(
            key=key,
            argv=argv,
            directory=self.home,
            environment={"PATH": os.environ["PATH"], "LANG": "C.UTF-8"},
            journal=self.journals.path(key),
            stream="out",
            lifetime=lifetime,
        )

    def python(
        self, key: str, code: str, lifetime: Lifetime = Lifetime.STEP
    ) -> ProcessSpec:
        """Return a Python program to run, whose command line has the token."""
        argv = (sys.executable, "-S", "-u", "-c", code, self.token)
        return self.spec(key, *argv, lifetime=lifetime)

    def shell(
        self, key: str, script: str, lifetime: Lifetime = Lifetime.STEP
    ) -> ProcessSpec:
        """Return a shell script to run; `$SLEEP` in it sleeps for an hour."""
        naps = f"{sys.executable} -S -c 'import time; time.sleep(3600)' {self.token}"
        script = script.replace("$SLEEP", naps)
        return self.spec(key, "sh", "-c", script, "sh", self.token, lifetime=lifetime)

    async def run(self, spec: ProcessSpec) -> Receipt:
        """Start it and wait for its end."""
        async with asyncio.timeout(SECONDS):
            await self.launcher.start(spec)
            return await self.launcher.wait(spec.key)

    async def output(self, key: str) -> bytes:
        """Return all that a process has printed so far."""
        data, after = b"", 0
        while frames := await self.journals.read(key, after=after):
            data += b"".join(f.data for f in frames if f.kind is FrameKind.OUTPUT)
            after = frames[-1].next
        return data

    async def printed(self, key: str, wanted: bytes) -> None:
        """Wait until a process has printed `wanted`."""
        await until(lambda: self._has_printed(key, wanted))

    def alive(self) -> list[int]:
        """Return the processes that carry the token."""
        word = b"\0" + self.token.encode() + b"\0"
        return [
            int(folder.name)
            for folder in Path("/proc").glob("[0-9]*")
            if word in _command_line(folder)
        ]

    async def gone(self) -> None:
        """Wait until no process carries the token."""
        await until(lambda: not self.alive())

    def _has_printed(self, key: str, wanted: bytes) -> bool:
        path = self.journals.path(key)
        return path.exists() and wanted in path.read_bytes()


async def until(holds: Callable[[], bool]) -> None:
    """Wait for a condition.

    Raises:
        TimeoutError: it does not come to hold.
    """
    async with asyncio.timeout(SECONDS):
        while not holds():  # noqa: ASYNC110 - other processes set no events
            await asyncio.sleep(0.01)


def _command_line(folder: Path) -> bytes:
    """Return the words of a live process, each ended by a zero byte."""
    try:
        return (folder / "cmdline").read_bytes()
    except OSError:
        return b""
