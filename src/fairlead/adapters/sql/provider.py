"""What the SQL kit gives to the container: SQLite, or PostgreSQL by one setting."""

from collections.abc import AsyncIterator, Mapping

from dishka import Provider, Scope, provide
from msgspec import Struct

from fairlead.adapters.settings.home import Home
from fairlead.adapters.sql.connection import Connection
from fairlead.adapters.sql.database import Database
from fairlead.adapters.sql.histories import Histories
from fairlead.adapters.sql.idempotency import SqlIdempotencyKeys
from fairlead.adapters.sql.migrate import migrate
from fairlead.adapters.sql.settings import DatabaseSettings
from fairlead.adapters.sql.sqlite import SqliteDatabase
from fairlead.adapters.sql.tenants import AllTenants, seen_by
from fairlead.adapters.sql.work import SqlUnitOfWork
from fairlead.kernel.idempotency import IdempotencyKeys
from fairlead.kernel.principal import Principal
from fairlead.kernel.work import UnitOfWork

FILE = "fairlead.db"
Sections = Mapping[type[Struct], Struct]


class SqlProvider(Provider):
    """One database per process; a connection and a unit of work per request."""

    keys = provide(SqlIdempotencyKeys, scope=Scope.REQUEST, provides=IdempotencyKeys)
    work = provide(SqlUnitOfWork, scope=Scope.REQUEST, provides=UnitOfWork)

    def __init__(self, sections: Sections = {}) -> None:  # noqa: B006 - only read
        """Use the database of the settings' `sections`; without them, SQLite."""
        super().__init__()
        self._settings = _settings(sections)

    @provide(scope=Scope.APP)
    async def database(self, home: Home) -> AsyncIterator[Database]:
        """Open the database; its tables are migrated by then."""
        database = chosen(home, self._settings)
        await database.open()
        yield database
        await database.close()

    @provide(scope=Scope.REQUEST)
    def connection(self, database: Database, who: Principal) -> Connection:
        """Give each request a connection of its own, to the rows of its tenant."""
        return database.connection(seen_by(who))

    @provide(scope=Scope.REQUEST)
    def all_tenants(self, database: Database) -> AllTenants:
        """Give those that say so a connection to every tenant's rows."""
        return AllTenants(database.connection())


def chosen(home: Home, settings: DatabaseSettings) -> Database:
    """Return the database that the settings ask for, not open yet.

    Raises:
        BadDatabaseAddress: `database.url` is no address.
    """
    if not settings.url:
        return SqliteDatabase(home.path / FILE)
    from fairlead.adapters.sql.postgres.database import (  # noqa: PLC0415 - an extra
        PostgresDatabase,
    )

    return PostgresDatabase(settings)


def migrate_chosen(home: Home, sections: Sections, histories: Histories) -> list[str]:
    """Bring the chosen database to the newest form, as `migrate` does.

    Raises:
        DatabaseNewer: a module's tables are newer than its code; nothing was changed.
        DatabaseUnavailable: it cannot be used.
    """
    settings = _settings(sections)
    if not settings.url:
        return migrate(home.path / FILE, histories)
    from fairlead.adapters.sql.postgres.migrate import (  # noqa: PLC0415 - an extra
        migrate_postgres,
    )

    return migrate_postgres(settings.url, histories)


def _settings(sections: Sections) -> DatabaseSettings:
    found = sections.get(DatabaseSettings)
    return found if isinstance(found, DatabaseSettings) else DatabaseSettings()
