"""Who the edge asks about a credential; the auth service and the console answer."""

from abc import abstractmethod
from typing import Protocol

from fairlead.kernel.principal import Origin, Principal


class Authenticator(Protocol):
    """Tells who holds a bearer credential."""

    @abstractmethod
    async def principal(self, credential: str, *, origin: Origin) -> Principal:
        """Return the caller.

        Raises:
            FairleadError: of kind unauthenticated: the credential is not valid.
        """


class CookieAuthenticator(Protocol):
    """Tells who a browser session belongs to; never asked for paths below `/api`."""

    @abstractmethod
    async def principal(self, cookie: str, *, origin: Origin) -> Principal | None:
        """Return the caller; None: the session is not known (any longer)."""
