"""What the use cases need from the outside, in their own words."""

from abc import abstractmethod
from typing import Protocol
from uuid import UUID

from fairlead.kernel.paging import Page, PageRequest
from fairlead.kernel.reach import Reach
from fairlead.modules.projects.public import Project


class ProjectStore(Protocol):
    """Keeps the projects of one tenant."""

    @abstractmethod
    async def add(self, project: Project) -> None:
        """Store a new project.

        Raises:
            ProjectNameTaken: another project of the tenant has this name.
        """

    @abstractmethod
    async def get(self, project_id: UUID) -> Project:
        """Return one by id.

        Raises:
            ProjectNotFound: there is none.
        """

    @abstractmethod
    async def find(self, name: str) -> Project:
        """Return one by name.

        Raises:
            ProjectNotFound: there is none.
        """

    @abstractmethod
    async def list(self, reach: Reach, page: PageRequest) -> Page[Project]:
        """Return those within `reach`, by name.

        Raises:
            BadPage: `page.after` is no cursor of this list.
        """

    @abstractmethod
    async def save(self, project: Project) -> None:
        """Replace what can be edited of the project that has the same id.

        Raises:
            ProjectNotFound: there is none to replace.
        """

    @abstractmethod
    async def remove(self, project_id: UUID) -> None:
        """Remove one.

        Raises:
            ProjectNotFound: there is none to remove.
        """


class Folders(Protocol):
    """Knows the folders of the machine the server runs on."""

    @abstractmethod
    async def exists(self, path: str) -> bool:
        """Tell whether there is something at the absolute `path` that can be read."""

    @abstractmethod
    async def real(self, path: str) -> str:
        """Return the absolute `path` with no link in it, there or not."""

    @abstractmethod
    async def is_repository(self, path: str) -> bool:
        """Tell whether a Git repository is at `path`, with a working copy or bare."""
