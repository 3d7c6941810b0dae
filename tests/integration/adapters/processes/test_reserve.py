"""The room that is kept for a full disk."""

from pathlib import Path

import pytest

from fairlead.adapters.processes import reserve as module
from fairlead.adapters.processes.reserve import BYTES, ENDING_SECONDS, DiskReserve


@pytest.fixture
def left(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """Return how much room there is said to be, to be changed."""
    left = {"bytes": 10 * BYTES}
    monkeypatch.setattr(module, "room", lambda _: left["bytes"])
    return left


def test_it_is_given_up_after_a_while_and_made_again(
    tmp_path: Path, left: dict[str, int]
) -> None:
    """A disk that is full for a moment only costs nothing."""
    reserve = DiskReserve(tmp_path, patience_seconds=30)
    file = tmp_path / "run" / "reserve"
    there = []
    for now, room in (
        (100.0, 10 * BYTES),
        (101.0, 0),
        (120.0, 0),
        (121.0, 10 * BYTES),
        (122.0, 0),
        (122.0 + 30 + ENDING_SECONDS - 0.1, 0),
        (122.0 + 30 + ENDING_SECONDS, 0),
        (200.0, BYTES),
        (201.0, 4 * BYTES),
    ):
        left["bytes"] = room
        reserve.look(now)
        there.append(file.exists())

    assert there == [True] * 6 + [False, False, True]
    assert file.stat().st_size == BYTES
    assert file.stat().st_blocks * 512 >= BYTES
    assert file.stat().st_mode & 0o077 == 0


def test_where_there_is_little_room_none_is_taken(
    tmp_path: Path, left: dict[str, int]
) -> None:
    left["bytes"] = 2 * BYTES
    DiskReserve(tmp_path, patience_seconds=30).look(1.0)

    assert not (tmp_path / "run").exists()


async def test_it_is_looked_after_while_it_is_open(tmp_path: Path) -> None:
    reserve = DiskReserve(tmp_path, patience_seconds=30)
    await reserve.open()
    await reserve.close()

    assert (tmp_path / "run" / "reserve").exists()
