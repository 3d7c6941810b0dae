"""Which trace a request belongs to."""

import pytest

from fairlead.kernel.tracing import trace_id

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


@pytest.mark.parametrize(
    "parent",
    [f"00-{TRACE}-{SPAN}-01", f"00-{TRACE}-{SPAN}-00", f"42-{TRACE}-{SPAN}-01-x"],
)
def test_a_callers_trace_is_gone_on_with(parent: str) -> None:
    assert trace_id(parent) == TRACE


@pytest.mark.parametrize(
    "parent",
    [
        "",
        "nonsense",
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-01-x",
        f"00-{TRACE.upper()}-{SPAN}-01",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE}-{SPAN}-01\n",
        f"00-{TRACE}-{SPAN}",
    ],
)
def test_what_is_no_traceparent_begins_a_trace(parent: str) -> None:
    """A new one each time."""
    first, second = trace_id(parent), trace_id(parent)

    assert first != second
    assert TRACE not in {first, second}
    assert len(first) == 32
    assert int(first, 16)
