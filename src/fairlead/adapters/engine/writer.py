"""The journal's one writer: a thread in which many records share one commit."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import structlog
from typing_extensions import override

from fairlead.adapters.engine.records import Beginning, Ending, Record
from fairlead.adapters.engine.statements import delete, insert
from fairlead.kernel.engine import JournalUnavailable

log = structlog.get_logger(__name__)

Job = Callable[[sqlite3.Connection], Any]
FIRST_WAIT, LONGEST_WAIT = 0.05, 2.0


@dataclass(slots=True)
class Batch:
    """What goes into one commit.

    Attributes:
        records, ends, told: Facts of running workflows, written again until they
            are durable; `waiters` are told then.
        starts, asked, jobs: Requests of callers, who are told of a failure instead.
    """

    records: list[Record] = field(default_factory=list)
    ends: list[Ending] = field(default_factory=list)
    told: list[int] = field(default_factory=list)
    waiters: list[asyncio.Future[None]] = field(default_factory=list)
    starts: list[tuple[Beginning, asyncio.Future[None]]] = field(default_factory=list)
    asked: list[tuple[Record, asyncio.Future[None]]] = field(default_factory=list)
    jobs: list[tuple[Job, asyncio.Future[Any]]] = field(default_factory=list)

    def add(self, later: "Batch") -> None:
        """Put what was handed over later behind."""
        self.records += later.records
        self.ends += later.ends
        self.told += later.told
        self.waiters += later.waiters
        self.starts += later.starts
        self.asked += later.asked
        self.jobs += later.jobs

    def refuse(self) -> "Batch":
        """Take the callers' requests out and return them."""
        refused = Batch(starts=self.starts, asked=self.asked, jobs=self.jobs)
        self.starts, self.asked, self.jobs = [], [], []
        return refused

    def requests(self) -> list[asyncio.Future[Any]]:
        """Return the futures of the callers."""
        return [
            *(future for _, future in self.starts),
            *(future for _, future in self.asked),
            *(future for _, future in self.jobs),
        ]


class Writer(threading.Thread):
    """Commits what it is handed, in the order of handing, as few times as it can."""

    def __init__(
        self, connection: sqlite3.Connection, loop: asyncio.AbstractEventLoop
    ) -> None:
        """Own `connection`; results are told in `loop`."""
        super().__init__(name="engine-journal", daemon=True)
        self.trouble = ""
        self._connection = connection
        self._loop = loop
        self._ready = threading.Condition()
        self._handed: Batch | None = None
        self._stopping = False

    def hand(self, batch: Batch) -> None:
        """Give it `batch`; returns at once."""
        with self._ready:
            if self._handed is None:
                self._handed = batch
                self._ready.notify()
            else:
                self._handed.add(batch)

    def stop(self) -> None:
        """Let it end once all that was handed over is tried once more."""
        with self._ready:
            self._stopping = True
            self._ready.notify()

    @override
    def run(self) -> None:
        try:
            self._work()
        finally:
            self._connection.close()

    def _work(self) -> None:
        left: Batch | None = None
        wait = FIRST_WAIT
        while True:
            batch = self._next(left, wait)
            if batch is None:
                break
            left = self._try(batch)
            wait = FIRST_WAIT if left is None else min(wait * 2, LONGEST_WAIT)
            if left is not None and self._stopping:
                break

    def commit(self, batch: Batch) -> list[Any]:
        """Write `batch` in one transaction; return what its jobs return."""
        connection = self._connection
        connection.execute("BEGIN IMMEDIATE")
        self.write(batch)
        results = [job(connection) for job, _ in batch.jobs]
        connection.execute("COMMIT")
        return results

    def write(self, batch: Batch) -> None:
        """Put the rows of `batch` into the open transaction."""
        connection = self._connection
        if batch.starts:
            beginnings = [beginning for beginning, _ in batch.starts]
            insert(connection, "workflows", beginnings)
            insert(connection, "live", [row[:1] for row in beginnings])
        if batch.asked:
            insert(connection, "records", [record for record, _ in batch.asked])
        if batch.records:
            insert(connection, "records", batch.records)
        if batch.ends:
            insert(connection, "ends", batch.ends)
        if batch.told:
            delete(connection, "live", batch.told)

    def _next(self, left: Batch | None, wait: float) -> Batch | None:
        with self._ready:
            if self._handed is None and not self._stopping:
                if left is not None:
                    self._ready.wait(wait)
                else:
                    self._ready.wait_for(lambda: self._handed or self._stopping)
            handed, self._handed = self._handed, None
        if left is None:
            return handed
        if handed is not None:
            left.add(handed)
        return left

    def _try(self, batch: Batch) -> Batch | None:
        """Commit; return what has to be written again after a failure."""
        try:
            results = self.commit(batch)
        except Exception as error:  # noqa: BLE001 - an edge: the thread must live on
            self._fail(batch.refuse(), error)
            return batch
        self.trouble = ""
        self._tell(lambda: _settle(batch, results))
        return None

    def _fail(self, refused: Batch, error: Exception) -> None:
        if not self.trouble:
            log.error("engine_journal_unavailable", error=str(error))
        self.trouble = str(error) or type(error).__name__
        try:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
        except sqlite3.Error as second:
            log.warning("engine_journal_rollback_failed", error=str(second))
        self._tell(lambda: _refuse(refused, error))

    def _tell(self, what: Callable[[], None]) -> None:
        try:
            self._loop.call_soon_threadsafe(what)
        except RuntimeError:  # the loop is closed; nobody waits any more
            log.warning("engine_journal_unheard")


def _settle(batch: Batch, results: list[Any]) -> None:
    waiters = batch.waiters
    waiters += [future for _, future in batch.starts]
    waiters += [future for _, future in batch.asked]
    for future in waiters:
        if not future.done():
            future.set_result(None)
    for (_, job), result in zip(batch.jobs, results, strict=True):
        if not job.done():
            job.set_result(result)


def _refuse(refused: Batch, error: Exception) -> None:
    for future in refused.requests():
        if not future.done():
            future.set_exception(unavailable(str(error)))


def unavailable(reason: str) -> JournalUnavailable:
    """Return the error of callers when the journal cannot be used."""
    return JournalUnavailable(
        f"The engine cannot record ({reason}); see to its disk and try again.",
        reason=reason,
    )
