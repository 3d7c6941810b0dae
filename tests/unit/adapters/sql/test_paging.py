"""Cursors survive the round trip and nothing else passes for one."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.adapters.sql.paging import decode_cursor, encode_cursor
from fairlead.kernel.paging import BadPage

KEPT = st.text(st.characters(codec="utf-8", exclude_characters="\0"))
VALUES = st.tuples(
    st.datetimes(timezones=st.just(UTC)), st.uuids(), KEPT, st.integers(0, 2**63 - 1)
)


@given(VALUES)
def test_cursors_survive_the_round_trip(
    values: tuple[datetime, UUID, str, int],
) -> None:
    """What was encoded is decoded, and is safe in a URL."""
    cursor = encode_cursor(*values)

    assert decode_cursor(cursor, datetime, UUID, str, int) == values
    assert set(cursor) <= set(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    )


@pytest.mark.parametrize(
    ("cursor", "types"),
    [
        ("", (int,)),
        ("!!", (int,)),
        ("é", (int,)),
        (encode_cursor("a"), (int,)),
        (encode_cursor(1, 2), (int,)),
        (encode_cursor(1), (int, int)),
        (encode_cursor("no date"), (datetime,)),
        (encode_cursor("2026-11-29T12:00:00"), (datetime,)),
        (encode_cursor("0001-01-01T00:00:00+23:00"), (datetime,)),
        (encode_cursor(2**63), (int,)),
        (encode_cursor(-(2**63)), (int,)),
        (encode_cursor("a\0b"), (str,)),
    ],
)
def test_other_cursors_are_refused(cursor: str, types: tuple[type[Any], ...]) -> None:
    """Neither garbage nor another list's cursor is taken."""
    with pytest.raises(BadPage):
        decode_cursor(cursor, *types)
