"""Cursors survive the round trip and nothing else passes for one."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.adapters.sql.paging import decode_cursor, encode_cursor
from fairlead.kernel.paging import BadPage

VALUES = st.tuples(
    st.datetimes(timezones=st.just(UTC)), st.uuids(), st.text(), st.integers(0, 2**31)
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
    ],
)
def test_other_cursors_are_refused(cursor: str, types: tuple[type[Any], ...]) -> None:
    """Neither garbage nor another list's cursor is taken."""
    with pytest.raises(BadPage):
        decode_cursor(cursor, *types)
