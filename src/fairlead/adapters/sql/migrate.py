"""Bringing a SQLite file to the newest form, module by module.

Alembic takes a third of a second to import, so it is imported only when something is
pending; the check reads file names and one small table.
"""

import sqlite3
from pathlib import Path

from fairlead.adapters.sql.errors import unavailable
from fairlead.adapters.sql.histories import Histories, Pending, waiting
from fairlead.adapters.sql.sqlite import create_file


def pending(file: Path, histories: Histories) -> Pending:
    """Return what must be applied, by module: the platform's own first, then in order.

    Raises:
        DatabaseNewer: a module's tables are newer than its code.
        DatabaseUnavailable: `file` cannot be used.
    """
    return waiting(_applied(file), histories, str(file))


def migrate(file: Path, histories: Histories) -> list[str]:
    """Apply what is pending and return it as `module:revision`; made to be repeated.

    Each revision is one transaction, so one that fails or is killed leaves nothing
    behind, and two processes that migrate at once take turns. Blocks: call it before
    the loop runs, or in a thread.

    Raises:
        DatabaseNewer: a module's tables are newer than its code; nothing was changed.
        DatabaseUnavailable: `file` cannot be used.
    """
    create_file(file)
    found = pending(file, histories)
    if not found:
        return []
    from fairlead.adapters.sql.upgrade import upgrade  # noqa: PLC0415 - costs 300 ms

    return upgrade(file, found)


def _applied(file: Path) -> dict[str, str]:
    if not file.exists():
        return {}
    try:
        connection = sqlite3.connect(file, timeout=30)
        try:
            return dict(_rows(connection))
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise unavailable(error, file) or error from error


def _rows(connection: sqlite3.Connection) -> list[tuple[str, str]]:
    known = connection.execute(
        "SELECT 1 FROM sqlite_schema WHERE name = 'platform_migrations'"
    ).fetchone()
    if known is None:
        return []
    return connection.execute(
        "SELECT module, revision FROM platform_migrations"
    ).fetchall()
