"""Projects as others see them."""

from abc import abstractmethod
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Protocol
from uuid import UUID

from fairlead.kernel.errors import ErrorKind, FairleadError
from fairlead.kernel.events import Event
from fairlead.kernel.paging import Page, PageRequest
from fairlead.kernel.principal import Principal


class ProjectNotFound(FairleadError):
    """No project has this name or id, or the caller may not see it."""

    kind = ErrorKind.NOT_FOUND
    code = "projects.not_found"


class ProjectNameTaken(FairleadError):
    """Another project of the tenant has this name."""

    kind = ErrorKind.CONFLICT
    code = "projects.name_taken"


class BadProject(FairleadError):
    """The name or the repository breaks a rule; the message says which."""

    kind = ErrorKind.INVALID
    code = "projects.bad"


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A repository and its settings.

    Attributes:
        name: Lowercase letters, digits and dashes; unique within the tenant.
        repository: An absolute path or a URL that `git clone` takes.
        branch: Built when a run names no revision; empty: the repository's default.
    """

    id: UUID
    name: str
    repository: str
    branch: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectDeleted(Event):
    """A project is gone; what belongs to it should go too."""

    topic: ClassVar[str] = "projects.project.deleted"

    project_id: UUID
    name: str


class Sources(Protocol):
    """Knows which repositories of this machine may be built from."""

    @abstractmethod
    async def local(self, repository: str) -> str | None:
        """Return the real path of a repository on this machine; None: it is elsewhere.

        Raises:
            BadProject: the settings do not allow it (any longer).
        """


class Projects(Protocol):
    """Manages projects on behalf of a caller; methods may raise NotAllowed."""

    @abstractmethod
    async def create(
        self, who: Principal, name: str, repository: str, *, branch: str = ""
    ) -> Project:
        """Add a project; nothing is cloned yet.

        Raises:
            BadProject, ProjectNameTaken: as they say.
        """

    @abstractmethod
    async def get(self, who: Principal, project: str) -> Project:
        """Return a project by name or id.

        Raises:
            ProjectNotFound: there is none the caller may see.
        """

    @abstractmethod
    async def list(self, who: Principal, page: PageRequest) -> Page[Project]:
        """Return the projects the caller may see, by name."""

    @abstractmethod
    async def delete(self, who: Principal, project: str) -> None:
        """Remove a project; its runs end and its workloads stop.

        Raises:
            ProjectNotFound: there is none the caller may see.
        """
