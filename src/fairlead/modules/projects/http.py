"""Projects over HTTP: translate, call one use case, translate back."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from litestar import Controller, delete, get, patch, post
from litestar.params import FromPath, FromQuery, HeaderParameter, JSONBody
from msgspec import Struct

from fairlead.adapters.http.injection import FromDishka, inject
from fairlead.adapters.http.paging import PageBody, page_request
from fairlead.adapters.http.response import Response
from fairlead.kernel.principal import Principal
from fairlead.modules.projects.domain import etag
from fairlead.modules.projects.public import Project, Projects
from fairlead.modules.projects.use_cases import GetProject, UpdateProject

IfMatch = Annotated[str | None, HeaderParameter(name="If-Match")]


class CreateProjectBody(Struct, forbid_unknown_fields=True, kw_only=True):
    """A new project; `branch` empty means the repository's default."""

    name: str
    repository: str
    branch: str = ""


class UpdateProjectBody(Struct, forbid_unknown_fields=True, kw_only=True):
    """What is to change; what is left out stays."""

    repository: str | None = None
    branch: str | None = None


class ProjectBody(Struct, kw_only=True):
    """A project as clients see it."""

    id: UUID
    name: str
    repository: str
    branch: str
    created_at: datetime

    @classmethod
    def of(cls, project: Project) -> Self:
        """Show all of it."""
        return cls(
            id=project.id,
            name=project.name,
            repository=project.repository,
            branch=project.branch,
            created_at=project.created_at,
        )


class ProjectController(Controller):
    """Routes under `/api/v1/projects`."""

    path = "/api/v1/projects"
    tags = ("projects",)

    @post("/")
    @inject
    async def create(
        self,
        data: JSONBody[CreateProjectBody],
        who: FromDishka[Principal],
        projects: FromDishka[Projects],
    ) -> Response[ProjectBody]:
        """Create a project; nothing is cloned yet."""
        made = await projects.create(
            who, data.name, data.repository, branch=data.branch
        )
        return _shown(made, status=201, Location=f"/api/v1/projects/{made.id}")

    @get("/")
    @inject
    async def index(
        self,
        who: FromDishka[Principal],
        projects: FromDishka[Projects],
        limit: FromQuery[int | None] = None,
        after: FromQuery[str | None] = None,
    ) -> PageBody[ProjectBody]:
        """Return the projects the caller may see, by name."""
        found = await projects.list(who, page_request(limit, after))
        items = [ProjectBody.of(project) for project in found.items]
        return PageBody(items=items, next=found.next)

    @get("/{project:str}")
    @inject
    async def show(
        self,
        project: FromPath[str],
        who: FromDishka[Principal],
        get_project: FromDishka[GetProject],
    ) -> Response[ProjectBody]:
        """Return one project by name or id."""
        return _shown(await get_project(who, project))

    @patch("/{project:str}")
    @inject
    async def update(
        self,
        project: FromPath[str],
        data: JSONBody[UpdateProjectBody],
        who: FromDishka[Principal],
        update_project: FromDishka[UpdateProject],
        if_match: IfMatch = None,
    ) -> Response[ProjectBody]:
        """Change where a project is built from; `If-Match` guards against others."""
        updated = await update_project(
            who,
            project,
            repository=data.repository,
            branch=data.branch,
            expected=_expected(if_match),
        )
        return _shown(updated)

    @delete("/{project:str}")
    @inject
    async def delete(
        self,
        project: FromPath[str],
        who: FromDishka[Principal],
        projects: FromDishka[Projects],
    ) -> None:
        """Delete a project; its runs end and its workloads stop."""
        await projects.delete(who, project)


def _shown(
    project: Project, *, status: int = 200, **headers: str
) -> Response[ProjectBody]:
    return Response(
        ProjectBody.of(project),
        status_code=status,
        headers={"ETag": f'"{etag(project)}"', **headers},
    )


def _expected(if_match: str | None) -> str | None:
    if if_match is None or if_match.strip() == "*":
        return None
    return if_match.strip().removeprefix("W/").strip('"')
