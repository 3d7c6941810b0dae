"""Files beside the keys: their owner's alone, whole or not there."""

import os
from pathlib import Path


def write(path: Path, text: str) -> None:
    """Put `text` and a line feed into `path`, durably, in place of what was there.

    Raises:
        OSError: it cannot be done; `path` is as it was.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    half = path.with_name(f"{path.name}.new")
    half.unlink(missing_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    with os.fdopen(os.open(half, flags, 0o600), "w") as file:
        file.write(f"{text}\n")
        file.flush()
        os.fsync(file.fileno())
    half.rename(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
