"""A killed server: the run goes on, no ended step is repeated, nothing is left."""

import asyncio
import os
import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

from tests.integration.modules.pipelines.rig import (
    SYSTEM,
    Rig,
    build,
    repository,
    states,
)

from fairlead.adapters.wiring.scopes import Scopes
from fairlead.kernel.processes import Launcher
from fairlead.modules.pipelines.public import ExecutorRefused, Run, State
from fairlead.services.audit.public import AuditTrail, Outcome
from fairlead.services.operations.public import Operations
from fairlead.testing.fakes import RecordingTrail

KILLS = int(os.environ.get("FAIRLEAD_TEST_KILLS", "2"))
STEPS = 2 * KILLS + 2
ROOT = Path(__file__).parents[4]
SERVER = """
import asyncio, sys
from pathlib import Path
from tests.integration.modules.pipelines.rig import build

async def serve():
    rig = build(Path(sys.argv[1]))
    await rig.open()
    if len(sys.argv) > 2:
        rig.shelf.put("hello", sys.argv[2])
        Path(sys.argv[3]).write_text(str((await rig.start("hello")).id))
    await asyncio.Event().wait()

asyncio.run(serve())
"""


WHOLE = """
version: 1
build:
  steps:
    - {name: make, run: "mkdir -p out && sleep 0.2 && echo made > out/a"}
    - {name: count, run: "seq 1 100"}
  outputs:
    - {name: text, type: file, path: out/a}
    - {name: all, type: directory, path: out}
test:
  steps:
    - {name: one, run: "sleep 0.2", group: checks}
    - {name: two, run: "sleep 0.3", group: checks}
deploy:
  environment: dev
  workloads:
    - {name: web, artifact: all, command: [serve], port: 8000}
"""


def serve(home: Path, *more: str) -> "subprocess.Popen[bytes]":
    """Start a platform in a process of its own."""
    return subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-c", SERVER, str(home), *more],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT}/src{os.pathsep}{ROOT}"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def kill(server: "subprocess.Popen[bytes]") -> None:
    server.send_signal(signal.SIGKILL)
    server.wait()


async def more_than(effects: Path, lines: int) -> None:
    """Wait until so many lines are in the file."""
    async with asyncio.timeout(60):
        while len(written(effects)) <= lines:  # noqa: ASYNC110 - a file has no event
            await asyncio.sleep(0.01)


def written(effects: Path) -> list[str]:
    return effects.read_text().split() if effects.exists() else []


async def ended(rig: Rig, run_id: UUID) -> None:
    async with (await rig.container.get(Scopes)).enter(SYSTEM) as scope:
        await (await scope.get(Operations)).wait(run_id)


async def test_killed_server_repeats_no_ended_step(
    tmp_path: Path, tell: Callable[..., None]
) -> None:
    """Each step takes effect once, or once more per attempt that was cut off."""
    effects = tmp_path / "effects"
    steps = "".join(
        f"    - {{name: s{n}, run: 'echo a{n}; sleep 0.1; echo {n} >> {effects}; "
        f"sleep 0.1; echo b{n}'}}\n"
        for n in range(STEPS)
    )
    pipeline = {".fairlead.yaml": f"version: 1\nbuild:\n  steps:\n{steps}"}
    folder = repository(tmp_path / "repository", pipeline)
    moments = random.Random(11)
    home = tmp_path / "home"

    began = tmp_path / "run"
    server = serve(home, str(folder), str(began))
    try:
        for _ in range(KILLS):
            await more_than(effects, len(written(effects)))
            await asyncio.sleep(moments.uniform(0.0, 0.3))
            kill(server)
            server = serve(home)
    finally:
        kill(server)
    run_id = UUID(began.read_text())

    async with finished(home, run_id) as (rig, run):
        assert run.state is State.SUCCEEDED, run.reason
        assert set(states(run).values()) == {State.SUCCEEDED}
        counted = Counter(written(effects))
        output = await rig.output(run)
        for n, step in enumerate(run.stages[0].jobs[0].steps):
            assert 1 <= counted[str(n)] <= step.attempts, (n, counted, step)
            assert f"\nb{n}\n".encode() in output
    tell("a server in a run", kills=KILLS, steps=STEPS, repeated=0, lost=0, orphans=0)


@asynccontextmanager
async def finished(
    home: Path, run_id: UUID, **settings: Any
) -> AsyncIterator[tuple[Rig, Run]]:
    """Open the platform once more, and see the run to its end."""
    rig = build(home, **settings)
    await rig.open()
    try:
        async with asyncio.timeout(60):
            await ended(rig, run_id)
        run = await rig.get(run_id)
        yield rig, run
        launcher = await rig.container.get(Launcher)
        assert await launcher.running() == ()
        assert not rig.work(run).exists()
    finally:
        await rig.close()


async def test_killed_at_any_moment_the_run_ends_well(tmp_path: Path) -> None:
    """From checkout to deployment, side by side, with outputs in between."""
    folder = repository(tmp_path / "repository", {".fairlead.yaml": WHOLE})
    moments = random.Random(int(os.environ.get("FAIRLEAD_TEST_SEED", "5")))
    home, began = tmp_path / "home", tmp_path / "run"
    server = serve(home, str(folder), str(began))
    try:
        async with asyncio.timeout(60):
            while not began.exists() or not began.read_text():  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        for _ in range(KILLS):
            await asyncio.sleep(moments.uniform(0.0, 0.6))
            kill(server)
            server = serve(home)
            await asyncio.sleep(moments.uniform(0.4, 1.2))
    finally:
        kill(server)

    async with finished(home, UUID(began.read_text())) as (rig, run):
        assert run.state is State.SUCCEEDED, run.reason
        assert set(states(run).values()) == {State.SUCCEEDED}
        assert [artifact.name for artifact in run.artifacts] == ["all", "text"]
        assert run.urls == ("http://127.0.0.1:1",)
        numbers = (await rig.output(run, "build/count")).split()
        assert numbers[-100:] == [str(n).encode() for n in range(1, 101)]


async def test_killed_server_runs_nothing_more_without_leave(tmp_path: Path) -> None:
    """A run begun where plain processes were allowed ends where they are not."""
    effects = tmp_path / "effects"
    steps = "".join(
        f"    - {{name: s{n}, run: 'echo {n} >> {effects}; sleep 0.5', retry: 3}}\n"
        for n in range(3)
    )
    pipeline = {".fairlead.yaml": f"version: 1\nbuild:\n  steps:\n{steps}"}
    folder = repository(tmp_path / "repository", pipeline)
    home, began = tmp_path / "home", tmp_path / "run"
    server = serve(home, str(folder), str(began))
    try:
        await more_than(effects, 0)
    finally:
        kill(server)
    before = written(effects)

    run_id = UUID(began.read_text())
    async with finished(home, run_id, unsafe_local=False) as (rig, run):
        assert run.state is State.FAILED
        assert "without isolation" in run.reason
        assert states(run)["build/s2"] is State.SKIPPED
        assert State.FAILED in states(run).values()
        assert written(effects) == before
        trail = await rig.container.get(AuditTrail)
        assert isinstance(trail, RecordingTrail)
        refused = [act for _, act in trail.acts if act.outcome is Outcome.REFUSED]
        assert [act.details["reason"] for act in refused] == [ExecutorRefused.code]
        assert refused[0].target == f"runs/{run_id}"
