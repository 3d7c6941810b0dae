"""The check of the data folder's disk."""

import os
from pathlib import Path

from fairlead.adapters.wiring.disk import DiskCheck


async def test_there_is_room_and_nothing_is_left_behind(tmp_path: Path) -> None:
    assert (await DiskCheck(tmp_path).check()).ok
    assert os.listdir(tmp_path) == []  # noqa: PTH208 - ruff minds a Path here


async def test_too_little_room_and_no_folder_are_told(tmp_path: Path) -> None:
    small = await DiskCheck(tmp_path, least_bytes=1 << 60).check()
    gone = await DiskCheck(tmp_path / "gone").check()

    assert not small.ok
    assert "MiB are free" in small.detail
    assert not gone.ok
    assert str(tmp_path) not in gone.detail
