"""Feeds in the whole product: output without its secrets, and many readers of one.

Beside them in the same run what does less: a pipe and Python's logging for lines, and
a bare ASGI app on uvicorn for readers.
"""

import json
import logging
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
            found = [*_lines(client, folder), *_subscribers(server, client, folder)]
    return [*found, *_bare()]


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
    return [
        (what, rate, "lines/s", ">= 100,000"),
        ("the same through `cat FILE | wc -l`", _piped(folder, line), "lines/s", ""),
        ("the same by Python's logging to a file", _logged(folder), "lines/s", ""),
    ]


def _piped(folder: Path, line: str) -> float:
    """Return how many lines a second a pipe passes on: no journal, no secrets."""
    file = folder / "piped.txt"
    file.write_text(f"{line}\n" * LINES)
    began = time.perf_counter()
    command = f"cat {file} | wc -l"
    counted = subprocess.run(command, shell=True, capture_output=True, check=True)  # noqa: S602 - our own words
    seconds = time.perf_counter() - began
    assert int(counted.stdout) == LINES
    return LINES / seconds


def _logged(folder: Path) -> float:
    """Return how many lines a second one process logs to a file."""
    handler = logging.FileHandler(folder / "logged.txt")
    logger = logging.getLogger("benchmark")
    logger.propagate = False
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)
    began = time.perf_counter()
    for _ in range(LINES):
        logger.info(SHOWN)
    handler.close()
    return LINES / (time.perf_counter() - began)


def _subscribers(server: TestServer, client: Client, folder: Path) -> list[Row]:
    assert server.process is not None
    run = _run(client, folder, "ticks", TICKS)
    address = server.url.removeprefix("http://")
    request = (
        f"GET /api/v1/runs/{run}/logs HTTP/1.1\nHost: {address}\n"
        f"Authorization: Bearer {client.kept.access_token}\n\n"
    )
    rows = _readers(address, request, server.process.pid, bars=("<= 500", "<= 15"))
    client.post(f"/api/v1/runs/{run}/cancel", {})
    return rows


def _bare() -> list[Row]:
    """Measure the same number of readers of an app that knows nothing else."""
    command = [sys.executable, "-m", "benchmarks.bare"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            address = f"127.0.0.1:{int(process.stdout.readline())}"
            request = f"GET / HTTP/1.1\nHost: {address}\n\n"
            found = _readers(address, request, process.pid, bars=("", ""))
        finally:
            process.kill()
    return [(f"bare uvicorn app: {row[0]}", *row[1:]) for row in found]


def _readers(
    address: str, request: str, pid: int, *, bars: tuple[str, str]
) -> list[Row]:
    """Return how a server serves its readers, and what they cost it."""
    process = psutil.Process(pid)
    warm = _subscribed(address, request, 200, 2)
    assert len(warm) >= 200, len(warm)
    before = process.memory_info().rss
    noted: list[tuple[int, float]] = []
    delays = _subscribed(
        address, request, SUBSCRIBERS, SECONDS, process=process, noted=noted
    )
    assert len(delays) >= SUBSCRIBERS * (SECONDS - 2), len(delays)
    ranked = quantiles(delays, n=100)
    each = (noted[-1][0] - before) / SUBSCRIBERS / 1024
    cost = (noted[-1][1] - noted[0][1]) / len(delays) * 1e6
    return [
        ("5,000 subscribers, 1 message/s, p99", ranked[98], "ms", bars[0]),
        ("5,000 subscribers, 1 message/s, p50", ranked[49], "ms", ""),
        ("server's CPU of a message to a subscriber", cost, "us", ""),
        ("server's memory per subscriber", each, "KiB", bars[1]),
    ]


def _subscribed(
    address: str,
    request: str,
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

    host, port = address.split(":")
    command = [sys.executable, "-m", "benchmarks.subscribers", host, port, str(count)]
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
