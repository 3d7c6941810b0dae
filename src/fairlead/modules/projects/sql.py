"""Projects in a relational database."""

from typing import Any
from uuid import UUID

from sqlalchemy import (
    Column,
    Executable,
    RowMapping,
    String,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    bindparam,
    select,
)
from sqlalchemy.exc import IntegrityError
from typing_extensions import override

from fairlead.adapters.sql.connection import Connection
from fairlead.adapters.sql.errors import violates
from fairlead.adapters.sql.paging import Keyset
from fairlead.adapters.sql.reach import reached
from fairlead.adapters.sql.tables import metadata
from fairlead.adapters.sql.types import UtcDateTime
from fairlead.kernel.paging import Page, PageRequest
from fairlead.kernel.principal import TenantId
from fairlead.kernel.reach import Reach
from fairlead.modules.projects.ports import ProjectStore
from fairlead.modules.projects.public import (
    Project,
    ProjectNameTaken,
    ProjectNotFound,
)

one_name = UniqueConstraint("tenant_id", "name")
projects = Table(
    "projects_projects",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("tenant_id", Uuid, nullable=False),
    Column("name", String(40), nullable=False),
    Column("repository", Text, nullable=False),
    Column("branch", String(200), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    one_name,
)
KEYSET = Keyset((projects.c.name,))
_SHOWN = tuple(column for column in projects.c if column.name != "tenant_id")
_OURS = projects.c.tenant_id == bindparam("tenant")
BY_ID = select(*_SHOWN).where(_OURS, projects.c.id == bindparam("id"))
BY_NAME = select(*_SHOWN).where(_OURS, projects.c.name == bindparam("name"))


class SqlProjectStore(ProjectStore):
    """Reads and writes the projects of one tenant; the unit of work commits."""

    def __init__(self, connection: Connection, tenant: TenantId) -> None:
        """Use the request's `connection`."""
        self._connection = connection
        self._tenant = tenant

    @override
    async def add(self, project: Project) -> None:
        row = {
            "id": project.id,
            "tenant_id": self._tenant,
            "name": project.name,
            "repository": project.repository,
            "branch": project.branch,
            "created_at": project.created_at,
        }
        try:
            await self._connection.execute(projects.insert(), row)
        except IntegrityError as error:
            if violates(error, one_name):
                raise ProjectNameTaken(
                    f"There is a project '{project.name}' already; take another name.",
                    name=project.name,
                ) from error
            raise

    @override
    async def get(self, project_id: UUID) -> Project:
        return await self._one(BY_ID, "id", project_id)

    @override
    async def find(self, name: str) -> Project:
        return await self._one(BY_NAME, "name", name)

    @override
    async def list(self, reach: Reach, page: PageRequest) -> Page[Project]:
        within = reached(reach, project=projects.c.id)
        query = select(projects).where(projects.c.tenant_id == self._tenant, within)
        found = await self._connection.execute(KEYSET.select(query, page))
        return KEYSET.page(found.mappings().all(), page, _to_project)

    @override
    async def save(self, project: Project) -> None:
        statement = projects.update().where(self._mine(project.id))
        values = {"repository": project.repository, "branch": project.branch}
        self._require(await self._connection.execute(statement.values(**values)))

    @override
    async def remove(self, project_id: UUID) -> None:
        statement = projects.delete().where(self._mine(project_id))
        self._require(await self._connection.execute(statement))

    def _mine(self, project_id: UUID) -> Any:
        return (projects.c.tenant_id == self._tenant) & (projects.c.id == project_id)

    def _require(self, result: Any) -> None:
        if result.rowcount == 0:
            raise ProjectNotFound("This project does not exist.")

    async def _one(self, query: Executable, by: str, called: object) -> Project:
        asked = {"tenant": self._tenant, by: called}
        row = (await self._connection.execute(query, asked)).mappings().first()
        if row is None:
            raise ProjectNotFound(f"There is no project '{called}'.")
        return _to_project(row)


def _to_project(row: RowMapping) -> Project:
    return Project(
        id=row["id"],
        name=row["name"],
        repository=row["repository"],
        branch=row["branch"],
        created_at=row["created_at"],
    )
