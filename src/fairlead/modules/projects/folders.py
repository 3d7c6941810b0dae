"""The folders of this machine."""

import asyncio
import os
from pathlib import Path

from typing_extensions import override

from fairlead.modules.projects.ports import Folders


class LocalFolders(Folders):
    """Looks at the file system, in a thread: it may be a slow, mounted one."""

    @override
    async def exists(self, path: str) -> bool:
        return await asyncio.to_thread(_exists, Path(path))

    @override
    async def real(self, path: str) -> str:
        return await asyncio.to_thread(os.path.realpath, path)

    @override
    async def is_repository(self, path: str) -> bool:
        return await asyncio.to_thread(_is_repository, Path(path))


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:
        return False


def _is_repository(path: Path) -> bool:
    return _exists(path / ".git") or (
        _exists(path / "HEAD") and _exists(path / "objects")
    )
