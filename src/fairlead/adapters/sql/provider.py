"""What the SQL kit gives to the container: SQLite, or PostgreSQL by one setting."""

from collections.abc import AsyncIterator

from dishka import AnyOf, Provider, Scope, provide

from fairlead.adapters.settings.home import Home
from fairlead.adapters.sql.choice import FILE, Sections, chosen, settings_of
from fairlead.adapters.sql.connection import Connection
from fairlead.adapters.sql.database import Database
from fairlead.adapters.sql.idempotency import SqlIdempotencyKeys
from fairlead.adapters.sql.tenants import AllTenants, seen_by
from fairlead.adapters.sql.work import SqlTogether, SqlUnitOfWork
from fairlead.kernel.idempotency import IdempotencyKeys
from fairlead.kernel.principal import Principal
from fairlead.kernel.work import Together, UnitOfWork

__all__ = ["FILE", "SqlProvider"]


class SqlProvider(Provider):
    """One database per process; a connection and a unit of work per request."""

    keys = provide(SqlIdempotencyKeys, scope=Scope.REQUEST, provides=IdempotencyKeys)
    work = provide(
        SqlUnitOfWork, scope=Scope.REQUEST, provides=AnyOf[SqlUnitOfWork, UnitOfWork]
    )
    together = provide(SqlTogether, scope=Scope.REQUEST, provides=Together)

    def __init__(self, sections: Sections = {}) -> None:  # noqa: B006 - only read
        """Use the database of the settings' `sections`; without them, SQLite."""
        super().__init__()
        self._settings = settings_of(sections)

    @provide(scope=Scope.APP)
    async def database(self, home: Home) -> AsyncIterator[Database]:
        """Open the database, for this server alone; its tables are migrated."""
        database = chosen(home, self._settings)
        await database.open()
        try:
            await database.hold()
            yield database
        finally:
            await database.close()

    @provide(scope=Scope.REQUEST)
    def connection(self, database: Database, who: Principal) -> Connection:
        """Give each request a connection of its own, to the rows of its tenant."""
        return database.connection(seen_by(who))

    @provide(scope=Scope.REQUEST)
    def all_tenants(self, database: Database) -> AllTenants:
        """Give those that say so a connection to every tenant's rows."""
        return AllTenants(database.connection())
