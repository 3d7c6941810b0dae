"""How much room is left on the disk of the data folder."""

import os

NONE = 64 * 1024  # with less than this, hardly anything can be written
SPARED = 1024 * 1024  # what output leaves for the records of how things ended


def room(folder: str) -> int:
    """Return the bytes that may still be written where `folder` is."""
    found = os.statvfs(folder)
    if not found.f_blocks:  # a file system that does not tell
        return 1 << 62
    return found.f_bavail * found.f_frsize
