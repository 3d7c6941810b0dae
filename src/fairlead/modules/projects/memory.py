"""Projects in a dictionary: for tests."""

from dataclasses import dataclass, field
from uuid import UUID

from typing_extensions import override

from fairlead.kernel.paging import BadPage, Page, PageRequest
from fairlead.kernel.principal import TenantId
from fairlead.kernel.reach import Reach
from fairlead.modules.projects.ports import Folders, ProjectStore
from fairlead.modules.projects.public import (
    Project,
    ProjectNameTaken,
    ProjectNotFound,
)


@dataclass(frozen=True, slots=True)
class MemoryProjectStore(ProjectStore):
    """Keeps one tenant's projects in a dictionary that others may share."""

    rows: dict[tuple[TenantId, UUID], Project]
    tenant: TenantId

    @override
    async def add(self, project: Project) -> None:
        if any(other.name == project.name for other in self._mine()):
            raise ProjectNameTaken(f"There is a project '{project.name}' already.")
        self.rows[self.tenant, project.id] = project

    @override
    async def get(self, project_id: UUID) -> Project:
        try:
            return self.rows[self.tenant, project_id]
        except KeyError:
            raise ProjectNotFound(f"There is no project '{project_id}'.") from None

    @override
    async def find(self, name: str) -> Project:
        for project in self._mine():
            if project.name == name:
                return project
        raise ProjectNotFound(f"There is no project '{name}'.")

    @override
    async def list(self, reach: Reach, page: PageRequest) -> Page[Project]:
        found = sorted(
            (project for project in self._mine() if reach.holds(project.id)),
            key=lambda project: project.name,
        )
        if page.after is not None:
            names = [project.name for project in found]
            if page.after not in names:
                raise BadPage("Use a cursor from 'next' of the page before.")
            found = found[names.index(page.after) + 1 :]
        kept = tuple(found[: page.limit])
        more = len(found) > page.limit
        return Page(items=kept, next=kept[-1].name if more else None)

    @override
    async def save(self, project: Project) -> None:
        await self.get(project.id)
        self.rows[self.tenant, project.id] = project

    @override
    async def remove(self, project_id: UUID) -> None:
        await self.get(project_id)
        del self.rows[self.tenant, project_id]

    def _mine(self) -> tuple[Project, ...]:
        return tuple(
            project for (owner, _), project in self.rows.items() if owner == self.tenant
        )


@dataclass(slots=True)
class KnownFolders(Folders):
    """Knows the folders it was told of; those that are `plain` are no repositories."""

    paths: set[str] = field(default_factory=set)
    plain: set[str] = field(default_factory=set)
    links: dict[str, str] = field(default_factory=dict)

    @override
    async def exists(self, path: str) -> bool:
        return path in self.paths | self.plain

    @override
    async def real(self, path: str) -> str:
        return self.links.get(path, path)

    @override
    async def is_repository(self, path: str) -> bool:
        return path in self.paths
