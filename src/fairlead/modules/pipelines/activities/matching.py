"""Finding what an output's pattern matches, without leaving the tree."""

import os
from collections.abc import Iterator
from fnmatch import fnmatchcase
from itertools import islice
from pathlib import Path, PurePosixPath

ENOUGH = 6  # more matches are not named in an error
MAX_DEPTH = 64
WILD = frozenset("*?[")


def matches(root: Path, pattern: str) -> list[Path]:
    """Return what matches a pattern below `root`, the first few by name; blocks.

    `*`, `?` and `[…]` match within a name, `**` any number of folders. Names that
    begin with a dot match only where the pattern says the dot. Links to folders are
    not followed by `**`, so this ends in any tree.
    """
    parts = [part for part in PurePosixPath(pattern).parts if part != "."]
    found = dict.fromkeys(_walk(root, parts, 0))
    return list(islice(found, ENOUGH))


def _walk(folder: Path, parts: list[str], depth: int) -> Iterator[Path]:
    if not parts:
        yield folder
        return
    part, rest = parts[0], parts[1:]
    if part == "**":
        yield from _anywhere(folder, rest, depth)
    elif WILD.isdisjoint(part):
        path = folder / part
        if os.path.lexists(path):
            yield from _walk(path, rest, depth)
    else:
        for entry in _entries(folder):
            if _fits(entry.name, part):
                yield from _walk(folder / entry.name, rest, depth)


def _anywhere(folder: Path, rest: list[str], depth: int) -> Iterator[Path]:
    if rest:
        yield from _walk(folder, rest, depth)
    if depth >= MAX_DEPTH:
        return
    for entry in _entries(folder):
        if entry.name.startswith("."):
            continue
        path = folder / entry.name
        if not rest:
            yield path
        if entry.is_dir(follow_symlinks=False):
            yield from _anywhere(path, rest, depth + 1)


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except (NotADirectoryError, FileNotFoundError, PermissionError):
        return []


def _fits(name: str, part: str) -> bool:
    if name.startswith(".") and not part.startswith("."):
        return False
    return fnmatchcase(name, part)
