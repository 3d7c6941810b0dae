"""kill -9 at any moment: every acknowledged unit of work is there."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROUNDS = int(os.environ.get("FAIRLEAD_CRASH_ROUNDS", "10"))

# Imports once and forks for each round, because imports are most of a start.
WRITER = """
import asyncio, os, sys
from pathlib import Path
from sqlalchemy import text
from fairlead.adapters.sql.sqlite import SqliteDatabase
from fairlead.adapters.sql.work import SqlUnitOfWork

INSERT = text("INSERT INTO pairs VALUES (:client, :number, :half)")


async def client(database, client):
    connection = database.connection()
    for number in range(1_000_000):
        async with SqlUnitOfWork(connection):
            for half in (0, 1):
                await connection.execute(
                    INSERT, {"client": client, "number": number, "half": half}
                )
        os.write(1, f"{client} {number}\\n".encode())


async def main(file, start):
    database = SqliteDatabase(file)
    await database.open()
    connection = database.connection()
    async with SqlUnitOfWork(connection):
        await connection.execute(
            text("CREATE TABLE IF NOT EXISTS pairs (client, number, half)")
        )
    os.write(1, f"ready {os.getpid()}\\n".encode())
    await asyncio.gather(*(client(database, start + n) for n in range(8)))


for line in sys.stdin:
    child = os.fork()
    if child == 0:
        asyncio.run(main(Path(sys.argv[1]), int(line)))
    os.waitpid(child, 0)
    os.write(1, b"\\ndead\\n")
"""


class Writers:
    """Starts writers on one file and kills them."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    def run(self, start: int, pause: float) -> set[tuple[int, int]]:
        """Let one write for `pause` seconds, kill it, return what it acknowledged."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{start}\n".encode())
        self._process.stdin.flush()
        while not (line := self._process.stdout.readline()).startswith(b"ready "):
            assert line, "the writer ended by itself"  # others: its log of slow ones
        pid = line.split()[1]
        end = time.monotonic() + pause
        killed = False
        acknowledged = set()
        while (line := self._process.stdout.readline()) != b"dead\n":
            assert line, "the writer ended by itself"
            if line.count(b" ") == 1:
                client, number = line.split()
                acknowledged.add((int(client), int(number)))
            if not killed and time.monotonic() >= end:
                os.kill(int(pid), signal.SIGKILL)
                killed = True
        return acknowledged


@pytest.fixture
def writers(tmp_path: Path) -> Iterator[Writers]:
    command = [sys.executable, "-c", WRITER, str(tmp_path / "crash.db")]
    with subprocess.Popen(  # noqa: S603 - our own code
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        yield Writers(process)


def test_acknowledged_units_survive_kills(
    writers: Writers, tmp_path: Path, tell: Callable[..., None]
) -> None:
    """Each acknowledged pair is whole after each kill, and no pair is half."""
    moments = random.Random(20260101)
    acknowledged: set[tuple[int, int]] = set()
    for number in range(ROUNDS):
        acknowledged |= writers.run(number * 8, moments.uniform(0.0, 0.2))
        connection = sqlite3.connect(tmp_path / "crash.db")
        halves = connection.execute(
            "SELECT client, number, count(*) FROM pairs GROUP BY client, number"
        ).fetchall()
        connection.close()
        found = {(client, unit) for client, unit, _ in halves}

        assert acknowledged <= found
        assert {size for _, _, size in halves} <= {2}
    assert acknowledged
    tell("the database", kills=ROUNDS, units=len(acknowledged), lost=0, halved=0)
