"""Feeds in the whole product: output without its secrets, and many readers of one."""

import json
import resource
import secrets
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import quantiles

import psutil

from benchmarks.product import UNLIMITED, client_of, start_run
from fairlead.adapters.terminal.client import Client
from fairlead.testing.server import TestServer, make_repository, test_server

Row = tuple[str, float, str, str]
LINES = 212_500  # of 80 bytes: 17 MB
SECRETS = 5
SUBSCRIBERS = 5_000
SECONDS = 15
SHOWN = "2026-01-01T12:00:00Z INFO request handled path=/api/v1/things status=200"
TICKS = "while :; do echo tick $(date +%s.%N); sleep 1; done"
PIPELINE = """
version: 1
build:
  steps:
    - {name: step, run: "%s"}
"""


def rows() -> list[Row]:
    """Measure and return the rows: name, value, unit, bar."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    names = [f"BENCH_TOKEN_{number}" for number in range(SECRETS)]
    settings = {name: secrets.token_urlsafe(30) for name in names}
    settings |= UNLIMITED
    settings["FAIRLEAD_PIPELINES__PASS_ENVIRONMENT"] = json.dumps(names)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "server").mkdir()
        with test_server(folder / "server", **settings) as server:
            client = client_of(server)
            return [*_lines(client, folder), *_subscribers(server, client, folder)]


def _lines(client: Client, folder: Path) -> list[Row]:
    line = f"{SHOWN:79}"[:79]
    command = f"echo $BENCH_TOKEN_0; yes '{line}' | head -n {LINES}"
    run = _run(client, folder, "lines", command)
    seen, began, ended, text = 0, 0.0, 0.0, ""
    for event in client.stream(f"/api/v1/runs/{run}/logs"):
        if event.name == "output" and event.data["stream"] == "build/step":
            began = began or time.perf_counter()
            text = text if len(text) > len(command) + 9 else text + event.data["text"]
            seen += event.data["text"].count("\n")
            ended = time.perf_counter()
    assert seen == LINES + 2, seen  # with the command and the secret
    assert "\n***\n" in text, text[:200]
    rate = LINES / (ended - began)
    what = f"lines of a step with {SECRETS} secrets, 17 MB"
    return [(what, rate, "lines/s", ">= 100,000")]


def _subscribers(server: TestServer, client: Client, folder: Path) -> list[Row]:
    assert server.process is not None
    run = _run(client, folder, "ticks", TICKS)
    process = psutil.Process(server.process.pid)
    warm = _subscribed(server, client, run, 200, 2)
    assert len(warm) >= 200, len(warm)
    before = process.memory_info().rss
    noted: list[tuple[int, float]] = []
    delays = _subscribed(
        server, client, run, SUBSCRIBERS, SECONDS, process=process, noted=noted
    )
    assert len(delays) >= SUBSCRIBERS * (SECONDS - 2), len(delays)
    client.post(f"/api/v1/runs/{run}/cancel", {})
    ranked = quantiles(delays, n=100)
    each = (noted[-1][0] - before) / SUBSCRIBERS / 1024
    cost = (noted[-1][1] - noted[0][1]) / len(delays) * 1e6
    return [
        ("5,000 subscribers, 1 message/s, p99", ranked[98], "ms", "<= 500"),
        ("5,000 subscribers, 1 message/s, p50", ranked[49], "ms", ""),
        ("server's CPU of a message to a subscriber", cost, "us", ""),
        ("server's memory per subscriber", each, "KiB", "<= 15"),
    ]


def _subscribed(  # noqa: PLR0913 - what is measured, and where to
    server: TestServer,
    client: Client,
    run: str,
    count: int,
    seconds: float,
    *,
    process: psutil.Process | None = None,
    noted: list[tuple[int, float]] | None = None,
) -> list[float]:
    """Return the delays that `count` subscribers see, in milliseconds.

    The server's memory and CPU are `noted` once all are there and at the end.
    """

    def note() -> None:
        if process is not None and noted is not None:
            times = process.cpu_times()
            noted.append((process.memory_info().rss, times.user + times.system))

    host, port = server.url.removeprefix("http://").split(":")
    command = [sys.executable, "-m", "benchmarks.subscribers", host, port, str(count)]
    request = (
        f"GET /api/v1/runs/{run}/logs HTTP/1.1\nHost: {host}\n"
        f"Authorization: Bearer {client.kept.access_token}\n\n"
    )
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as readers:
        assert readers.stdin is not None
        assert readers.stdout is not None
        readers.stdin.write(request)
        readers.stdin.flush()
        assert readers.stdout.readline() == "ready\n"
        note()
        time.sleep(seconds)
        note()
        readers.stdin.write("\n")
        readers.stdin.flush()
        delays: list[float] = json.loads(readers.stdout.readline())
    return delays


def _run(client: Client, folder: Path, name: str, command: str) -> str:
    repository = make_repository(
        folder / name, {".fairlead.yaml": PIPELINE % command.replace('"', '\\"')}
    )
    run: str = start_run(client, name, repository)["id"]
    return run
