"""The journal's tables, and one statement for many rows.

A row per statement would let go of the interpreter's lock once a row, and wait for it
each time while the event loop is busy. So rows go in by the power of two.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, Final

SCHEMA: Final = 1
TABLES: Final = """
CREATE TABLE workflows (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    workflow TEXT NOT NULL,
    version INTEGER NOT NULL,
    argument BLOB NOT NULL,
    started_at REAL NOT NULL
);
CREATE TABLE live (number INTEGER PRIMARY KEY);
CREATE TABLE records (
    workflow INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    key TEXT NOT NULL,
    digest INTEGER NOT NULL,
    number INTEGER NOT NULL,
    due REAL NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (workflow, sequence)
) WITHOUT ROWID;
CREATE TABLE ends (
    number INTEGER PRIMARY KEY,
    state TEXT NOT NULL,
    body BLOB NOT NULL,
    ended_at REAL NOT NULL
);
CREATE INDEX ends_ended_at ON ends (ended_at);
"""
# live: workflows that run, and ended ones whose watchers have not been told yet

_LARGEST: Final = 256


def insert(
    connection: sqlite3.Connection, table: str, rows: Sequence[Sequence[Any]]
) -> None:
    """Add `rows`; one that is there already stays, so that a retry is harmless."""
    for part in _parts(rows):
        values = [value for row in part for value in row]
        connection.execute(_insert(table, len(part), len(part[0])), values)


def delete(connection: sqlite3.Connection, table: str, numbers: Sequence[int]) -> None:
    """Remove the rows with these numbers."""
    for part in _parts(numbers):
        connection.execute(_delete(table, len(part)), part)


def _parts(rows: Sequence[Any]) -> Iterator[Sequence[Any]]:
    start, left, size = 0, len(rows), _LARGEST
    while left:
        while size > left:
            size //= 2
        yield rows[start : start + size]
        start += size
        left -= size


@cache
def _insert(table: str, rows: int, columns: int) -> str:
    row = f"({', '.join('?' * columns)})"
    values = ", ".join([row] * rows)
    return f"INSERT INTO {table} VALUES {values} ON CONFLICT DO NOTHING"  # noqa: S608


@cache
def _delete(table: str, rows: int) -> str:
    marks = ", ".join("?" * rows)
    return f"DELETE FROM {table} WHERE number IN ({marks})"  # noqa: S608 - ours
