"""Many rows to a statement."""

import sqlite3

import pytest

from fairlead.adapters.engine.statements import TABLES, delete, insert


@pytest.mark.parametrize("size", [0, 1, 2, 3, 255, 256, 257, 1000])
def test_every_row_goes_in_once_and_out_again(size: int) -> None:
    """However many; again is harmless."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.executescript(TABLES)
    rows = [(number, "succeeded", b"x", 1.0) for number in range(size)]
    insert(connection, "ends", rows)
    insert(connection, "ends", rows)
    found = connection.execute("SELECT * FROM ends ORDER BY number").fetchall()
    delete(connection, "ends", list(range(1, size)))
    left = connection.execute("SELECT number FROM ends").fetchall()
    connection.close()

    assert found == rows
    assert left == [(0,)] * min(size, 1)


def test_values_that_are_missing_are_not_skipped_silently() -> None:
    """Only a row that is there already is left out."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.executescript(TABLES)
    with pytest.raises(sqlite3.IntegrityError):
        insert(connection, "ends", [(1, None, b"", 1.0)])
    connection.close()
