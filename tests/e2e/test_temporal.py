"""The product on Temporal: a whole run, a cancel, and kills of each part.

FAIRLEAD_TEST_KILLS: how many kills at random moments (3: one of each part).
FAIRLEAD_TEST_SEED: which moments.
"""

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.repositories import python_package

from fairlead.testing.server import (
    DEADLINE_SECONDS,
    TestServer,
    eventually,
    make_repository,
    test_server,
)
from fairlead.testing.temporal_server import TemporalServer

KILLS = int(os.environ.get("FAIRLEAD_TEST_KILLS", "3"))
STEPS = max(8, 2 * KILLS + 2)
PARTS = ("worker", "server", "temporal")


def settings(temporal: TemporalServer) -> dict[str, str]:
    """Return settings of an installation of its own on this Temporal."""
    return {
        "FAIRLEAD_ENGINE__KIND": "temporal",
        "FAIRLEAD_ENGINE__TEMPORAL__ADDRESS": temporal.address,
        "FAIRLEAD_ENGINE__TEMPORAL__TASK_QUEUE": f"test-{uuid.uuid4().hex[:12]}",
        "FAIRLEAD_ENGINE__TEMPORAL__HEARTBEAT_SECONDS": "3",
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "server").mkdir()
    return tmp_path / "server"


def slow_project(server: TestServer, place: Path) -> Path:
    """Make a project `slow` whose steps leave a line each; return the lines' file."""
    effects = place / "effects"
    steps = "".join(
        f'    - {{name: s{n}, run: "sleep 0.2; echo {n} >> {effects}"}}\n'
        for n in range(STEPS)
    )
    text = f"version: 1\nbuild:\n  steps:\n{steps}"
    repository = make_repository(place / "slow", {".fairlead.yaml": text})
    made = server.run("projects", "create", "slow", "--repository", str(repository))
    assert made.exit_code == 0, made.err
    return effects


def ended(server: TestServer, run: str) -> dict[str, Any]:
    """Wait for a run's end and return it."""

    def look() -> dict[str, Any] | None:
        shown: dict[str, Any] = server.data("runs", "show", run)
        return shown if shown["state"] not in {"queued", "running"} else None

    return eventually(look, "the run ended", seconds=2 * DEADLINE_SECONDS)


def check_effects(effects: Path, run: dict[str, Any]) -> None:
    """Each step took effect, at most once for every attempt that was cut off."""
    assert run["state"] == "succeeded", run
    counted = Counter(effects.read_text().split())
    for n, step in enumerate(run["stages"][0]["jobs"][0]["steps"]):
        assert 1 <= counted[str(n)] <= step["attempts"], (n, counted, step)


def test_run_and_cancel_on_temporal(
    temporal: TemporalServer, folder: Path, tmp_path: Path
) -> None:
    """Clone, build, test, deploy, answer; a cancelled step is gone within a second."""
    repository = make_repository(tmp_path / "python", python_package())
    mark = tmp_path / "mark"
    step = f"{{name: hold, run: 'echo $$ > {mark}; exec sleep 600'}}"
    text = f"version: 1\nbuild:\n  steps:\n    - {step}\n"
    endless = make_repository(tmp_path / "endless", {".fairlead.yaml": text})
    with test_server(folder, **settings(temporal)) as server:
        server.log_in()
        server.run("projects", "create", "python", "--repository", str(repository))
        done = server.run("run", "python", "--follow")
        assert done.exit_code == 0, done.out + done.err
        answer = server.fetch(done.out.strip().splitlines()[-1])

        server.run("projects", "create", "endless", "--repository", str(endless))
        run = server.data("run", "endless")["id"]
        eventually(lambda: mark.exists() and mark.read_text().strip(), "it runs")
        process = Path("/proc", mark.read_text().strip())
        assert process.exists()
        cancelled = server.run("runs", "cancel", run)
        assert cancelled.exit_code == 0, cancelled.err
        # One second is promised from when the server has the cancel, which is before
        # its answer and the command's end; twice that, for a machine that is busy.
        eventually(lambda: not process.exists(), "its process is gone", seconds=2)
        assert ended(server, run)["state"] == "cancelled"

    assert answer == b"hello from python"


@contextlib.contextmanager
def worker(server: TestServer) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Run `fairlead worker`; the last process of the list is the one that runs."""
    processes = [start_worker(server)]
    try:
        yield processes
    finally:
        processes[-1].send_signal(signal.SIGTERM)
        assert processes[-1].wait(timeout=DEADLINE_SECONDS) == 0


def start_worker(server: TestServer) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "fairlead.cli.main", "worker"],
        cwd=server.folder,
        env=server.environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


@pytest.mark.timeout(7200)
def test_kills_of_server_worker_and_temporal_lose_nothing(
    request: pytest.FixtureRequest, folder: Path, tmp_path: Path
) -> None:
    """Kill -9 of each part in the middle of a run: each step is there once."""
    seed = int(os.environ.get("FAIRLEAD_TEST_SEED", random.randrange(2**32)))
    print(f"seed {seed}")  # noqa: T201 - shown when it fails
    moments = random.Random(seed)
    parts = [
        *moments.sample(PARTS, len(PARTS)),
        *moments.choices(PARTS, k=max(0, KILLS - len(PARTS))),
    ]
    component: TemporalServer = request.getfixturevalue("temporal")
    (tmp_path / "temporal").mkdir()
    temporal = TemporalServer(component.program, tmp_path / "temporal").start()
    alone = {**settings(temporal), "FAIRLEAD_ENGINE__WORKER": "false"}
    try:
        with test_server(folder, **alone) as server, worker(server) as workers:
            server.log_in()
            effects = slow_project(server, tmp_path)
            run = server.data("run", "slow")["id"]
            eventually(lambda: effects.exists() and effects.read_text(), "it runs")
            for part in parts[:KILLS]:
                time.sleep(moments.uniform(0.0, 0.4))
                kill(part, server=server, workers=workers, temporal=temporal)
            check_effects(effects, ended(server, run))
        eventually(lambda: not left_over(effects), "no step outlived the server")
    finally:
        temporal.stop()


def left_over(effects: Path) -> list[str]:
    """Return the processes whose command line names the file of effects."""
    word, found = os.fsencode(effects), []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if word in (process / "cmdline").read_bytes():
                found.append(process.name)
    return found


def kill(
    part: str,
    *,
    server: TestServer,
    workers: "list[subprocess.Popen[bytes]]",
    temporal: TemporalServer,
) -> None:
    """Kill a part and start it again."""
    if part == "worker":
        workers[-1].kill()
        workers[-1].wait(timeout=DEADLINE_SECONDS)
        workers.append(start_worker(server))
    elif part == "server":
        server.kill()
        server.start()
    else:
        temporal.kill()
        temporal.start()


def test_temporal_that_does_not_answer_is_said_so(folder: Path) -> None:
    """The message names the address; the server does not start half."""
    nowhere = TemporalServer(Path("/nowhere"))
    patience = {"FAIRLEAD_ENGINE__TEMPORAL__PATIENCE_SECONDS": "0.5"}
    server = TestServer(folder, {**settings(nowhere), **patience})
    done = server.run("up")

    assert done.exit_code == 6
    assert nowhere.address in done.err
