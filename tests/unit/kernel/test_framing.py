"""Frames of a journal, as bytes and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.kernel.framing import END, EVENT, HEADER, OUTPUT, encode, measure
from fairlead.kernel.journal import FrameKind, decode


def test_the_stored_kinds_have_the_numbers_of_the_layout() -> None:
    assert (FrameKind.OUTPUT, FrameKind.EVENT, FrameKind.END) == (OUTPUT, EVENT, END)


@given(
    st.lists(st.tuples(st.sampled_from([OUTPUT, EVENT]), st.text(), st.binary())),
    st.integers(0, 2**40),
)
def test_frames_come_back_as_they_were(
    entries: list[tuple[int, str, bytes]], offset: int
) -> None:
    """Whole frames decode to what was encoded, each beginning where one ended."""
    encoded = [encode(kind, name, data, at=7.5) for kind, name, data in entries]

    frames, used = decode(b"".join(encoded), offset=offset)

    assert [(f.kind, f.stream, f.data) for f in frames] == entries
    assert used == sum(map(len, encoded))
    assert [f.next - f.offset for f in frames] == [len(one) for one in encoded]
    assert all(f.at == 7.5 for f in frames)


@given(st.integers(0, 40))
def test_a_cut_off_frame_is_left_alone(cut: int) -> None:
    first, second = (encode(OUTPUT, "a", b"x" * 24, at=1.0) for _ in range(2))

    frames, used = decode(first + second[:cut], offset=0)

    assert len(frames) == 1
    assert used == len(first)


def test_measure_tells_kind_and_length() -> None:
    frame = encode(EVENT, "build/compile", b"{}", at=1.0)

    assert measure(b"??" + frame, 2) == (EVENT, len(frame))


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b"\xf1" * (HEADER.size - 1),
        HEADER.pack(0x00, OUTPUT, 0, 0, 0),
        HEADER.pack(0xF1, 4, 0, 0, 0),
        HEADER.pack(0xF1, OUTPUT, 0, 256 * 1024 + 1, 0),
    ],
)
def test_what_is_no_header_is_refused(header: bytes) -> None:
    with pytest.raises(ValueError, match="no "):
        measure(header)


def test_a_frame_has_a_largest_size() -> None:
    with pytest.raises(ValueError, match="too long"):
        encode(OUTPUT, "", bytes(256 * 1024 + 1), at=1.0)
    with pytest.raises(ValueError, match="no frame"):
        decode(HEADER.pack(0xF1, OUTPUT, 0, 2**31, 0) + b"x", offset=0)
