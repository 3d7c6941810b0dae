"""Appending to files that others append to, get killed at and run out of room at."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from fairlead.adapters.journals.appender import Appender
from fairlead.adapters.journals.files import FileJournals
from fairlead.kernel.framing import OUTPUT, encode
from fairlead.kernel.journal import FrameKind, JournalFull, decode

WRITER = """
import sys
from fairlead.adapters.journals.appender import Appender
from fairlead.kernel.framing import OUTPUT, encode
appender = Appender(sys.argv[1])
for n in range(200):
    appender.append(encode(OUTPUT, sys.argv[2], b"%d " % n * 1000, at=1.0))
"""
FRAME = encode(OUTPUT, "s", b"whole\n", at=1.0)


def test_frames_of_several_processes_never_mix(tmp_path: Path) -> None:
    path = tmp_path / "op.journal"
    writers = [
        subprocess.Popen(  # noqa: S603 - our own interpreter
            [sys.executable, "-S", "-c", WRITER, str(path), f"{number}"],
            env={"PYTHONPATH": os.pathsep.join(sys.path)},
        )
        for number in range(3)
    ]
    assert [writer.wait(60) for writer in writers] == [0, 0, 0]

    data = path.read_bytes()
    frames, used = decode(data, offset=0)

    assert used == len(data)
    for number in range(3):
        mine = [f.data for f in frames if f.stream == f"{number}"]
        assert mine == [b"%d " % n * 1000 for n in range(200)]


@pytest.mark.parametrize("cut", [1, 10, len(FRAME) - 1])
def test_a_frame_cut_off_by_a_kill_goes_before_the_next(
    tmp_path: Path, cut: int
) -> None:
    """Whoever appends next finds it, having the file open already or not."""
    path = tmp_path / "op.journal"
    others = Appender(str(path))
    others.append(FRAME)
    with path.open("ab") as file:
        file.write(FRAME[:cut])

    assert others.append(FRAME) == 2 * len(FRAME)
    with path.open("ab") as file:
        file.write(FRAME[:cut])
    fresh = Appender(str(path))
    assert fresh.append(FRAME) == 3 * len(FRAME)
    assert others.append(FRAME) == 4 * len(FRAME)
    assert path.read_bytes() == FRAME * 4
    others.close()
    fresh.close()


def test_a_torn_end_of_zeros_is_cut_off(tmp_path: Path) -> None:
    """As a power cut may leave it."""
    path = tmp_path / "op.journal"
    path.write_bytes(FRAME + bytes(4096))
    appender = Appender(str(path))

    assert appender.repair() == len(FRAME)
    assert path.read_bytes() == FRAME
    appender.close()


def test_a_busy_journal_is_not_waited_for_unless_told(tmp_path: Path) -> None:
    path = str(tmp_path / "op.journal")
    one, other = Appender(path), Appender(path)
    with one._locked(wait=True), pytest.raises(BlockingIOError):  # noqa: SLF001
        other.append(FRAME, wait=False)

    assert other.append(FRAME, wait=False) == len(FRAME)
    one.close()
    other.close()


def test_a_full_disk_is_told() -> None:
    appender = Appender("/dev/full")
    with pytest.raises(OSError, match="space") as caught:
        appender.append(FRAME)

    assert caught.value.errno == errno.ENOSPC
    appender.close()


async def test_a_full_disk_names_the_folder(tmp_path: Path) -> None:
    (tmp_path / "op.journal").symlink_to("/dev/full")
    journals = FileJournals(tmp_path)
    with pytest.raises(JournalFull, match=str(tmp_path)):
        await journals.append("op", FrameKind.OUTPUT, "s", b"x")
    with pytest.raises(JournalFull, match=str(tmp_path)):
        await journals.seal("op")
    journals.close()


async def test_recovering_cuts_a_torn_end(tmp_path: Path) -> None:
    journals = FileJournals(tmp_path)
    end = await journals.append("op", FrameKind.OUTPUT, "s", b"x")
    with (tmp_path / "op.journal").open("ab") as file:
        file.write(FRAME[:-1])

    assert await journals.recover("op") == end
    assert await journals.recover("never") == 0
    assert (tmp_path / "op.journal").stat().st_size == end
    assert not (tmp_path / "never.journal").exists()
    journals.close()


async def test_many_journals_do_not_keep_as_many_files_open(tmp_path: Path) -> None:
    journals = FileJournals(tmp_path)
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
    for _ in range(2):
        for number in range(300):
            await journals.append(f"op{number}", FrameKind.OUTPUT, "s", b"x")

    assert len(os.listdir("/proc/self/fd")) - before < 150  # noqa: PTH208
    assert len(await journals.read("op7")) == 2
    journals.close()
