"""What the SQL kit gives to the container."""

from collections.abc import AsyncIterator

from dishka import Provider, Scope, provide

from fairlead.adapters.settings.home import Home
from fairlead.adapters.sql.connection import Connection
from fairlead.adapters.sql.database import Database
from fairlead.adapters.sql.idempotency import SqlIdempotencyKeys
from fairlead.adapters.sql.sqlite import SqliteDatabase
from fairlead.adapters.sql.work import SqlUnitOfWork
from fairlead.kernel.idempotency import IdempotencyKeys
from fairlead.kernel.work import UnitOfWork

FILE = "fairlead.db"


class SqlProvider(Provider):
    """One database per process; a connection and a unit of work per request."""

    keys = provide(SqlIdempotencyKeys, scope=Scope.REQUEST, provides=IdempotencyKeys)
    work = provide(SqlUnitOfWork, scope=Scope.REQUEST, provides=UnitOfWork)

    @provide(scope=Scope.APP)
    async def database(self, home: Home) -> AsyncIterator[Database]:
        """Open the database; its tables are migrated by then."""
        database = SqliteDatabase(home.path / FILE)
        await database.open()
        yield database
        await database.close()

    @provide(scope=Scope.REQUEST)
    def connection(self, database: Database) -> Connection:
        """Give each request a connection of its own."""
        return database.connection()
