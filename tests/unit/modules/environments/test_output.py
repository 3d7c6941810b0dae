"""The end of a journal, and dropping its beginning."""

import random
from pathlib import Path

from fairlead.kernel.framing import MAGIC
from fairlead.kernel.journal import Frame, FrameKind, decode, encode
from fairlead.modules.environments.output import (
    boundary,
    drop,
    excess,
    last_lines,
    tail,
    text,
)

TRAP = bytes([MAGIC, 1, 0, 0]) + bytes(12)  # looks like a header of an empty frame


def write(path: Path, count: int, *, size: int = 400) -> None:
    """Write `count` frames with payloads that look like frames here and there."""
    chance = random.Random(7)
    with path.open("wb") as file:
        for number in range(count):
            trap = TRAP if number % 7 == 0 else b""
            data = b"line %d " % number + trap + chance.randbytes(size) + b"\n"
            file.write(encode(FrameKind.OUTPUT, "1/1", data, at=1.0))


def frames_of(path: Path, start: int = 0) -> list[Frame]:
    """Return all frames from `start` on."""
    return decode(path.read_bytes()[start:], offset=start)[0]


def test_a_frame_is_found_from_the_middle_of_another(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    write(path, 200)
    begins = {frame.offset for frame in frames_of(path)}
    buffer = path.read_bytes()

    for cut in range(1, 20_000, 97):
        found = boundary(buffer[cut:])
        assert found is not None
        assert cut + found in begins


def test_the_tail_is_whole_frames_up_to_the_end(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    write(path, 5000)

    found = tail(path)

    every = frames_of(path)
    assert found == every[-len(found) :]
    assert 1000 < len(found) < len(every)


def test_a_short_or_missing_journal_has_a_tail_too(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    assert tail(path) == []
    write(path, 3)

    assert len(tail(path)) == 3


def test_last_lines_are_of_one_stream(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    with path.open("wb") as file:
        for stream, line in [("1/1", b"a\n"), ("1/2", b"b\n"), ("1/1", b"c\nd\n")]:
            file.write(encode(FrameKind.OUTPUT, stream, line, at=1.0))

    assert last_lines(path, "1/1", lines=2) == "c\nd"
    assert text(tail(path)) == b"a\nb\nc\nd\n"


def test_dropping_keeps_offsets_and_gives_back_the_disk(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    write(path, 9000)
    size, blocks = path.stat().st_size, path.stat().st_blocks
    before = frames_of(path)

    until = excess(path, start=0, keep=size // 3)
    assert until is not None
    drop(path, start=0, until=until)

    kept = [frame for frame in before if frame.offset >= until]
    assert frames_of(path, until) == kept
    assert path.stat().st_size == size
    assert path.stat().st_blocks < blocks / 2
    filler = [frame for frame in frames_of(path) if frame.offset < until]
    assert {frame.stream for frame in filler} == {""}
    assert filler[-1].next == until
    assert len(filler) < 20


def test_dropping_again_goes_on_where_it_ended(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    write(path, 9000)
    size = path.stat().st_size
    first = excess(path, start=0, keep=size // 3)
    assert first is not None
    drop(path, start=0, until=first)

    assert excess(path, start=first, keep=size // 3) is None
    second = excess(path, start=first, keep=size // 8)
    assert second is not None
    drop(path, start=first, until=second)

    assert frames_of(path)[-1].next == size
    assert {frame.stream for frame in frames_of(path, second)} == {"1/1"}
