"""Archives that are larger than they look."""

import tarfile
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from fairlead.modules.environments.archives import Room, needs_packages, unpack
from fairlead.modules.environments.domain import PrepareFailed

ROOM = Room(1024 * 1024 * 1024)
INFO = "hello-1.0.dist-info/METADATA"
HEAD = "Metadata-Version: 2.1\nName: hello\nVersion: 1.0\n"


def wheel(folder: Path, metadata: str, packed: int = zipfile.ZIP_DEFLATED) -> Path:
    path = folder / "hello-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", packed) as archive:
        archive.writestr("hello/__init__.py", "")
        archive.writestr(INFO, metadata)
    return path


def test_what_a_wheel_needs_is_read_from_its_head(tmp_path: Path) -> None:
    assert not needs_packages(wheel(tmp_path, HEAD), ROOM)
    assert needs_packages(wheel(tmp_path, f"{HEAD}Requires-Dist: other\n"), ROOM)


def test_metadata_that_unpacks_to_hundreds_of_megabytes_is_not_read(
    tmp_path: Path,
) -> None:
    bomb = wheel(tmp_path, HEAD + "\n" + "\0" * 200_000_000)
    assert bomb.stat().st_size < 400_000
    tracemalloc.start()
    with pytest.raises(PrepareFailed, match=f"{INFO} of .* is larger than 1048576"):
        needs_packages(bomb, ROOM)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 8 * 1024 * 1024


def test_a_wheel_packed_in_another_way_is_refused(tmp_path: Path) -> None:
    """Those ways cannot be read a little at a time."""
    with pytest.raises(PrepareFailed, match="packed in a way"):
        needs_packages(wheel(tmp_path, HEAD, zipfile.ZIP_BZIP2), ROOM)


@pytest.mark.parametrize("room", [Room(10), Room(10**9, members=1)])
def test_a_wheel_that_holds_too_much_is_refused(tmp_path: Path, room: Room) -> None:
    with pytest.raises(PrepareFailed, match="release_max_bytes"):
        needs_packages(wheel(tmp_path, HEAD), room)


def test_a_list_of_members_too_long_for_the_memory_is_not_read(tmp_path: Path) -> None:
    path = wheel(tmp_path, HEAD)
    data = bytearray(path.read_bytes())
    end = data.rfind(b"PK\5\6")
    data[end + 12 : end + 16] = (2**31).to_bytes(4, "little")
    path.write_bytes(data)

    with pytest.raises(PrepareFailed, match="too many files"):
        needs_packages(path, ROOM)


def sparse(folder: Path, size: int) -> Path:
    """Return a tar with one file that is nothing but a hole."""
    path = folder / "holes.tar"
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as archive:
        member = tarfile.TarInfo("hole")
        member.pax_headers = {
            "GNU.sparse.major": "0",
            "GNU.sparse.minor": "1",
            "GNU.sparse.name": "hole",
            "GNU.sparse.size": str(size),
            "GNU.sparse.numblocks": "1",
            "GNU.sparse.map": f"{size},0",
        }
        archive.addfile(member)
    return path


def test_holes_count_as_if_they_were_full(tmp_path: Path) -> None:
    with pytest.raises(PrepareFailed, match="release_max_bytes"):
        unpack(sparse(tmp_path, 10**12), tmp_path / "out", ROOM)

    assert not (tmp_path / "out" / "hole").exists()


def test_a_tar_with_too_many_files_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "many.tar"
    with tarfile.open(path, "w") as archive:
        for number in range(20):
            archive.addfile(tarfile.TarInfo(f"{number}"))

    unpack(path, tmp_path / "all", Room(10, members=20))
    with pytest.raises(PrepareFailed, match="more than 10 files"):
        unpack(path, tmp_path / "some", Room(10, members=10))


def test_a_packed_tar_is_none(tmp_path: Path) -> None:
    """Ours never are, and what they hold cannot be told before it is unpacked."""
    path = tmp_path / "packed.tar"
    with tarfile.open(path, "w:gz") as archive:
        archive.addfile(tarfile.TarInfo("file"))

    with pytest.raises(PrepareFailed, match="cannot be unpacked"):
        unpack(path, tmp_path / "out", ROOM)
