"""kill -9 at any moment: every acknowledged unit of work is there."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from threading import Thread
from typing import IO

from typing_extensions import override

ROUNDS = int(os.environ.get("FAIRLEAD_CRASH_ROUNDS", "10"))
CLIENTS = 8
WRITER = """
import asyncio, os, sys
from pathlib import Path
from sqlalchemy import text
from fairlead.adapters.sql.sqlite import SqliteDatabase
from fairlead.adapters.sql.work import SqlUnitOfWork

INSERT = text("INSERT INTO pairs VALUES (:client, :number, :half)")


async def client(database, start, client):
    connection = database.connection()
    for number in range(1_000_000):
        async with SqlUnitOfWork(connection):
            for half in (0, 1):
                await connection.execute(
                    INSERT, {"client": start + client, "number": number, "half": half}
                )
        os.write(1, f"{start + client} {number}\\n".encode())


async def main(file, start):
    database = SqliteDatabase(Path(file))
    await database.open()
    connection = database.connection()
    async with SqlUnitOfWork(connection):
        await connection.execute(text(
            "CREATE TABLE IF NOT EXISTS pairs (client, number, half)"
        ))
    os.write(1, b"ready\\n")
    await asyncio.gather(*(client(database, start, n) for n in range(8)))


asyncio.run(main(sys.argv[1], int(sys.argv[2])))
"""


class Reader(Thread):
    """Drains a pipe, so that the writer never waits for us."""

    def __init__(self, pipe: IO[bytes]) -> None:
        super().__init__(daemon=True)
        self._pipe = pipe
        self.output = b""

    @override
    def run(self) -> None:
        self.output = self._pipe.read()


def run_and_kill(file: Path, number: int, pause: float) -> set[tuple[int, int]]:
    """Write for `pause` seconds, kill, and return what was acknowledged."""
    command = [sys.executable, "-c", WRITER, str(file), str(number * CLIENTS)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as writer:  # noqa: S603
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"ready\n"
        reader = Reader(writer.stdout)
        reader.start()
        time.sleep(pause)
        writer.send_signal(signal.SIGKILL)
        reader.join(30)
    lines = reader.output.split(b"\n")[:-1]
    return {(int(a), int(b)) for a, b in (line.split() for line in lines)}


def test_acknowledged_units_survive_kills(tmp_path: Path) -> None:
    """Each acknowledged pair is whole after each kill, and no pair is half."""
    file = tmp_path / "crash.db"
    moments = random.Random(20260101)
    acknowledged: set[tuple[int, int]] = set()
    for number in range(ROUNDS):
        acknowledged |= run_and_kill(file, number, moments.uniform(0.0, 0.2))
        connection = sqlite3.connect(file)
        halves = connection.execute(
            "SELECT client, number, count(*) FROM pairs GROUP BY client, number"
        ).fetchall()
        connection.close()
        found = {(client, unit) for client, unit, _ in halves}

        assert acknowledged <= found
        assert {size for _, _, size in halves} <= {2}
    assert acknowledged
