"""Any `Launcher`."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from fairlead.adapters.journals.files import FileJournals
from fairlead.adapters.processes.client import ProcessLauncher
from fairlead.kernel.processes import (
    Launcher,
    Lifetime,
    ProcessSpec,
    ProcessUnknown,
    Receipt,
)

SECONDS = 30
Spec = Callable[..., ProcessSpec]


@pytest.fixture(params=["processes"])
async def launcher(
    request: pytest.FixtureRequest, tmp_path: Path
) -> AsyncIterator[Launcher]:
    assert request.param == "processes"
    launcher = ProcessLauncher(tmp_path, FileJournals(tmp_path / "journals"))
    await launcher.open()
    yield launcher
    await launcher.shutdown(grace_seconds=0.1)


@pytest.fixture
def spec(tmp_path: Path) -> Spec:
    def make(key: str, *argv: str, directory: Path = tmp_path) -> ProcessSpec:
        return ProcessSpec(
            key=key,
            argv=argv,
            directory=directory,
            environment={"PATH": os.environ["PATH"], "COLOUR": "blue"},
            journal=tmp_path / f"{key.replace('/', '-')}.journal",
            stream="out",
        )

    return make


async def run(launcher: Launcher, spec: ProcessSpec) -> Receipt:
    async with asyncio.timeout(SECONDS):
        await launcher.start(spec)
        return await launcher.wait(spec.key)


@pytest.mark.parametrize(
    ("script", "code"), [("exit 0", 0), ("exit 7", 7), ("kill -KILL $$", 137)]
)
async def test_an_exit_code_is_as_a_shell_tells_it(
    launcher: Launcher, spec: Spec, script: str, code: int
) -> None:
    before = time.time()
    receipt = await run(launcher, spec("run/a/1", "sh", "-c", script))

    assert (receipt.key, receipt.exit_code, receipt.error) == ("run/a/1", code, "")
    assert before <= receipt.started_at <= receipt.ended_at <= time.time()
    assert not receipt.interrupted


async def test_a_program_that_is_not_there_is_named(
    launcher: Launcher, spec: Spec
) -> None:
    receipt = await run(launcher, spec("a", "no-such-program", "x"))

    assert receipt.exit_code == 127
    assert "no-such-program" in receipt.error
    assert "PATH" in receipt.error


async def test_a_directory_that_is_not_there_is_named(
    launcher: Launcher, spec: Spec, tmp_path: Path
) -> None:
    receipt = await run(launcher, spec("a", "true", directory=tmp_path / "never"))

    assert receipt.exit_code == 126
    assert str(tmp_path / "never") in receipt.error


async def test_a_key_starts_once_until_it_is_forgotten(
    launcher: Launcher, spec: Spec, tmp_path: Path
) -> None:
    once = spec("a", "sh", "-c", "echo x >> count")
    for _ in range(3):
        await run(launcher, once)
    assert (tmp_path / "count").read_text() == "x\n"

    await launcher.forget("a")
    with pytest.raises(ProcessUnknown):
        await launcher.wait("a")
    await run(launcher, once)
    assert (tmp_path / "count").read_text() == "x\nx\n"


async def test_starting_at_the_same_time_starts_once(
    launcher: Launcher, spec: Spec, tmp_path: Path
) -> None:
    once = spec("a", "sh", "-c", "echo x >> count")
    receipts = await asyncio.gather(*(run(launcher, once) for _ in range(10)))

    assert len(set(receipts)) == 1
    assert (tmp_path / "count").read_text() == "x\n"


async def test_an_unknown_key_is_told(launcher: Launcher) -> None:
    with pytest.raises(ProcessUnknown, match="never"):
        await launcher.wait("never")
    await launcher.stop("never")
    await launcher.forget("never")


async def test_what_runs_is_listed_until_it_is_stopped(
    launcher: Launcher, spec: Spec
) -> None:
    await launcher.start(spec("a", "sleep", "3600"))
    (running,) = await launcher.running()
    waiting = asyncio.create_task(launcher.wait("a"))
    await launcher.stop("a")
    await launcher.stop("a")

    assert (running.key, running.lifetime) == ("a", Lifetime.STEP)
    assert await launcher.running() == ()
    receipt = await asyncio.wait_for(waiting, SECONDS)
    assert (receipt.exit_code, receipt.interrupted) == (143, False)
    with pytest.raises(ProcessLookupError):
        os.kill(running.pid, 0)


async def test_a_running_key_cannot_be_forgotten(
    launcher: Launcher, spec: Spec
) -> None:
    await launcher.start(spec("a", "sleep", "3600"))
    await launcher.forget("a")

    assert len(await launcher.running()) == 1
    await launcher.stop("a")
    assert (await launcher.wait("a")).exit_code == 143


async def test_the_environment_is_the_given_one(
    launcher: Launcher, spec: Spec, tmp_path: Path
) -> None:
    """Nothing of the server's reaches it, and nothing is added."""
    await run(launcher, spec("a", "sh", "-c", "env -0 > seen"))

    names = {
        entry.split("=")[0] for entry in (tmp_path / "seen").read_text().split("\0")
    }
    assert names - {"", "PWD", "SHLVL", "_", "OLDPWD"} == {
        "PATH",
        "COLOUR",
    }
