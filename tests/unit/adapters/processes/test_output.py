"""Where output is cut."""

from hypothesis import given
from hypothesis import strategies as st

from fairlead.adapters.processes.launcher.output import whole_characters


@given(st.text(min_size=1), st.integers(0, 3))
def test_no_character_is_cut(text: str, missing: int) -> None:
    """What is left of cut UTF-8 always decodes."""
    data = text.encode("utf-8", "replace")
    cut = data[: max(1, len(data) - missing)]

    whole = cut[: whole_characters(cut)]

    assert whole.decode() is not None
    assert len(cut) - len(whole) < 4


@given(st.binary())
def test_at_most_three_bytes_wait(data: bytes) -> None:
    """Bytes that are no text are never held back for long."""
    assert 0 <= len(data) - whole_characters(data) < 4


def test_bytes_without_a_beginning_are_whole() -> None:
    assert whole_characters(b"\x80\x80\x80\x80") == 4
    assert whole_characters(b"abc") == 3
    assert whole_characters(b"ab\xe2\x82") == 2
