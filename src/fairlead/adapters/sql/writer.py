"""The one writer of a SQLite file: units of work that share their commit.

A unit of work is a savepoint of the one open transaction. Leaving it frees the lock
at once and waits for the commit, which runs in a thread and which all units that were
left in the meantime share; so a burst of changes pays for one fsync.
"""

import asyncio
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from fairlead.adapters.sql.errors import DatabaseUnavailable, unavailable

RECENT_SECONDS = 60.0
Callback = Callable[[], None]


@dataclass(slots=True)
class _Batch:
    """Units of work that wait for the same commit."""

    waiters: list[asyncio.Future[None]] = field(default_factory=list)
    callbacks: list[Callback] = field(default_factory=list)

    def succeed(self) -> None:
        for callback in self.callbacks:
            callback()
        for waiter in self.waiters:
            if not waiter.done():
                waiter.set_result(None)

    def fail(self, error: DatabaseUnavailable) -> None:
        for waiter in self.waiters:
            if not waiter.done():
                waiter.set_exception(
                    DatabaseUnavailable(error.message, **error.details)
                )


class Writer:
    """Begins, ends and commits units of work on one connection of the driver."""

    def __init__(self, driver: sqlite3.Connection, file: Path) -> None:
        """Own the transactions of `driver`, which is in autocommit mode."""
        self._driver = driver
        self._file = file
        self._lock = asyncio.Lock()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="sql-commit")
        self._batch = _Batch()
        self._commit: asyncio.Task[None] | None = None
        self._broken = False
        self._failed: tuple[DatabaseUnavailable, float] | None = None

    @property
    def failure(self) -> DatabaseUnavailable | None:
        """Return why the last commit failed, for a minute after that."""
        if self._failed is None or time.monotonic() - self._failed[1] > RECENT_SECONDS:
            return None
        return self._failed[0]

    async def begin(self) -> None:
        """Wait for the turn and set a savepoint."""
        await self._lock.acquire()
        self._broken = False
        try:
            if not self._driver.in_transaction:
                self._fail_lost()
                self._driver.execute("BEGIN IMMEDIATE")
            self._driver.execute("SAVEPOINT unit")
        except sqlite3.Error as error:
            self._schedule()
            self._lock.release()
            raise self._translated(error) from error

    def leave(self, callbacks: list[Callback]) -> asyncio.Future[None]:
        """Keep the changes; the future ends when they are durable or lost.

        Raises:
            DatabaseUnavailable: the transaction broke during this unit of work.
        """
        try:
            if self._broken:
                raise self._translated(None)
            self._driver.execute("RELEASE unit")
        except sqlite3.Error as error:
            self.check(error)
            self._undo()
            raise self._translated(error) from error
        finally:
            self._schedule()
            self._lock.release()
        done = asyncio.get_running_loop().create_future()
        self._batch.waiters.append(done)
        self._batch.callbacks.extend(callbacks)
        return done

    def rollback(self) -> None:
        """Undo the changes since the savepoint; the units before stay."""
        try:
            if not self._broken:
                self._undo()
        finally:
            self._schedule()
            self._lock.release()

    def check(self, error: BaseException) -> None:
        """See whether a failed statement took the whole transaction with it.

        SQLite rolls everything back by itself after some errors (a full disk); then
        all that wait for this commit have lost their changes and are told so.
        """
        if self._broken or self._driver.in_transaction:
            return
        self._broken = True
        self._fail_lost(error)

    def require_whole(self) -> None:
        """Refuse further statements of a unit whose transaction is gone.

        Raises:
            DatabaseUnavailable: it is gone.
        """
        if self._broken:
            raise self._translated(None)

    async def close(self) -> None:
        """Wait for the last commit and end the thread."""
        async with self._lock:
            last = self._commit
        if last is not None:
            await asyncio.wait({last})
        self._thread.shutdown()

    def _undo(self) -> None:
        try:
            self._driver.execute("ROLLBACK TO unit")
            self._driver.execute("RELEASE unit")
        except sqlite3.Error as error:
            if self._driver.in_transaction:
                self._driver.rollback()
            self._fail_lost(error)

    def _fail_lost(self, error: BaseException | None = None) -> None:
        """Tell those that wait for a transaction that is gone."""
        self._replace_batch().fail(self._noted(error))

    def _replace_batch(self) -> _Batch:
        batch, self._batch = self._batch, _Batch()
        return batch

    def _schedule(self) -> None:
        """Queue the commit behind the units that wait for the lock by now."""
        if self._commit is None:
            self._commit = asyncio.create_task(self._commit_batch())

    async def _commit_batch(self) -> None:
        async with self._lock:
            self._commit = None
            batch = self._replace_batch()
            if not self._driver.in_transaction:
                batch.fail(self._translated(None))
                return
            loop = asyncio.get_running_loop()
            job = loop.run_in_executor(self._thread, self._driver.execute, "COMMIT")
            await _finished(job)
            error = job.exception()
            if error is None:
                self._failed = None
                batch.succeed()
                return
            if self._driver.in_transaction:
                self._driver.rollback()
            batch.fail(self._noted(error))

    def _noted(self, error: BaseException | None) -> DatabaseUnavailable:
        failure = self._translated(error)
        self._failed = failure, time.monotonic()
        return failure

    def _translated(self, error: BaseException | None) -> DatabaseUnavailable:
        return unavailable(error, self._file) or DatabaseUnavailable(
            f"The database {self._file} could not keep a change: "
            f"{error or 'the transaction was lost'}.",
            file=str(self._file),
        )


async def _finished(job: "asyncio.Future[sqlite3.Cursor]") -> None:
    """Wait for `job` even while cancelled: the lock must cover the whole commit."""
    cancelled = False
    while not job.done():
        try:
            await asyncio.wait({job})
        except asyncio.CancelledError:
            cancelled = True
    if cancelled and (task := asyncio.current_task()):
        task.cancel()
