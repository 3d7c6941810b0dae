"""How projects plug into the platform."""

from pathlib import Path

from dishka import Provider, Scope, provide

from fairlead.adapters.http.part import HttpPart
from fairlead.adapters.manifests.reader import read_manifest
from fairlead.adapters.settings.home import Home
from fairlead.adapters.settings.part import SettingsPart
from fairlead.adapters.sql.part import TablePart
from fairlead.adapters.wiring.part import ContainerPart
from fairlead.kernel.module import Module
from fairlead.modules.projects.domain import LocalRoots
from fairlead.modules.projects.folders import LocalFolders
from fairlead.modules.projects.http import ProjectController
from fairlead.modules.projects.pages import CONSOLE
from fairlead.modules.projects.ports import Folders, ProjectStore
from fairlead.modules.projects.public import Projects, Sources
from fairlead.modules.projects.settings import ProjectsSettings
from fairlead.modules.projects.sql import SqlProjectStore
from fairlead.modules.projects.use_cases import (
    CreateProject,
    DeleteProject,
    FindProject,
    GetProject,
    ListProjects,
    LocalProjects,
    LocalSources,
    ProjectScopes,
    RepositoryRule,
    UpdateProject,
)
from fairlead.services.authz.public import ProjectPlaces

HERE = Path(__file__).parent


class ProjectsProvider(Provider):
    """Stores and use cases per request."""

    scope = Scope.REQUEST

    folders = provide(LocalFolders, provides=Folders, scope=Scope.APP)
    rule = provide(RepositoryRule, scope=Scope.APP)
    sources = provide(LocalSources, provides=Sources, scope=Scope.APP)
    store = provide(SqlProjectStore, provides=ProjectStore)
    find = provide(FindProject)
    create = provide(CreateProject)
    get = provide(GetProject)
    list = provide(ListProjects)
    update = provide(UpdateProject)
    delete = provide(DeleteProject)
    projects = provide(LocalProjects, provides=Projects)
    places = provide(ProjectScopes, provides=ProjectPlaces)

    @provide(scope=Scope.APP)
    def roots(self, settings: ProjectsSettings, home: Home) -> LocalRoots:
        """Let projects be built from where the settings say."""
        return LocalRoots(settings.local_roots, str(home.path))


MODULE = Module(
    manifest=read_manifest(HERE / "module.yaml"),
    parts=(
        ContainerPart(providers=(ProjectsProvider(),)),
        SettingsPart(section="projects", type=ProjectsSettings),
        TablePart(migrations=HERE / "migrations"),
        HttpPart(controllers=(ProjectController,)),
        CONSOLE,
    ),
)
