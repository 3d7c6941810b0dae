"""A database as the platform opens and closes it."""

from abc import abstractmethod
from typing import Protocol

from fairlead.adapters.sql.connection import Connection
from fairlead.kernel.health import HealthCheck
from fairlead.kernel.principal import TenantId


class Database(HealthCheck, Protocol):
    """Hands out connections; one instance per process."""

    @abstractmethod
    async def open(self) -> None:
        """Make it ready.

        Raises:
            DatabaseUnavailable: it cannot be used; the message says what to do.
        """

    @abstractmethod
    async def hold(self) -> None:
        """Keep other servers from this database until it is closed; for servers.

        A file in the data folder is kept by the folder's own lock.

        Raises:
            DatabaseHeld: another server, named in the message, works on it.
        """

    @abstractmethod
    async def close(self) -> None:
        """Finish what is being committed and let go; closing again is fine."""

    @abstractmethod
    def connection(self, tenant: TenantId | None = None) -> Connection:
        """Return a connection for one piece of work; it costs nothing to drop.

        On PostgreSQL its statements see the rows of `tenant` and no others, whatever
        they ask for; without one, those of every tenant: for the platform's own work.
        """
