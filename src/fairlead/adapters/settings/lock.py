"""One server per data folder."""

import fcntl
import os
import stat
from io import TextIOWrapper
from pathlib import Path

from fairlead.adapters.settings.home import Home
from fairlead.kernel.errors import ErrorKind, FairleadError

FILE = "fairlead.lock"
PRIVATE = 0o700
OTHERS = 0o077


class HomeHeld(FairleadError):
    """Another server uses this data folder; `pid` is in the details."""

    kind = ErrorKind.UNAVAILABLE
    code = "settings.home_held"


class HomeUnusable(FairleadError):
    """The data folder cannot be made or written."""

    kind = ErrorKind.UNAVAILABLE
    code = "settings.home_unusable"


class HomeLock:
    """Holds the data folder for as long as this object is open."""

    def __init__(self, home: Home) -> None:
        """Make the folder and take it; from now on it is its owner's alone.

        Raises:
            HomeHeld: another process has it.
            HomeUnusable: it cannot be made or written, or belongs to somebody else.
        """
        try:
            home.path.mkdir(parents=True, exist_ok=True, mode=PRIVATE)
            _close_to_others(home.path)
            self._file: TextIOWrapper = (home.path / FILE).open("a+")
        except OSError as error:
            raise HomeUnusable(
                f"The data folder {home.path} cannot be used: {error.strerror}. "
                "Choose another with FAIRLEAD_HOME.",
                folder=str(home.path),
            ) from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = _holder(home.path / FILE)
            self._file.close()
            raise HomeHeld(
                f"Another Fairlead (process {holder}) uses {home.path}: stop it, or "
                "choose another folder with FAIRLEAD_HOME.",
                pid=holder,
                folder=str(home.path),
            ) from error
        self._file.truncate(0)
        self._file.write(f"{os.getpid()}\n")
        self._file.flush()

    def close(self) -> None:
        """Let the folder go."""
        self._file.close()


def _close_to_others(folder: Path) -> None:
    """Take away what others may do in a folder that was there before.

    Raises:
        HomeUnusable: it is not ours to change.
    """
    mode = stat.S_IMODE(folder.stat().st_mode)
    if not mode & OTHERS:
        return
    try:
        folder.chmod(mode & ~OTHERS)
    except PermissionError as error:
        raise HomeUnusable(
            f"The data folder {folder} is open to others and belongs to another user: "
            f"make it yours (chown), close it (chmod 700), or choose another with "
            "FAIRLEAD_HOME.",
            folder=str(folder),
        ) from error


def _holder(path: Path) -> str:
    try:
        return path.read_text().strip() or "unknown"
    except OSError:
        return "unknown"
