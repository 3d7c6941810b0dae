"""The whole product as a user has it: start, memory, steps, output, requests."""

import http.client
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import psutil

from benchmarks.buildbot import STEPS as THEIR_STEPS
from benchmarks.buildbot import steps_per_second
from fairlead.adapters.terminal.client import Client
from fairlead.adapters.terminal.credentials import Credentials
from fairlead.testing.server import PASSWORD, TestServer, make_repository, test_server

Row = tuple[str, float, str, str]
STEPS = 300
GROUP = 50
LINES = 400_000
GETS = 1500
UNLIMITED = {  # one address asks for all the users of a real installation
    "FAIRLEAD_HTTP__REQUESTS_PER_SECOND": "0",
    "FAIRLEAD_HTTP__MAX_CONNECTIONS_PER_ADDRESS": "10000",
}


def rows() -> list[Row]:
    """Measure and return the rows: name, value, unit, bar."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "server").mkdir()
        with test_server(folder / "server", **UNLIMITED) as server:
            server.log_in()
            server.stop()
            began = time.perf_counter()
            server.start()
            started = time.perf_counter() - began
            time.sleep(2)
            found = [
                ("second start to first answer", started, "s", "< 1.5"),
                ("idle memory, server and launcher", _memory(server), "MiB", "<= 120"),
                *_commands(server),
                *_steps(server, folder),
                *_beside_buildbot(server, folder),
                *_output(server, folder),
                *_requests(server),
            ]
    return found


def _memory(server: TestServer) -> float:
    assert server.process is not None
    process = psutil.Process(server.process.pid)
    whole = [process, *process.children(recursive=True)]
    return sum(each.memory_info().rss for each in whole) / 2**20


def _cpu(server: TestServer) -> float:
    assert server.process is not None
    process = psutil.Process(server.process.pid)
    total = 0.0
    for each in (process, *process.children(recursive=True)):
        times = each.cpu_times()
        total += times.user + times.system + times.children_user + times.children_system
    return total


def _commands(server: TestServer) -> list[Row]:
    environment = {**server.environment(), "FAIRLEAD_URL": server.url}

    def run(*arguments: str) -> float:
        command = [str(Path(sys.executable).with_name("fairlead")), *arguments]
        took = []
        for _ in range(9):
            began = time.perf_counter()
            subprocess.run(command, env=environment, capture_output=True, check=True)
            took.append(time.perf_counter() - began)
        return sorted(took)[len(took) // 2] * 1000

    return [
        ("fairlead --help, median", run("--help"), "ms", "< 150"),
        ("fairlead projects list, median", run("projects", "list"), "ms", "< 250"),
    ]


def _pipeline(folder: Path, name: str, steps: list[str]) -> Path:
    text = "version: 1\nbuild:\n  steps:\n" + "\n".join(steps) + "\n"
    return make_repository(folder / name, {".fairlead.yaml": text})


def client_of(server: TestServer) -> Client:
    """Return a client that the administrator is logged in with."""
    client = Client(Credentials(url=server.url))
    body = {"username": "admin", "password": PASSWORD}
    pair = client.post("/api/v1/auth/login", body)
    client.kept = Credentials(
        url=server.url,
        access_token=pair["access_token"],
        access_expires=time.time() + 800,
        refresh_token=pair["refresh_token"],
    )
    return client


def start_run(client: Client, project: str, repository: Path) -> dict[str, Any]:
    """Make a project of a repository and start a run of it."""
    body = {"name": project, "repository": str(repository)}
    client.post("/api/v1/projects", body)
    run: dict[str, Any] = client.post(f"/api/v1/projects/{project}/runs", {})
    return run


def _steps(server: TestServer, folder: Path) -> list[Row]:
    client = client_of(server)
    parallel = [
        f'    - {{name: s{n}, run: "true", group: g{n // GROUP}}}' for n in range(STEPS)
    ]
    before = _cpu(server)
    began = time.perf_counter()
    run = start_run(client, "steps", _pipeline(folder, "steps", parallel))
    for _ in client.stream(f"/api/v1/runs/{run['id']}/logs"):
        pass
    took = time.perf_counter() - began
    ended = client.get(f"/api/v1/runs/{run['id']}")
    assert ended["state"] == "succeeded", ended
    return [
        (
            "durable steps of a run, `true`, side by side",
            STEPS / took,
            "steps/s",
            ">= 50",
        ),
        (
            "CPU of a step, all processes",
            (_cpu(server) - before) / STEPS * 1000,
            "ms",
            "<= 15",
        ),
    ]


def _beside_buildbot(server: TestServer, folder: Path) -> list[Row]:
    """Run steps one after the other, in both: each is recorded before the next."""
    (folder / "buildbot").mkdir()
    theirs = steps_per_second(folder / "buildbot")
    if theirs is None:
        return []
    client = client_of(server)
    one_by_one = [f'    - {{name: s{n}, run: "true"}}' for n in range(THEIR_STEPS)]
    run = start_run(client, "chain", _pipeline(folder, "chain", one_by_one))
    for _ in client.stream(f"/api/v1/runs/{run['id']}/logs"):
        pass
    ended = client.get(f"/api/v1/runs/{run['id']}")
    assert ended["state"] == "succeeded", ended
    steps = ended["stages"][0]["jobs"][0]["steps"]
    first = datetime.fromisoformat(steps[0]["started_at"])
    last = datetime.fromisoformat(steps[-1]["ended_at"])
    ours = len(steps) / (last - first).total_seconds()
    return [
        ("durable steps of a run, `true`, one by one", ours, "steps/s", ""),
        ("Buildbot: steps of a build, `true`, one by one", theirs, "steps/s", ""),
        ("times as many as Buildbot", ours / theirs, "x", ">= 7"),
    ]


def _output(server: TestServer, folder: Path) -> list[Row]:
    client = client_of(server)
    line = "x" * 42
    step = f'    - {{name: print, run: "yes {line} | head -n {LINES}"}}'
    run = start_run(client, "output", _pipeline(folder, "output", [step]))
    seen, began, ended = 0, 0.0, 0.0
    for event in client.stream(f"/api/v1/runs/{run['id']}/logs"):
        if event.name == "output" and event.data["stream"] == "build/print":
            began = began or time.perf_counter()
            seen += event.data["text"].count("\n")
            ended = time.perf_counter()
    assert seen >= LINES, seen
    return [
        (
            "lines of a step to a live reader, 17 MB",
            seen / (ended - began),
            "lines/s",
            ">= 100,000",
        )
    ]


def _requests(server: TestServer) -> list[Row]:
    token = client_of(server).kept.access_token
    plain = _rate(server, "/healthz", {})
    bearer = {"Authorization": f"Bearer {token}"}
    full = _rate(server, "/api/v1/projects/steps", bearer)
    return [
        ("GET /healthz, one connection", plain, "req/s", ""),
        ("authenticated, authorised GET, one connection", full, "req/s", ""),
        (
            "its share of GET /healthz through the same edge",
            full / plain * 100,
            "%",
            ">= 40",
        ),
    ]


def _rate(server: TestServer, path: str, headers: dict[str, str]) -> float:
    host = server.url.removeprefix("http://")
    connection = http.client.HTTPConnection(host)

    def ask() -> None:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        data = answer.read()
        assert answer.status == 200, json.loads(data)

    _times(100, ask)
    began = time.perf_counter()
    _times(GETS, ask)
    rate = GETS / (time.perf_counter() - began)
    connection.close()
    return rate


def _times(count: int, work: Callable[[], None]) -> None:
    for _ in range(count):
        work()
