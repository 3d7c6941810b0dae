"""The secrets of signing keys in files of their own."""

import os
from pathlib import Path

from typing_extensions import override

from fairlead.services.auth.ports import KeySafe


class FileKeySafe(KeySafe):
    """One file per key, mode 0600, in a folder of mode 0700.

    Apart from the database, so that a copy of it (a backup, a report) forges nothing.
    """

    def __init__(self, folder: Path) -> None:
        """Use `folder`, which need not exist yet."""
        self._folder = folder

    @override
    def load(self, key_id: str) -> str | None:
        try:
            return self._file(key_id).read_text("ascii").strip()
        except FileNotFoundError:
            return None

    @override
    def save(self, key_id: str, secret: str) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder.chmod(0o700)
        temporary = self._file(key_id).with_suffix(".new")
        temporary.unlink(missing_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        with os.fdopen(os.open(temporary, flags, 0o600), "w") as file:
            file.write(f"{secret}\n")
            file.flush()
            os.fsync(file.fileno())
        temporary.rename(self._file(key_id))
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    @override
    def drop(self, key_id: str) -> None:
        self._file(key_id).unlink(missing_ok=True)

    def _file(self, key_id: str) -> Path:
        return self._folder / f"ed25519-{key_id}.key"
