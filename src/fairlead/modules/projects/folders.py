"""The folders of this machine."""

import asyncio
from pathlib import Path

from typing_extensions import override

from fairlead.modules.projects.ports import Folders


class LocalFolders(Folders):
    """Looks at the file system, in a thread: it may be a slow, mounted one."""

    @override
    async def exists(self, path: str) -> bool:
        return await asyncio.to_thread(_exists, Path(path))


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:
        return False
