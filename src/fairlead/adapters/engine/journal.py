"""The journal: one SQLite file that holds every workflow and its records."""

import asyncio
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from pathlib import Path

from fairlead.adapters.engine.lock import JournalLock
from fairlead.adapters.engine.records import (
    Beginning,
    Ended,
    Ending,
    History,
    Record,
)
from fairlead.adapters.engine.statements import SCHEMA, TABLES
from fairlead.adapters.engine.writer import Batch, Job, Writer, unavailable

CHECKPOINT_PAGES = 4000
SWEPT_AT_ONCE = 200

_WORKFLOW = "w.number, w.id, w.workflow, w.version, w.argument, w.started_at"
_ENDING = "e.number, e.state, e.body, e.ended_at"
_COLUMNS = 6


@dataclass(frozen=True, slots=True)
class Known:
    """A workflow as the journal has it; `ending` is None while it runs."""

    beginning: Beginning
    ending: Ending | None


class Journal:
    """Records in memory order, durably, many to a commit; reads by key.

    All methods but `open` and `close` are for the event loop's thread. What runs
    is recorded until it is durable; what callers ask for fails at once.
    """

    writer_type: type[Writer] = Writer

    def __init__(self, path: Path) -> None:
        """Use the file `path`; its folder is made when the journal is opened."""
        self.path = path
        self._lock = JournalLock(path)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._reader: sqlite3.Connection | None = None
        self._writer: Writer | None = None
        self._batch = Batch()
        self._flushing = False
        self._number = 0

    @property
    def trouble(self) -> str:
        """Why nothing can be recorded now; empty when all is well."""
        if self._writer is None:
            return "it is not open"
        return self._writer.trouble

    async def open(self) -> list[tuple[Beginning, History]]:
        """Take the file and return what was running, oldest first.

        Raises:
            JournalHeld: another process has it.
            JournalUnavailable: it cannot be read or written.
        """
        self._loop = asyncio.get_running_loop()
        return await asyncio.to_thread(self._open, self._loop)

    async def close(self) -> None:
        """Write what was handed over, then let the file go."""
        writer, self._writer = self._writer, None
        if writer is not None:
            if self._flushing:
                writer.hand(self._batch)
                self._batch, self._flushing = Batch(), False
            writer.stop()
            await asyncio.to_thread(writer.join)
        self._release()

    def next_number(self) -> int:
        """Return a number no workflow has had."""
        self._number += 1
        return self._number

    def record(self, record: Record) -> None:
        """Write `record` some time soon, before everything handed over later."""
        self._open_batch().records.append(record)

    def recorded(self, record: Record) -> asyncio.Future[None]:
        """Write `record`; the future is done once it is durable."""
        batch = self._open_batch()
        batch.records.append(record)
        return self._waiter(batch)

    def end(self, ending: Ending) -> asyncio.Future[None]:
        """Write the end of a workflow; the future is done once it is durable."""
        batch = self._open_batch()
        batch.ends.append(ending)
        return self._waiter(batch)

    def told(self, number: int) -> None:
        """Remember that the watchers know of this workflow's end."""
        if self._writer is not None:
            self._open_batch().told.append(number)

    def begin(self, beginning: Beginning) -> asyncio.Future[None]:
        """Write a new workflow; the future is done once it is durable.

        Raises:
            JournalUnavailable: it cannot be written; also raised by the future.
        """
        future: asyncio.Future[None] = self._running().create_future()
        self._open_batch().starts.append((beginning, future))
        return future

    def ask(self, record: Record) -> asyncio.Future[None]:
        """Write a caller's `record`; the future is done once it is durable.

        Raises:
            JournalUnavailable: it cannot be written; also raised by the future.
        """
        future: asyncio.Future[None] = self._running().create_future()
        self._open_batch().asked.append((record, future))
        return future

    async def sweep(self, *, before: float) -> bool:
        """Remove some workflows that ended before this; True: there may be more.

        Raises:
            JournalUnavailable: it cannot be written.
        """
        job: Job = lambda connection: _sweep(connection, before)  # noqa: E731
        future: asyncio.Future[int] = self._running().create_future()
        self._open_batch().jobs.append((job, future))
        return await future == SWEPT_AT_ONCE

    def find(self, workflow_id: str) -> Known | None:
        """Return the workflow of this id.

        Raises:
            JournalUnavailable: it cannot be read.
        """
        with self._reading() as reader:
            row = reader.execute(
                f"SELECT {_WORKFLOW}, {_ENDING} FROM workflows w "  # noqa: S608
                "LEFT JOIN ends e ON e.number = w.number WHERE w.id = ?",
                (workflow_id,),
            ).fetchone()
        if row is None:
            return None
        ending = Ending(*row[_COLUMNS:]) if row[_COLUMNS] is not None else None
        return Known(Beginning(*row[:_COLUMNS]), ending)

    def history(self, number: int) -> History:
        """Return what is recorded of one workflow.

        Raises:
            JournalUnavailable: it cannot be read.
        """
        with self._reading() as reader:
            rows = reader.execute(
                "SELECT * FROM records WHERE workflow = ? ORDER BY sequence", (number,)
            )
            return History.of(map(Record._make, rows))

    def untold(self) -> list[Ended]:
        """Return the ended workflows whose watchers may not know it, oldest first.

        Raises:
            JournalUnavailable: it cannot be read.
        """
        with self._reading() as reader:
            rows = reader.execute(
                f"SELECT {_WORKFLOW}, {_ENDING} FROM live l "  # noqa: S608
                "JOIN workflows w ON w.number = l.number "
                "JOIN ends e ON e.number = l.number ORDER BY l.number"
            )
            return [
                Ended(Beginning(*row[:_COLUMNS]), Ending(*row[_COLUMNS:]))
                for row in rows
            ]

    def _open_batch(self) -> Batch:
        if not self._flushing:
            self._running().call_soon(self._flush)
            self._flushing = True
        return self._batch

    def _flush(self) -> None:
        if self._writer is not None and self._flushing:
            batch, self._batch, self._flushing = self._batch, Batch(), False
            self._writer.hand(batch)

    def _waiter(self, batch: Batch) -> asyncio.Future[None]:
        future: asyncio.Future[None] = self._running().create_future()
        batch.waiters.append(future)
        return future

    def _running(self) -> asyncio.AbstractEventLoop:
        if self._loop is None or self._writer is None:
            raise unavailable("it is not open")
        return self._loop

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        if self._reader is None:
            raise unavailable("it is not open")
        try:
            yield self._reader
        except sqlite3.Error as error:
            raise unavailable(str(error)) from error

    def _open(self, loop: asyncio.AbstractEventLoop) -> list[tuple[Beginning, History]]:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._lock.take()
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))
            connection = _connect(self.path)
            with _closed_on_error(connection):
                _prepare(connection)
                found = _running_workflows(connection)
                self._number = _last_number(connection)
                self._reader = _connect(self.path)
                self._reader.execute("PRAGMA query_only = ON")
        except (sqlite3.Error, OSError) as error:
            self._release()
            raise unavailable(f"{self.path}: {error}") from error
        self._writer = self.writer_type(connection, loop)
        self._writer.start()
        return found

    def _release(self) -> None:
        if self._reader is not None:
            self._reader.close()
            self._reader = None
        self._lock.release()


def _connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(
        path, isolation_level=None, check_same_thread=False, timeout=5.0
    )


@contextmanager
def _closed_on_error(connection: sqlite3.Connection) -> Iterator[None]:
    try:
        yield
    except BaseException:
        connection.close()
        raise


def _prepare(connection: sqlite3.Connection) -> None:
    (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
    if mode != "wal":
        raise sqlite3.OperationalError(f"journal mode {mode} where WAL is needed")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version == 0:
        connection.executescript(
            f"BEGIN IMMEDIATE; {TABLES} PRAGMA user_version = {SCHEMA}; COMMIT;"
        )
    elif version != SCHEMA:
        raise sqlite3.DatabaseError(f"its form is {version}, this is for {SCHEMA}")
    connection.execute("BEGIN IMMEDIATE")  # refused when the file is read-only
    connection.execute(f"PRAGMA user_version = {SCHEMA}")
    connection.execute("COMMIT")


def _running_workflows(
    connection: sqlite3.Connection,
) -> list[tuple[Beginning, History]]:
    running = "SELECT number FROM live WHERE number NOT IN (SELECT number FROM ends)"
    rows = connection.execute(
        f"SELECT * FROM records WHERE workflow IN ({running}) "  # noqa: S608
        "ORDER BY workflow, sequence"
    )
    records = groupby(map(Record._make, rows), key=attrgetter("workflow"))
    histories = {number: History.of(group) for number, group in records}
    beginnings = connection.execute(
        f"SELECT {_WORKFLOW} FROM workflows w "  # noqa: S608
        f"WHERE w.number IN ({running}) ORDER BY w.number"
    )
    return [(Beginning(*row), histories.get(row[0]) or History()) for row in beginnings]


def _last_number(connection: sqlite3.Connection) -> int:
    (number,) = connection.execute(
        "SELECT max((SELECT coalesce(max(number), 0) FROM workflows),"
        " (SELECT coalesce(max(workflow), 0) FROM records))"
    ).fetchone()
    return int(number)


def _sweep(connection: sqlite3.Connection, before: float) -> int:
    rows = connection.execute(
        "SELECT number FROM ends WHERE ended_at < ? ORDER BY ended_at LIMIT ?",
        (before, SWEPT_AT_ONCE),
    ).fetchall()
    if not rows:
        return 0
    numbers = ", ".join(str(number) for (number,) in rows)
    for table, column in (
        ("records", "workflow"),
        ("live", "number"),
        ("workflows", "number"),
        ("ends", "number"),
    ):
        connection.execute(
            f"DELETE FROM {table} WHERE {column} IN ({numbers})"  # noqa: S608
        )
    return len(rows)
