"""Numbered migration files, read without running them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from fairlead.kernel.errors import ErrorKind, FairleadError

PLATFORM = ("platform", Path(__file__).with_name("migrations"))

_REVISION = re.compile(r"""(?m)^revision(?:\s*:[^=]+)?\s*=\s*["']([^"']+)["']""")
_DOWN = re.compile(r"""(?m)^down_revision(?:\s*:[^=]+)?\s*=\s*["']([^"']+)["']""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """One migration file; `after` is the revision before it, None for the first."""

    id: str
    after: str | None
    file: Path


Histories = Sequence[tuple[str, Path]]
Pending = list[tuple[str, tuple[Revision, ...]]]


class DatabaseNewer(FairleadError):
    """The database was written by a newer version; `module` is in the details."""

    kind = ErrorKind.CONFLICT
    code = "sql.database_newer"


def waiting(applied: Mapping[str, str], histories: Histories, place: str) -> Pending:
    """Return what must be applied, by module: the platform's own first, then in order.

    `applied` has the newest revision of each module in the database at `place`.

    Raises:
        DatabaseNewer: a module's tables are newer than its code.
    """
    result: Pending = []
    for module, folder in (PLATFORM, *histories):
        history = read_history(folder)
        try:
            revisions = missing(history, applied.get(module))
        except LookupError as error:
            raise DatabaseNewer(
                f"The database {place} was written by a newer version of '{module}' "
                f"(revision {error}): install that version or restore a backup.",
                module=module,
                database=place,
            ) from error
        if revisions:
            result.append((module, revisions))
    return result


def read_history(folder: Path) -> tuple[Revision, ...]:
    """Return the revisions of a folder in the order they are applied.

    Raises:
        ValueError: the files do not form one line (a bug in the module).
    """
    after: dict[str | None, Revision] = {}
    for file in sorted(folder.glob("p*_*.py")):
        revision = _read(file)
        if revision.after in after:
            raise ValueError(f"{file} and {after[revision.after].file} collide")
        after[revision.after] = revision
    line: list[Revision] = []
    last: str | None = None
    while (following := after.pop(last, None)) is not None:
        line.append(following)
        last = following.id
    if after:
        raise ValueError(
            f"migrations in {folder} form no line: {sorted(map(str, after))}"
        )
    return tuple(line)


def missing(history: Sequence[Revision], applied: str | None) -> tuple[Revision, ...]:
    """Return the revisions that come after `applied`.

    Raises:
        LookupError: `applied` is not one of them: a newer version wrote it.
    """
    if applied is None:
        return tuple(history)
    ids = [revision.id for revision in history]
    if applied not in ids:
        raise LookupError(applied)
    return tuple(history[ids.index(applied) + 1 :])


def _read(file: Path) -> Revision:
    source = file.read_text(encoding="utf-8")
    found, down = _REVISION.search(source), _DOWN.search(source)
    if found is None:
        raise ValueError(f"{file} has no revision")
    return Revision(id=found[1], after=down[1] if down else None, file=file)
