"""Which ends this installation's listeners have taken in."""

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Final

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS told (run TEXT PRIMARY KEY, ended REAL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS looked (one INTEGER PRIMARY KEY CHECK (one = 1), upto REAL);
"""


class ToldFile:
    """Remembers ends in a small file; one that is lost only tells them again."""

    def __init__(self, path: Path) -> None:
        """Keep the file at `path`."""
        self._path = path
        self._connection: sqlite3.Connection | None = None

    def open(self) -> None:
        """Open the file, making it when there is none or it cannot be read."""
        try:
            self._connection = self._opened()
        except sqlite3.DatabaseError:
            self._path.unlink(missing_ok=True)
            self._connection = self._opened()

    def close(self) -> None:
        """Let go of the file."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def add(self, run: str, *, ended: float) -> None:
        """Remember that the end of `run` was taken in."""
        self._execute("INSERT OR IGNORE INTO told VALUES (?, ?)", (run, ended))

    def knows(self, run: str) -> bool:
        """Tell whether the end of `run` was taken in."""
        return bool(self._execute("SELECT 1 FROM told WHERE run = ?", (run,)))

    def upto(self) -> float:
        """Return the moment up to which all ends were taken in; 0: none."""
        found = self._execute("SELECT upto FROM looked", ())
        return float(found[0][0]) if found else 0.0

    def settle(self, upto: float) -> None:
        """Note that all ends up to this moment were taken in, and forget them."""
        self._execute("INSERT OR REPLACE INTO looked VALUES (1, ?)", (upto,))
        self._execute("DELETE FROM told WHERE ended < ?", (upto,))

    def _opened(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, isolation_level=None)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.executescript(SCHEMA)
        except sqlite3.DatabaseError:
            connection.close()
            raise
        return connection

    def _execute(self, statement: str, values: Iterable[object]) -> list[tuple[float]]:
        if self._connection is None:
            raise RuntimeError("the file is not open")
        with closing(self._connection.execute(statement, tuple(values))) as cursor:
            return cursor.fetchall()
