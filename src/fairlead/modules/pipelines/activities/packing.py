"""Packing a directory into a tar that is the same for the same content."""

import os
import stat
import tarfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from fairlead.modules.pipelines.domain.errors import OutputRefused

FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
MAX_DEPTH = 200
MAX_ENTRIES = 200_000


class Packer:
    """Adds files, folders and links that stay inside; refuses everything else."""

    def __init__(
        self,
        *,
        refuse: Callable[[str, str], OutputRefused],
        full: Callable[[], OutputRefused],
        max_bytes: int,
    ) -> None:
        """Pack at most `max_bytes` of content in at most `MAX_ENTRIES` entries."""
        self._entries = 0
        self._refuse = refuse
        self._full = full
        self._left = max_bytes
        self._tar: tarfile.TarFile

    def create(self, target: Path) -> tarfile.TarFile:
        """Begin the new file `target`; the caller closes it."""
        self._tar = tarfile.open(  # noqa: SIM115 - the caller closes it
            target, "x", format=tarfile.PAX_FORMAT
        )
        return self._tar

    def add_tree(self, descriptor: int, *, skip: str = "") -> None:
        """Add what the open folder holds, by name; `skip` names one entry at its top.

        Raises:
            OutputRefused: something in it is no file, folder or inner link.
        """
        self._folder(descriptor, PurePosixPath(), skip)

    def _folder(self, descriptor: int, at: PurePosixPath, skip: str = "") -> None:
        if len(at.parts) > MAX_DEPTH:
            raise self._refuse(str(at)[:200], "is nested too deep")
        for name in sorted(os.listdir(descriptor)):
            if name != skip:
                self._entry(descriptor, name, at / name)

    def _entry(self, parent: int, name: str, at: PurePosixPath) -> None:
        self._entries += 1
        if self._entries > MAX_ENTRIES:
            raise self._refuse(str(at)[:200], f"is one too many after {MAX_ENTRIES}")
        mode = os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode
        if stat.S_ISLNK(mode):
            self._link(os.readlink(name, dir_fd=parent), at)
            return
        if not (stat.S_ISDIR(mode) or stat.S_ISREG(mode)):
            raise self._refuse(str(at), "is neither a file nor a directory")
        descriptor = os.open(name, FLAGS, dir_fd=parent)
        try:
            self._opened(descriptor, at)
        finally:
            os.close(descriptor)

    def _opened(self, descriptor: int, at: PurePosixPath) -> None:
        found = os.fstat(descriptor)
        about = self._about(at, found.st_mode)
        if stat.S_ISDIR(found.st_mode):
            about.type = tarfile.DIRTYPE
            self._tar.addfile(about)
            self._folder(descriptor, at)
            return
        if not stat.S_ISREG(found.st_mode):
            raise self._refuse(str(at), "is neither a file nor a directory")
        about.size = found.st_size
        self._left -= found.st_size
        if self._left < 0:
            raise self._full()
        with os.fdopen(os.dup(descriptor), "rb") as file:
            self._content(about, file, at)

    def _content(
        self, about: tarfile.TarInfo, file: BinaryIO, at: PurePosixPath
    ) -> None:
        """Add a file; one that shrinks while it is read is refused."""
        try:
            self._tar.addfile(about, file)
        except OSError as error:
            if error.errno is not None:
                raise
            raise self._refuse(str(at), "changed while it was read") from error

    def _link(self, target: str, at: PurePosixPath) -> None:
        """Add a link that stays inside: some `..`, then only names.

        A `..` after a name might follow another link and so climb higher than it
        looks; without one, links that lead through one another stay inside too.
        """
        parts = PurePosixPath(target).parts
        climbs = len(parts) - len([part for part in parts if part != ".."])
        if climbs >= len(at.parts) or "/" in parts or ".." in parts[climbs:]:
            raise self._refuse(str(at), "is a link that may lead out of it")
        about = self._about(at, 0o777)
        about.type = tarfile.SYMTYPE
        about.linkname = target
        self._tar.addfile(about)

    def _about(self, at: PurePosixPath, mode: int) -> tarfile.TarInfo:
        about = tarfile.TarInfo(str(at))
        about.mode = stat.S_IMODE(mode) & 0o777
        about.mtime = 0
        return about
