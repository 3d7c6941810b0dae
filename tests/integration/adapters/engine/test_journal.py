"""The embedded engine's journal file: held, broken, cut off, full."""

import asyncio
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from typing_extensions import override

from fairlead.adapters.engine.engine import EmbeddedEngine
from fairlead.adapters.engine.health import EngineHealth
from fairlead.adapters.engine.journal import Journal
from fairlead.adapters.engine.writer import Batch, Writer
from fairlead.kernel.engine import (
    JournalHeld,
    JournalUnavailable,
    Json,
    Node,
    Steps,
    Workflow,
    WorkflowCancelled,
    WorkflowState,
)
from fairlead.kernel.health import Health
from fairlead.testing.engine import (
    DEADLINE,
    EmbeddedHarness,
    Scripted,
    echo,
    ended,
    eventually,
    hold,
)

LARGE = "x" * 200_000


async def held(steps: Steps, argument: Json) -> Json:
    """Echo, hold, echo something large."""
    await steps.run(echo(1), key="first")
    await steps.run(hold(), key="second")
    await steps.run(echo(LARGE), key="large")
    return await steps.run(echo("last"), key="last")


async def many(steps: Steps, argument: Json) -> Json:
    """Take forty steps."""
    return [await steps.run(echo(n), key=f"s{n}") for n in range(40)]


FLOWS = [Workflow(name="held", function=held), Workflow(name="many", function=many)]


class Disk:
    """Says whether the disk is full now."""

    full = False


@pytest.fixture
def script() -> Scripted:
    return Scripted()


@pytest.fixture
async def harness(tmp_path: Path) -> AsyncIterator[EmbeddedHarness]:
    harness = EmbeddedHarness(tmp_path / "home")
    yield harness
    await harness.close()


@pytest.fixture
def disk() -> Disk:
    return Disk()


@pytest.fixture
async def cramped(
    tmp_path: Path, disk: Disk, script: Scripted
) -> AsyncIterator[EmbeddedEngine]:
    """Give an engine whose journal cannot grow while `disk.full`."""

    class CrampedWriter(Writer):
        @override
        def commit(self, batch: Batch) -> list[Any]:
            (pages,) = self._connection.execute("PRAGMA page_count").fetchone()
            most = pages if disk.full else 1 << 30
            self._connection.execute(f"PRAGMA max_page_count = {most}")
            return super().commit(batch)

    class CrampedJournal(Journal):
        writer_type = CrampedWriter

    class CrampedEngine(EmbeddedEngine):
        journal_type = CrampedJournal

    engine = CrampedEngine(
        tmp_path / "engine.db", workflows=FLOWS, activities=script.activities()
    )
    await engine.open()
    yield engine
    await engine.close()


async def test_a_second_engine_is_refused(
    harness: EmbeddedHarness, script: Scripted
) -> None:
    """The refusal names the journal and the process that has it."""
    await harness.open(FLOWS, script.activities())
    second = EmbeddedEngine(harness.journal, workflows=FLOWS, activities={})
    with pytest.raises(JournalHeld) as told:
        await second.open()

    assert str(os.getpid()) in told.value.message
    assert str(harness.journal) in told.value.message
    await harness.close()
    await second.open()
    await second.close()


async def test_the_lock_dies_with_its_process(
    harness: EmbeddedHarness, script: Scripted
) -> None:
    """A killed holder is named while it lives and in nobody's way afterwards."""
    harness.journal.parent.mkdir()
    holder = (
        "import sys, time; from pathlib import Path;"
        "from fairlead.adapters.engine.lock import JournalLock;"
        "lock = JournalLock(Path(sys.argv[1])); lock.take();"
        "print('held', flush=True); time.sleep(60)"
    )
    source = Path(__file__).parents[4] / "src"
    with subprocess.Popen(  # noqa: ASYNC220, S603 - ours, and short
        [sys.executable, "-c", holder, str(harness.journal)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(source)},
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        with pytest.raises(JournalHeld, match=str(process.pid)):
            await harness.open(FLOWS, script.activities())
        process.kill()

    await harness.open(FLOWS, script.activities())


async def test_a_file_that_is_no_journal_is_refused(
    harness: EmbeddedHarness, script: Scripted
) -> None:
    """The error names the file."""
    harness.journal.parent.mkdir()
    harness.journal.write_bytes(b"not a database, but long enough to be one" * 100)
    with pytest.raises(JournalUnavailable, match=r"engine\.db"):
        await harness.open(FLOWS, script.activities())


async def test_a_journal_of_another_form_is_refused(
    harness: EmbeddedHarness, script: Scripted
) -> None:
    """A later release's journal is left alone."""
    harness.journal.parent.mkdir()
    connection = sqlite3.connect(harness.journal)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(JournalUnavailable, match="99"):
        await harness.open(FLOWS, script.activities())


async def test_a_folder_that_cannot_be_made_is_refused(
    tmp_path: Path, script: Scripted
) -> None:
    """A path below a file is an error of the journal, not of the program."""
    (tmp_path / "file").write_text("here", encoding="utf-8")
    harness = EmbeddedHarness(tmp_path / "file" / "below")
    with pytest.raises(JournalUnavailable):
        await harness.open(FLOWS, script.activities())


async def test_engines_that_are_not_open_say_so(
    harness: EmbeddedHarness, script: Scripted
) -> None:
    """Calls after the close are refused, and waiters are let go."""
    engine = await harness.open(FLOWS, script.activities())
    await engine.start("held", None, id="w")
    waiter = asyncio.create_task(engine.result("w", timeout_seconds=DEADLINE))
    await script.started("second")
    await harness.close()

    with pytest.raises(JournalUnavailable):
        await waiter
    with pytest.raises(JournalUnavailable):
        await engine.start("held", None, id="other")
    assert engine.trouble


async def test_a_cut_off_log_recovers_to_its_last_whole_commit(
    harness: EmbeddedHarness, script: Scripted, tmp_path: Path
) -> None:
    """Whatever is cut off SQLite's log, the workflow comes to its end."""
    engine = await harness.open(FLOWS, script.activities())
    await engine.start("many", None, id="w")
    await engine.result("w", timeout_seconds=DEADLINE)
    log = harness.journal.with_name("engine.db-wal").stat().st_size
    for cut in (1, 5000, log // 3, log // 2):
        folder = tmp_path / f"cut{cut}"
        folder.mkdir()
        for path in harness.journal.parent.glob("engine.db*"):
            shutil.copy(path, folder)
        os.truncate(folder / "engine.db-wal", log - cut)
        other = EmbeddedHarness(folder)
        engine = await other.open(FLOWS, script.activities())

        assert await engine.result("w", timeout_seconds=DEADLINE) == list(range(40))
        await other.close()


async def test_every_commit_is_on_the_disk(tmp_path: Path, script: Scripted) -> None:
    """A cut of power must lose as little as a kill, which alone would not show it."""
    settings: set[tuple[str, int]] = set()

    class WatchedWriter(Writer):
        @override
        def commit(self, batch: Batch) -> list[Any]:
            ask = self._connection.execute
            (mode,) = ask("PRAGMA journal_mode").fetchone()
            settings.add((mode, ask("PRAGMA synchronous").fetchone()[0]))
            return super().commit(batch)

    class WatchedJournal(Journal):
        writer_type = WatchedWriter

    class WatchedEngine(EmbeddedEngine):
        journal_type = WatchedJournal

    engine = WatchedEngine(
        tmp_path / "engine.db", workflows=FLOWS, activities=script.activities()
    )
    await engine.open()
    await engine.start("many", None, id="w")
    await engine.result("w", timeout_seconds=DEADLINE)
    await engine.close()

    assert settings == {("wal", 2)}  # FULL


async def test_a_full_disk_is_told_to_callers(
    cramped: EmbeddedEngine, script: Scripted, disk: Disk
) -> None:
    """Nothing half done stays: the same calls succeed once there is room."""
    await cramped.start("held", None, id="w")
    await script.started("second")
    disk.full = True
    with pytest.raises(JournalUnavailable, match="full"):
        await cramped.start("many", LARGE, id="other")
    with pytest.raises(JournalUnavailable):
        await cramped.signal("w", "go", LARGE, dedup="1")
    assert "full" in cramped.trouble
    assert await cramped.status("other") is None
    disk.full = False

    assert await cramped.start("many", LARGE, id="other")
    await cramped.signal("w", "go", LARGE, dedup="1")
    assert (await ended(cramped, "other")).state is WorkflowState.SUCCEEDED
    assert cramped.trouble == ""


async def test_running_workflows_wait_for_room(
    cramped: EmbeddedEngine, script: Scripted, disk: Disk
) -> None:
    """They neither fail nor repeat what they have done."""
    await cramped.start("held", None, id="w")
    await script.started("second")
    disk.full = True
    script.gate.set()
    await eventually(lambda: cramped.trouble)

    assert "last" not in script.keys()  # noqa: SIM118 - a method of ours
    disk.full = False
    assert await cramped.result("w", timeout_seconds=DEADLINE) == "last"
    assert script.keys() == ["first", "second", "large", "last"]


async def test_cancels_that_cannot_be_recorded_are_refused(
    tmp_path: Path, script: Scripted, disk: Disk
) -> None:
    """The workflow goes on as if nobody had asked."""

    class BrokenWriter(Writer):
        @override
        def write(self, batch: Batch) -> None:
            super().write(batch)
            if disk.full:
                raise sqlite3.OperationalError("attempt to write a readonly database")

    class BrokenJournal(Journal):
        writer_type = BrokenWriter

    class BrokenEngine(EmbeddedEngine):
        journal_type = BrokenJournal

    engine = BrokenEngine(
        tmp_path / "engine.db", workflows=FLOWS, activities=script.activities()
    )
    await engine.open()
    await engine.start("held", None, id="w")
    await script.started("second")
    disk.full = True
    with pytest.raises(JournalUnavailable, match="readonly"):
        await engine.cancel("w")
    assert script.interrupted == []
    disk.full = False
    await engine.cancel("w")
    with pytest.raises(WorkflowCancelled):
        await engine.result("w", timeout_seconds=DEADLINE)
    await engine.close()


async def test_nothing_of_a_closed_engine_runs_on(
    harness: EmbeddedHarness, script: Scripted
) -> None:
    """All its tasks have ended; its activities were interrupted."""

    async def wide(steps: Steps, argument: Json) -> Json:
        nodes = {f"n{number}": Node(call=hold()) for number in range(5)}
        return dict(await steps.graph(nodes))

    async def nap(steps: Steps, argument: Json) -> Json:
        await steps.sleep(3600, key="nap")

    before = asyncio.all_tasks()
    flows = [Workflow(name="wide", function=wide), Workflow(name="nap", function=nap)]
    engine = await harness.open(flows, script.activities())
    await engine.start("wide", None, id="wide")
    await engine.start("nap", None, id="nap")
    await eventually(lambda: len(script.attempts) == 5)
    await harness.close()

    assert asyncio.all_tasks() == before
    assert len(script.interrupted) == 5


async def test_health_is_that_of_the_journal(
    cramped: EmbeddedEngine, disk: Disk
) -> None:
    """A full disk is told until there is room again."""
    health = EngineHealth(cramped)
    well = await health.check()
    disk.full = True
    with pytest.raises(JournalUnavailable):
        await cramped.start("many", LARGE, id="w")
    ill = await health.check()

    assert well == Health(name="engine", ok=True)
    assert not ill.ok
    assert "full" in ill.detail
