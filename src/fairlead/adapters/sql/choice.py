"""Which database the settings ask for: SQLite, or PostgreSQL where they have a URL."""

import importlib
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from fairlead.adapters.settings.home import Home
from fairlead.adapters.sql.database import Database
from fairlead.adapters.sql.histories import Histories
from fairlead.adapters.sql.migrate import migrate
from fairlead.adapters.sql.settings import DatabaseSettings
from fairlead.adapters.sql.sqlite import SqliteDatabase
from fairlead.kernel.errors import ErrorKind, FairleadError

FILE = "fairlead.db"
EXTRA = frozenset({"asyncpg", "greenlet"})
Sections = Mapping[type[Struct], Struct]


class PostgresMissing(FairleadError):
    """Settings ask for PostgreSQL, but its driver is not installed."""

    kind = ErrorKind.INVALID
    code = "sql.postgres_missing"


def settings_of(sections: Sections) -> DatabaseSettings:
    """Return the section `database`; without it, its defaults."""
    found = sections.get(DatabaseSettings)
    return found if isinstance(found, DatabaseSettings) else DatabaseSettings()


def chosen(home: Home, settings: DatabaseSettings) -> Database:
    """Return the database that the settings ask for, not open yet.

    Raises:
        BadDatabaseAddress: `database.url` is no address.
        PostgresMissing: the extra is not installed.
    """
    if not settings.url:
        return SqliteDatabase(home.path / FILE)
    database: Database = _postgres("database").PostgresDatabase(settings)
    return database


def migrate_chosen(home: Home, sections: Sections, histories: Histories) -> list[str]:
    """Bring the chosen database to the newest form, as `migrate` does.

    Raises:
        DatabaseNewer: a module's tables are newer than its code; nothing was changed.
        DatabaseUnavailable: it cannot be used.
        BadDatabaseAddress, PostgresMissing: as `chosen` does.
    """
    settings = settings_of(sections)
    if not settings.url:
        return migrate(home.path / FILE, histories)
    done: list[str] = _postgres("migrate").migrate_postgres(settings.url, histories)
    return done


def _postgres(module: str) -> Any:
    try:
        return importlib.import_module(f"fairlead.adapters.sql.postgres.{module}")
    except ModuleNotFoundError as error:
        if error.name not in EXTRA:
            raise
        raise PostgresMissing(
            "database.url needs more packages: pip install 'fairlead[postgres]'.",
            package=error.name,
        ) from error
