"""Reading archives that a build made, however large they claim or turn out to be."""

import os
import re
import struct
import tarfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from fairlead.modules.environments.domain import PrepareFailed

DEPENDENCY = re.compile(r"^Requires-Dist:(?!.*;.*\bextra\s*==)", re.MULTILINE)
METADATA_BYTES = 1024 * 1024
WAYS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_END = struct.Struct("<4s4H2LH")  # of a zip: how many members, how long their list is
_END_MAGIC = b"PK\5\6"
_COMMENT_BYTES = 65_535
_LIST_BYTES = 32 * 1024 * 1024
_PERMISSIONS = 0o777


@dataclass(frozen=True, slots=True)
class Room:
    """How much an archive may hold, unpacked."""

    bytes: int
    members: int = 200_000


def unpack(source: Path, target: Path, room: Room) -> None:
    """Unpack a tar into the folder `target`; nothing of it may lead out.

    Permission bits and times are kept; setuid, setgid and sticky bits are not.

    Raises:
        PrepareFailed: it is no tar, holds too much, or a member would leave the folder.
    """
    if not hasattr(tarfile, "data_filter"):
        raise PrepareFailed(
            "This Python cannot unpack safely: use 3.11.4, 3.12 or later."
        )
    try:
        with tarfile.open(source, "r:") as archive:
            members = _counted(archive, room)
            archive.extractall(target, members=members, filter=_kept)  # noqa: S202
    except tarfile.TarError as error:
        raise PrepareFailed(f"The artifact cannot be unpacked: {error}") from error


def _counted(archive: tarfile.TarFile, room: Room) -> Iterator[tarfile.TarInfo]:
    """Yield the members for as long as they fit; holes in a sparse file count."""
    left = room.bytes
    for number, member in enumerate(archive, start=1):
        left -= member.size
        if number > room.members or left < 0:
            raise _too_much("The artifact", room)
        yield member


def _kept(member: tarfile.TarInfo, path: str) -> tarfile.TarInfo:
    """Refuse what leads out, as usual, but keep the permissions a build has set."""
    safe = tarfile.data_filter(member, path)
    return safe.replace(mode=member.mode & _PERMISSIONS, deep=False)


def needs_packages(wheel: Path, room: Room) -> bool:
    """Tell whether a wheel asks for other packages.

    Raises:
        PrepareFailed: it is no wheel, or holds too much.
    """
    _check_list(wheel)
    try:
        with zipfile.ZipFile(wheel) as archive:
            members = archive.infolist()
            total = sum(member.file_size for member in members)
            if len(members) > room.members or total > room.bytes:
                raise _too_much(wheel.name, room)
            for member in members:
                if member.filename.endswith(".dist-info/METADATA"):
                    return _asks(_metadata(archive, member, wheel.name))
    except (zipfile.BadZipFile, UnicodeDecodeError, NotImplementedError) as error:
        raise PrepareFailed(f"{wheel.name} is no wheel: {error}") from error
    raise PrepareFailed(f"{wheel.name} is no wheel: it has no METADATA.")


def _metadata(archive: zipfile.ZipFile, member: zipfile.ZipInfo, wheel: str) -> str:
    if member.compress_type not in WAYS:
        raise PrepareFailed(
            f"{wheel} is packed in a way wheels are not: build it again."
        )
    with archive.open(member) as file:
        data = file.read(METADATA_BYTES + 1)
    if member.file_size > METADATA_BYTES or len(data) > METADATA_BYTES:
        raise PrepareFailed(
            f"{member.filename} of {wheel} is larger than {METADATA_BYTES} bytes: "
            "build the wheel with less of a description."
        )
    return data.decode()


def _asks(metadata: str) -> bool:
    return DEPENDENCY.search(metadata.partition("\n\n")[0]) is not None


def _check_list(wheel: Path) -> None:
    """Refuse a zip whose list of members alone would fill the memory."""
    with wheel.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - _END.size - _COMMENT_BYTES))
        end = file.read()
    at = end.rfind(_END_MAGIC)
    if at < 0 or len(end) - at < _END.size:
        raise PrepareFailed(f"{wheel.name} is no wheel: it is no zip file.")
    *_, length, _, _ = _END.unpack_from(end, at)
    if length > _LIST_BYTES:
        raise PrepareFailed(f"{wheel.name} is no wheel: it holds too many files.")


def _too_much(what: str, room: Room) -> PrepareFailed:
    return PrepareFailed(
        f"{what} holds more than {room.members} files or {room.bytes} bytes: have the "
        "build leave less, or raise the setting environments.release_max_bytes.",
        max_bytes=room.bytes,
        max_files=room.members,
    )
