"""Stopping, killing and starting again: nothing is lost, nothing is doubled."""

import os
import random
import signal
import time
from collections import Counter
from pathlib import Path
from typing import Any

import psutil
import pytest
from tests.e2e.repositories import python_package

from fairlead.testing.server import (
    TestServer,
    eventually,
    make_repository,
    test_server,
)

STEPS = 12
KILLS = min(int(os.environ.get("FAIRLEAD_TEST_KILLS", "6")), 60)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "server").mkdir()
    return tmp_path / "server"


def of_home(server: TestServer) -> list[psutil.Process]:
    """Return the processes that work in the server's data folder."""
    found = []
    for process in psutil.process_iter():
        try:
            place = str(server.home)
            if process.cwd().startswith(place) or place in " ".join(process.cmdline()):
                found.append(process)
        except psutil.Error:
            continue
    return [process for process in found if process.status() != psutil.STATUS_ZOMBIE]


def test_workloads_come_back_with_the_next_start(folder: Path, tmp_path: Path) -> None:
    """Ctrl-C ends everything; the next start serves at the same address again."""
    repository = make_repository(tmp_path / "repository", python_package())
    with test_server(folder) as server:
        server.log_in()
        server.run("projects", "create", "hello", "--repository", str(repository))
        url = server.run("run", "hello", "--follow").out.splitlines()[-1]
        assert server.stop() == 0
        eventually(lambda: not of_home(server), "no process is left")

        server.start()

        answered = eventually(lambda: _answer(server, url), "the workload is back")
        assert answered == b"hello from python"


def _answer(server: TestServer, url: str) -> bytes | None:
    try:
        return server.fetch(url)
    except OSError:
        return None


def test_killed_server_loses_and_repeats_nothing(folder: Path, tmp_path: Path) -> None:
    """Kill -9 at random moments of a run: each step's effect is there exactly once."""
    effects = tmp_path / "effects"
    steps = "".join(
        f'    - {{name: s{n}, run: "echo line {n}a; sleep 0.2; echo {n} >> {effects}; '
        f'echo line {n}b"}}\n'
        for n in range(STEPS)
    )
    pipeline = {".fairlead.yaml": f"version: 1\nbuild:\n  steps:\n{steps}"}
    repository = make_repository(tmp_path / "repository", pipeline)
    moments = random.Random(7)
    with test_server(folder) as server:
        server.log_in()
        server.run("projects", "create", "slow", "--repository", str(repository))
        run_id = server.data("run", "slow")["id"]
        for _ in range(KILLS):
            time.sleep(moments.uniform(0.05, 0.8))
            server.kill()
            server.start()
        ended = eventually(lambda: _ended(server, run_id), "the run ended")

        assert ended["state"] == "succeeded", ended
        shown = ended["stages"][0]["jobs"][0]["steps"]
        assert [step["state"] for step in shown] == ["succeeded"] * STEPS
        _check_effects(effects.read_text().split(), shown)
        output = server.run("runs", "logs", run_id).out
        for n in range(STEPS):
            assert f"line {n}b" in output
    eventually(lambda: not of_home(server), "no process is left")


def _check_effects(lines: list[str], shown: list[dict[str, int]]) -> None:
    """Each step took effect, at most once for every attempt that was cut off."""
    counted = Counter(lines)
    for n, step in enumerate(shown):
        assert 1 <= counted[str(n)] <= step["attempts"], (n, counted, step)


def _ended(server: TestServer, run_id: str) -> dict[str, Any] | None:
    run: dict[str, Any] = server.data("runs", "show", run_id)
    return run if run["state"] not in {"queued", "running"} else None


def test_second_server_on_one_folder_is_refused(folder: Path) -> None:
    """The message names the process that has the folder, and what to do."""
    with test_server(folder) as server:
        assert server.process is not None
        second = server.run("up")

    assert second.exit_code == 6
    assert str(server.process.pid) in second.err
    assert "FAIRLEAD_HOME" in second.err


def test_port_in_use_is_said_so(folder: Path, tmp_path: Path) -> None:
    """The message names the port and how to choose another."""
    with test_server(folder) as server:
        (tmp_path / "other").mkdir()
        other = TestServer(tmp_path / "other", port=server.port)
        done = other.run("up")

    assert done.exit_code == 6
    assert str(server.port) in done.err
    assert "FAIRLEAD_HTTP__PORT" in done.err


def test_terminated_server_stops_cleanly(folder: Path) -> None:
    """SIGTERM is a clean stop, too."""
    with test_server(folder) as server:
        assert server.process is not None
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(60) == 0
    eventually(lambda: not of_home(server), "no process is left")


def test_example_runs_on_an_empty_installation(folder: Path) -> None:
    """The first start shows the password and ends with an answering address."""
    settings = {"FAIRLEAD_EXAMPLE__ENABLED": "true", "FAIRLEAD_ADMIN__PASSWORD": ""}
    with test_server(folder, **settings) as server:
        eventually(lambda: "it answers at" in server.text, "the example was run")
        url = server.text.split("it answers at ")[1].split()[0]

        assert b"from Fairlead" in server.fetch(url)
        assert "shown this once" in server.text
        assert server.stop() == 0
        server.start()
        assert "shown this once" not in server.text
