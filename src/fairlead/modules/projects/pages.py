"""Projects in the console."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect
from typing_extensions import override

from fairlead.adapters.http.injection import FromDishka, inject
from fairlead.adapters.http.paging import page_request
from fairlead.adapters.pages.controller import PageController
from fairlead.adapters.pages.forms import AnyRequest, field
from fairlead.adapters.pages.pages import Pages, Sheet, go
from fairlead.adapters.pages.part import (
    Card,
    ConsolePart,
    Contribution,
    Contributor,
    Entry,
    Finder,
    Found,
    Panel,
)
from fairlead.kernel.errors import ErrorKind, FairleadError
from fairlead.kernel.paging import PageRequest
from fairlead.kernel.principal import Principal
from fairlead.modules.projects.permissions import (
    PROJECT_CREATE,
    PROJECT_DELETE,
    PROJECT_READ,
)
from fairlead.modules.projects.public import BadProject, Projects
from fairlead.services.authz.public import project_scope

PER_PAGE = 24
MOST_FOUND = 8
SECTION = "/projects"


class ProjectPages(PageController):
    """Pages under `/projects`."""

    path = "/projects"

    @get("/")
    @inject
    async def list(
        self,
        request: AnyRequest,
        projects: FromDishka[Projects],
        pages: FromDishka[Pages],
    ) -> Response[str]:
        """Show the projects, each with what happened last."""
        wanted = page_request(PER_PAGE, request.query_params.get("after"))
        page = await projects.list(pages.who, wanted)
        rows = [
            (project, await pages.panels("project.summary", project.name))
            for project in page.items
        ]
        sheet = Sheet(
            template="projects/list.html",
            title="Projects",
            command="fairlead projects list",
            section=SECTION,
        )
        may_create = await pages.may(PROJECT_CREATE)
        return await pages.show(
            request, sheet, rows=rows, next=page.next, may_create=may_create
        )

    @get("/new")
    @inject
    async def blank(
        self, request: AnyRequest, pages: FromDishka[Pages]
    ) -> Response[str]:
        """Show the form for a new project."""
        empty = {"name": "", "repository": "", "branch": ""}
        return await pages.show(request, _form(200), given=empty, fault="")

    @post("/")
    @inject
    async def create(
        self,
        request: AnyRequest,
        projects: FromDishka[Projects],
        pages: FromDishka[Pages],
    ) -> Response[Any]:
        """Add a project, or show the form again with what is wrong."""
        given = {
            name: await field(request, name)
            for name in ("name", "repository", "branch")
        }
        try:
            made = await projects.create(
                pages.who, given["name"], given["repository"], branch=given["branch"]
            )
        except FairleadError as error:
            if error.kind not in {ErrorKind.INVALID, ErrorKind.CONFLICT}:
                raise
            status = 409 if error.kind is ErrorKind.CONFLICT else 422
            shown: Response[Any] = await pages.show(
                request, _form(status), given=given, fault=error.message
            )
            return shown
        return go(f"/projects/{made.name}")

    @get("/{project:str}")
    @inject
    async def show(
        self,
        request: AnyRequest,
        project: FromPath[str],
        projects: FromDishka[Projects],
        pages: FromDishka[Pages],
    ) -> Response[str]:
        """Show one project: what others know of it, and its settings."""
        found = await projects.get(pages.who, project)
        sheet = Sheet(
            template="projects/show.html",
            title=found.name,
            command=f"fairlead projects show {found.name}",
            crumbs=(("Projects", SECTION),),
            section=SECTION,
        )
        return await pages.show(
            request,
            sheet,
            project=found,
            cards=await pages.panels("project", found.name),
            actions=await pages.panels("project.actions", found.name),
            may_delete=await pages.may(PROJECT_DELETE, on=project_scope(found.id)),
        )

    @post("/{project:str}/delete")
    @inject
    async def delete(
        self,
        request: AnyRequest,
        project: FromPath[str],
        projects: FromDishka[Projects],
        pages: FromDishka[Pages],
    ) -> Redirect:
        """Remove a project whose name was typed."""
        found = await projects.get(pages.who, project)
        if await field(request, "typed_name") != found.name:
            raise BadProject(
                f"Type the name of the project, {found.name}, to delete it."
            )
        await projects.delete(pages.who, str(found.id))
        return go(SECTION)


def _form(status: int) -> Sheet:
    return Sheet(
        template="projects/new.html",
        title="New project",
        command="fairlead projects create NAME --repository PATH_OR_URL",
        crumbs=(("Projects", SECTION),),
        section=SECTION,
        status=status,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstStep(Contributor):
    """Tells a reader without projects how to begin."""

    projects: Projects
    pages: Pages

    @override
    async def contribute(self, who: Principal) -> Contribution:
        page = await self.projects.list(who, PageRequest(limit=1))
        if page.items:
            return Contribution()
        data = {"may_create": await self.pages.may(PROJECT_CREATE)}
        return Contribution(
            cards=(Card(template="projects/first.html", order=0, data=data),)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectScopes(Panel):
    """Where roles can be given: the first 200 projects."""

    projects: Projects

    @override
    async def cards(self, who: Principal, subject: str) -> tuple[Card, ...]:
        page = await self.projects.list(who, PageRequest(limit=200))
        return tuple(
            Card(
                template="projects/scope.html",
                order=0,
                data={
                    "scope": project_scope(project.id),
                    "label": project.name,
                    "path": f"/projects/{project.name}",
                },
            )
            for project in page.items
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectFinder(Finder):
    """Finds projects by a piece of their name, among the first 200."""

    projects: Projects

    @override
    async def find(self, who: Principal, text: str) -> tuple[Found, ...]:
        page = await self.projects.list(who, PageRequest(limit=200))
        fitting = [project for project in page.items if text.lower() in project.name]
        return tuple(
            Found(
                label=project.name,
                path=f"/projects/{project.name}",
                kind="project",
                detail=project.repository,
            )
            for project in fitting[:MOST_FOUND]
        )


CONSOLE = ConsolePart(
    controllers=(ProjectPages,),
    templates=Path(__file__).with_name("templates"),
    entries=(Entry(label="Projects", path=SECTION, order=10, permission=PROJECT_READ),),
    overview=(FirstStep,),
    finders=(ProjectFinder,),
    panels={"access.scopes": ProjectScopes},
)
