"""Finds and reads the pipeline file of a folder."""

import os
import stat
from pathlib import Path

from fairlead.modules.pipelines.definition.form import plan_of
from fairlead.modules.pipelines.definition.nodes import MAX_BYTES, parse
from fairlead.modules.pipelines.domain.errors import PipelineInvalid, PipelineMissing
from fairlead.modules.pipelines.domain.plan import FILE_NAMES, Plan


def load_pipeline(path: Path, *, name: str | None = None) -> Plan:
    """Read one pipeline file, or that of a folder; blocks while it reads.

    Errors call it `name`, by default `path` as given.

    Raises:
        PipelineMissing: there is none.
        PipelineInvalid: it breaks the form, with the place where.
    """
    if path.is_dir():
        path = find_file(path)
    return plan_of(parse(_content(path, name or str(path)), name or str(path)))


def find_file(folder: Path) -> Path:
    """Return the pipeline file of a folder, `.fairlead.yaml` before its older name.

    Raises:
        PipelineMissing: the folder has neither.
    """
    for name in FILE_NAMES:
        path = folder / name
        if path.exists() or path.is_symlink():
            return path
    raise PipelineMissing(
        f"There is no {FILE_NAMES[0]} at the top of the repository; add one.",
        file=FILE_NAMES[0],
        line=0,
        column=0,
        hint="",
    )


def _content(path: Path, name: str) -> bytes:
    """Read a regular file that is not reached by a link; never a pipe or a device."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError as error:
        raise PipelineMissing(f"There is no file {name}.", file=name) from error
    except OSError as error:
        why = "is a symbolic link" if path.is_symlink() else f"fails: {error.strerror}"
        raise _unreadable(name, f"it {why}") from error
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise _unreadable(name, "it is no regular file")
        return file.read(MAX_BYTES + 1)


def _unreadable(name: str, why: str) -> PipelineInvalid:
    return PipelineInvalid(
        f"{name} cannot be read: {why}.", file=name, line=0, column=0, hint=""
    )
