"""Blobs in a folder: full disks, kills, what is left behind."""

import asyncio
import errno
import os
from pathlib import Path

import pytest

from fairlead.adapters.blobs import files
from fairlead.adapters.blobs.files import FileBlobs
from fairlead.kernel.blobs import NoSpace


async def test_a_full_disk_leaves_nothing_half(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The blob that was there before stays as it was."""
    blobs = FileBlobs(tmp_path)
    await blobs.put_bytes("a/key", b"before")

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(NoSpace, match=str(tmp_path)):
        await blobs.put_bytes("a/key", b"after")

    found = _files(tmp_path)
    assert found == [tmp_path / "a/key"]
    assert found[0].read_bytes() == b"before"


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def test_what_a_crash_left_half_is_swept_a_day_later(tmp_path: Path) -> None:
    incoming = tmp_path / "~incoming"
    incoming.mkdir()
    old, young = incoming / "old", incoming / "young"
    for path in (old, young):
        path.write_bytes(b"half")
    os.utime(old, (1, 1))

    await FileBlobs(tmp_path).put_bytes("key", b"x")

    assert [path.name for path in incoming.iterdir()] == ["young"]


async def test_a_source_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        await FileBlobs(tmp_path / "blobs").put("key", tmp_path / "never")

    assert not (tmp_path / "blobs/key").exists()


async def test_nothing_is_copied_over_an_existing_file(tmp_path: Path) -> None:
    blobs = FileBlobs(tmp_path / "blobs")
    await blobs.put_bytes("key", b"x")
    target = tmp_path / "target"
    target.write_bytes(b"mine")
    with pytest.raises(FileExistsError):
        await blobs.fetch("key", target)

    assert target.read_bytes() == b"mine"


async def test_emptied_folders_go_while_others_are_filled(tmp_path: Path) -> None:
    """Deleting the last blob of a folder does not trouble one that is being put."""
    blobs = FileBlobs(tmp_path)

    async def churn(name: str) -> None:
        for _ in range(15):
            await blobs.put_bytes(f"deep/er/{name}", b"x")
            await blobs.delete(f"deep/er/{name}")

    await asyncio.gather(*(churn(f"{n}") for n in range(4)))

    assert not (tmp_path / "deep").exists()
    assert files.KEY.fullmatch("deep/er/x")
