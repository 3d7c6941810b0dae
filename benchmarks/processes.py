"""Programs through the launcher: starts, what one costs, output to a live reader."""

import asyncio
import os
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import psutil

from fairlead.adapters.journals.files import FileJournals
from fairlead.adapters.processes.client import ProcessLauncher
from fairlead.kernel.journal import FrameKind
from fairlead.kernel.processes import ProcessSpec

Row = tuple[str, float, str, str]

STARTS = 300
LINES = 212_500  # of 80 bytes: 17 MB
SECRET = "a" * 16  # made of one piece, as is what is printed beside it
REPEATED = f"import sys; sys.stdout.write(('a' * 79 + '\\n') * {LINES})"
PRINT = f"import sys; sys.stdout.write(('x' * 79 + '\\n') * {LINES})"


def rows() -> list[Row]:
    """Return what was measured, the figure, its unit and its bar."""
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(_measure(Path(folder)))


async def _measure(home: Path) -> list[Row]:
    journals = FileJournals(home / "journals")
    launcher = ProcessLauncher(home, journals)
    await launcher.open()
    try:
        process = psutil.Process(await launcher.pid())
        idle = process.memory_info().rss / 2**20
        starts = await _starts(launcher, journals, process)
        lines = await _lines(launcher, journals)
        hidden = await _hidden(launcher, journals)
        most = process.memory_info().rss / 2**20
    finally:
        await launcher.close()
        journals.close()
    return [
        *starts,
        ("output to a live reader, 17 MB", lines, "lines/s", ">= 100,000"),
        ("the same, all of it a secret of one piece", hidden, "lines/s", ""),
        ("launcher's memory, idle", idle, "MiB", ""),
        ("launcher's memory, after 17 MB", most, "MiB", "bounded"),
    ]


async def _starts(
    launcher: ProcessLauncher, journals: FileJournals, process: psutil.Process
) -> list[Row]:
    before, own = process.cpu_times(), time.process_time()
    began = time.perf_counter()
    for number in range(STARTS):
        spec = _spec(journals, f"true/{number}", "true")
        await launcher.start(spec)
        await launcher.wait(spec.key)
        await launcher.forget(spec.key)
    seconds = time.perf_counter() - began
    after = process.cpu_times()
    theirs = after.user + after.system - before.user - before.system
    own = time.process_time() - own
    cost = (theirs + own) / STARTS * 1000
    return [
        ("starts of true, one after the other", STARTS / seconds, "/s", ""),
        ("CPU per start, launcher and client", cost, "ms", "<= 15 per step"),
    ]


async def _lines(launcher: ProcessLauncher, journals: FileJournals) -> float:
    spec = _spec(journals, "print", sys.executable, "-S", "-c", PRINT)
    began, seen = time.perf_counter(), 0
    await launcher.start(spec)
    async for frame in journals.follow("print"):
        if frame.kind is FrameKind.OUTPUT:
            seen += frame.data.count(b"\n")
        if seen == LINES:
            break
    seconds = time.perf_counter() - began
    await launcher.wait(spec.key)
    return LINES / seconds


async def _hidden(launcher: ProcessLauncher, journals: FileJournals) -> float:
    """Print what consists of a secret over and over: only line ends are left."""
    spec = _spec(journals, "hidden", sys.executable, "-S", "-c", REPEATED)
    began = time.perf_counter()
    await launcher.start(replace(spec, secrets=(SECRET,)))
    await launcher.wait("hidden")
    return LINES / (time.perf_counter() - began)


def _spec(journals: FileJournals, key: str, *argv: str) -> ProcessSpec:
    return ProcessSpec(
        key=key,
        argv=argv,
        directory=Path("/"),
        environment={"PATH": os.environ["PATH"]},
        journal=journals.path(key),
        stream="bench",
    )
