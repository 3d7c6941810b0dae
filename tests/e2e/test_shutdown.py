"""Stopping a server in the middle of a run: steps may end, the rest goes on later."""

import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fairlead.testing.server import (
    TestServer,
    eventually,
    make_repository,
    test_server,
)

GRACE = {"FAIRLEAD_OPERATIONS__GRACE_SECONDS": "60"}


@pytest.fixture
def effects(tmp_path: Path) -> Path:
    return tmp_path / "effects"


@pytest.fixture
def started(tmp_path: Path, effects: Path) -> Callable[[TestServer], str]:
    """Return what starts a run whose first step holds until the flag is there."""
    flag = tmp_path / "flag"
    hold = f"echo first >> {effects}; while [ ! -e {flag} ]; do sleep 0.05; done"
    steps = (
        f'    - {{name: first, run: "{hold}; echo done >> {effects}"}}\n'
        f'    - {{name: second, run: "echo second >> {effects}"}}\n'
    )
    pipeline = {".fairlead.yaml": f"version: 1\nbuild:\n  steps:\n{steps}"}
    repository = make_repository(tmp_path / "repository", pipeline)

    def start(server: TestServer) -> str:
        server.log_in()
        server.run("projects", "create", "held", "--repository", str(repository))
        run_id: str = server.data("run", "held")["id"]
        eventually(effects.exists, "the first step runs")
        return run_id

    return start


def ended(server: TestServer, run_id: str) -> dict[str, Any] | None:
    run: dict[str, Any] = server.data("runs", "show", run_id)
    return run if run["state"] not in {"queued", "running"} else None


def ask_to_stop(server: TestServer) -> None:
    assert server.process is not None
    server.process.send_signal(signal.SIGTERM)
    eventually(lambda: "stopping: " in server.text, "it says so")
    assert "(operations.grace_seconds)" in server.text


def gone(server: TestServer) -> bool:
    return server.process is not None and server.process.poll() is not None


def test_steps_may_end_unless_told_twice(
    tmp_path: Path, effects: Path, started: Callable[[TestServer], str]
) -> None:
    """Told once it waits for the step, and the next start goes on; told twice, not."""
    folder, flag = tmp_path / "server", tmp_path / "flag"
    folder.mkdir()
    with test_server(folder, **GRACE) as server:
        run_id = started(server)
        ask_to_stop(server)
        last = server.run("run", "held")
        queued = server.data("runs", "show", "held/2")["id"]
        told = server.data("operations", "explain", queued)["explanation"]
        assert not gone(server)
        flag.touch()
        eventually(lambda: gone(server), "it ended by itself")
        waited_for = effects.read_text().split()
        server.start()
        run = eventually(lambda: ended(server, run_id), "the run ended")
        eventually(lambda: ended(server, queued), "the queued one ran")
        flag.unlink()
        server.run("run", "held")
        eventually(lambda: effects.read_text().count("first") == 3, "the third runs")
        ask_to_stop(server)
        assert server.stop() == 0

    assert "run held/2 starts with its next start" in last.err
    assert "server is ending" in told[0]
    assert waited_for == ["first", "done"]
    assert run["state"] == "succeeded"
    shown = run["stages"][0]["jobs"][0]["steps"]
    assert [step["attempts"] for step in shown] == [1, 1]
    assert effects.read_text().split().count("done") == 2
