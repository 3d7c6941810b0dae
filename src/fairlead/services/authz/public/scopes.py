"""Where something holds."""

from abc import abstractmethod
from typing import Protocol
from uuid import UUID

from fairlead.kernel.errors import ErrorKind, FairleadError
from fairlead.kernel.paging import Page, PageRequest

ROOT = "/"


def project_scope(project_id: UUID) -> str:
    """Return the scope of one project."""
    return f"/projects/{project_id}"


def environment_scope(project_id: UUID, environment_id: UUID) -> str:
    """Return the scope of one environment."""
    return f"/projects/{project_id}/environments/{environment_id}"


class BadScope(FairleadError):
    """A scope is `/`, `/projects/ID` or `/projects/ID/environments/ID`."""

    kind = ErrorKind.INVALID
    code = "authz.bad_scope"


class ProjectPlaces(Protocol):
    """Knows the projects; answered by whoever keeps them, and nothing is authorised."""

    @abstractmethod
    async def scopes(self, page: PageRequest) -> Page[str]:
        """Return the scopes of all projects of the tenant, always in one order."""


class EnvironmentPlaces(Protocol):
    """Knows the environments, as `ProjectPlaces` does the projects."""

    @abstractmethod
    async def scopes(self, page: PageRequest) -> Page[str]:
        """Return the scopes of all environments of the tenant, always in one order."""
