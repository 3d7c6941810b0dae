"""The embedded engine's journal on a real disk that is full or read-only."""

import errno
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from fairlead.kernel.engine import (
    JournalUnavailable,
    Json,
    Steps,
    Workflow,
    WorkflowState,
)
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


FLOWS = [Workflow(name="held", function=held)]


@dataclass(frozen=True)
class Disk:
    """A disk of eight megabytes, mounted at `path`."""

    path: Path

    def fill(self) -> None:
        """Leave no block free."""
        with (self.path / "filler").open("ab", buffering=0) as file:
            for size in (65_536, 4096, 1):
                self._grow(file.fileno(), b"\0" * size)

    @staticmethod
    def _grow(descriptor: int, block: bytes) -> None:
        while True:
            try:
                os.write(descriptor, block)
            except OSError as error:
                assert error.errno == errno.ENOSPC  # noqa: PT017 - how it ends
                return

    def empty(self) -> None:
        """Make room again."""
        (self.path / "filler").unlink()

    def freeze(self) -> None:
        """Let nothing be written any more."""
        mount("-o", "remount,ro", str(self.path))


def mount(*arguments: str) -> str:
    """Mount, and return what was said if it was refused."""
    done = subprocess.run(  # noqa: S603 - of this test alone
        ["mount", *arguments],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stderr.strip() or f"exit code {done.returncode}" * bool(done.returncode)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    place = tmp_path / "disk"
    place.mkdir()
    refused = mount("-t", "tmpfs", "-o", "size=8m,mode=700", "tmpfs", str(place))
    if refused:
        pytest.skip(f"needs leave to mount a small disk: {refused}")
    yield Disk(place)
    subprocess.run(["umount", str(place)], check=True)  # noqa: S603, S607


@pytest.fixture
def script() -> Scripted:
    return Scripted()


async def test_on_a_full_disk_all_waits_and_is_recorded_once(
    disk: Disk, script: Scripted
) -> None:
    """Starts are refused, workflows wait; nothing is repeated once there is room."""
    harness = EmbeddedHarness(disk.path / "home")
    engine = await harness.open(FLOWS, script.activities())
    await engine.start("held", None, id="w")
    await script.started("second")
    disk.fill()
    with pytest.raises(JournalUnavailable, match="full"):
        await engine.start("held", LARGE, id="other")
    script.gate.set()
    await eventually(lambda: engine.trouble)

    assert "last" not in script.keys()  # noqa: SIM118 - a method of ours
    assert await engine.status("other") is None
    disk.empty()
    assert await engine.result("w", timeout_seconds=DEADLINE) == "last"
    assert await engine.start("held", LARGE, id="other")
    assert (await ended(engine, "other")).state is WorkflowState.SUCCEEDED
    assert engine.trouble == ""
    once = ["first", "second", "large", "last"]
    assert script.keys() == [*once, *once]
    await harness.close()

    engine = await harness.open(FLOWS, script.activities())
    assert await engine.result("w", timeout_seconds=DEADLINE) == "last"
    assert script.keys() == [*once, *once]
    await harness.close()


async def test_a_server_stopped_on_a_full_disk_goes_on_later(
    disk: Disk, script: Scripted
) -> None:
    """What could not be recorded is done again, what could be is not."""
    harness = EmbeddedHarness(disk.path / "home")
    engine = await harness.open(FLOWS, script.activities())
    await engine.start("held", None, id="w")
    await script.started("second")
    disk.fill()
    script.gate.set()
    await eventually(lambda: engine.trouble)
    await harness.close()
    disk.empty()

    engine = await harness.open(FLOWS, script.activities())
    assert await engine.result("w", timeout_seconds=DEADLINE) == "last"
    assert script.keys().count("first") == 1
    assert script.keys().count("last") == 1
    await harness.close()


async def test_a_journal_that_finds_no_room_is_named(
    disk: Disk, script: Scripted
) -> None:
    """The start is refused, and succeeds once there is room."""
    harness = EmbeddedHarness(disk.path)
    disk.fill()
    with pytest.raises(JournalUnavailable, match=r"disk/engine\.db.*"):
        await harness.open(FLOWS, script.activities())
    disk.empty()

    await harness.open(FLOWS, script.activities())
    await harness.close()


@pytest.mark.parametrize("before", ["used", "new"])
async def test_a_journal_on_a_read_only_disk_is_named(
    disk: Disk, script: Scripted, before: str
) -> None:
    """The start is refused whether or not there is a journal already."""
    harness = EmbeddedHarness(disk.path)
    if before == "used":
        await harness.open(FLOWS, script.activities())
        await harness.close()
    disk.freeze()

    with pytest.raises(JournalUnavailable, match=r"disk/engine\.db.*[Rr]ead-?only"):
        await harness.open(FLOWS, script.activities())
