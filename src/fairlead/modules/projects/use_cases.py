"""What people can do with projects; one class per intention."""

from dataclasses import dataclass, replace

from typing_extensions import override

from fairlead.kernel.clock import Clock
from fairlead.kernel.events import Outbox
from fairlead.kernel.ids import new_id
from fairlead.kernel.paging import Page, PageRequest
from fairlead.kernel.principal import Principal
from fairlead.kernel.reach import Reach
from fairlead.kernel.work import UnitOfWork
from fairlead.modules.projects.domain import (
    LocalRoots,
    ProjectChanged,
    as_id,
    check_branch,
    check_name,
    check_repository,
    etag,
    local_path,
)
from fairlead.modules.projects.permissions import (
    PROJECT_CREATE,
    PROJECT_DELETE,
    PROJECT_READ,
    PROJECT_UPDATE,
)
from fairlead.modules.projects.ports import Folders, ProjectStore
from fairlead.modules.projects.public import (
    BadProject,
    Project,
    ProjectDeleted,
    ProjectNameTaken,
    ProjectNotFound,
    Projects,
    Sources,
)
from fairlead.services.audit.public import Act, AuditTrail, told
from fairlead.services.authz.public import Authorizer, ProjectPlaces, project_scope


@dataclass(frozen=True, slots=True, kw_only=True)
class RepositoryRule:
    """Refuses repositories and branches that cannot be cloned."""

    folders: Folders
    local: LocalRoots

    async def __call__(self, repository: str, branch: str) -> None:
        """Check both; a path on this machine must be a Git repository.

        Raises:
            BadProject: the message says what is wrong; of a path that is out of
                bounds it does not tell whether it exists.
        """
        check_repository(repository)
        check_branch(branch)
        path = local_path(repository)
        if path is None:
            return
        await self.bounded(path)
        if not await self.folders.exists(path):
            raise BadProject(
                f"There is no repository at {path} on the server.", repository=path
            )
        if not await self.folders.is_repository(path):
            raise BadProject(
                f"{path} is no Git repository: make it one with git init, and commit "
                "what is to be built.",
                repository=path,
            )

    async def bounded(self, path: str) -> str:
        """Return the real path of a folder that projects may be built from.

        Raises:
            BadProject: it is out of bounds; nothing was looked at if its name is.
        """
        if self.local.hold(path):
            real = await self.folders.real(path)
            home = await self.folders.real(self.local.home)
            roots = [await self.folders.real(root) for root in self.local.roots]
            if LocalRoots(tuple(roots), home).hold(real):
                return real
        raise BadProject(
            f"Projects may not be built from {path} on the server: name a repository "
            "in one of the folders that the setting projects.local_roots allows, or a "
            "URL.",
            repository=path,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalSources(Sources):
    """Sources, as the rule for repositories allows them."""

    rule: RepositoryRule

    @override
    async def local(self, repository: str) -> str | None:
        path = local_path(repository)
        return None if path is None else await self.rule.bounded(path)


@dataclass(frozen=True, slots=True, kw_only=True)
class FindProject:
    """Look a project up by name or id, on behalf of somebody."""

    store: ProjectStore
    authorizer: Authorizer

    async def __call__(self, who: Principal, project: str, permission: str) -> Project:
        """Return the project if `who` has `permission` there.

        Raises:
            ProjectNotFound: there is none that `who` may see.
            NotAllowed: `who` may see it, but lacks `permission`.
        """
        project_id = as_id(project)
        if project_id is None:
            found = await self.store.find(project)
        else:
            found = await self.store.get(project_id)
        await self.authorizer.require(
            who,
            permission,
            on=project_scope(found.id),
            target=f"projects/{found.id}",
            sees=PROJECT_READ,
            missing=ProjectNotFound(f"There is no project '{project}'."),
        )
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateProject:
    """Add a project."""

    store: ProjectStore
    authorizer: Authorizer
    rule: RepositoryRule
    trail: AuditTrail
    work: UnitOfWork
    clock: Clock

    async def __call__(
        self, who: Principal, name: str, repository: str, *, branch: str = ""
    ) -> Project:
        """Store it; nothing is cloned yet.

        Raises:
            NotAllowed: `who` may not create projects.
            BadProject: name, repository or branch break a rule.
            ProjectNameTaken: another project has this name.
        """
        await self.authorizer.require(
            who, PROJECT_CREATE, target=f"projects/{name[:40]}"
        )
        check_name(name)
        await self.rule(repository, branch)
        project = Project(
            id=new_id(),
            name=name,
            repository=repository,
            branch=branch,
            created_at=self.clock.now(),
        )
        refused = _act(PROJECT_CREATE, project)
        async with told(self.trail, who, refused, ProjectNameTaken), self.work:
            await self.store.add(project)
            await self.trail.record(who, _act(PROJECT_CREATE, project))
        return project


@dataclass(frozen=True, slots=True, kw_only=True)
class GetProject:
    """Show one project."""

    find: FindProject

    async def __call__(self, who: Principal, project: str) -> Project:
        """Return a project by name or id.

        Raises:
            ProjectNotFound: there is none that `who` may see.
        """
        return await self.find(who, project, PROJECT_READ)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListProjects:
    """Show many projects."""

    store: ProjectStore
    authorizer: Authorizer

    async def __call__(self, who: Principal, page: PageRequest) -> Page[Project]:
        """Return those that `who` may see, by name.

        Raises:
            BadPage: `page.after` is no cursor of this list.
        """
        reach = await self.authorizer.reach(who, PROJECT_READ)
        return await self.store.list(reach, page)


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateProject:
    """Change where a project is built from."""

    find: FindProject
    store: ProjectStore
    rule: RepositoryRule
    trail: AuditTrail
    work: UnitOfWork

    async def __call__(
        self,
        who: Principal,
        project: str,
        *,
        repository: str | None = None,
        branch: str | None = None,
        expected: str | None = None,
    ) -> Project:
        """Store the new values; None leaves one as it is; runs go on as they began.

        `expected` is the etag of what the caller saw; None: whatever there is.

        Raises:
            ProjectNotFound: there is none that `who` may see.
            NotAllowed: `who` may see but not change it.
            BadProject: repository or branch break a rule.
            ProjectChanged: somebody else was faster.
        """
        found = await self.find(who, project, PROJECT_UPDATE)
        wished = _changed(found, repository, branch)
        await self.rule(wished.repository, wished.branch)
        refused = _act(PROJECT_UPDATE, wished)
        async with told(self.trail, who, refused, ProjectChanged), self.work:
            held = await self.store.get(found.id)
            if expected is not None and etag(held) != expected:
                raise ProjectChanged(
                    f"Project '{held.name}' was changed meanwhile: read it again.",
                    project=held.name,
                )
            updated = _changed(held, repository, branch)
            await self.store.save(updated)
            await self.trail.record(who, _act(PROJECT_UPDATE, updated))
        return updated


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteProject:
    """Remove a project and, by its event, all that belongs to it."""

    find: FindProject
    store: ProjectStore
    trail: AuditTrail
    outbox: Outbox
    work: UnitOfWork
    clock: Clock

    async def __call__(self, who: Principal, project: str) -> None:
        """Remove it and tell the others.

        Raises:
            ProjectNotFound: there is none that `who` may see.
            NotAllowed: `who` may see but not delete it.
        """
        found = await self.find(who, project, PROJECT_DELETE)
        async with self.work:
            await self.store.remove(found.id)
            await self.outbox.add(
                ProjectDeleted(
                    at=self.clock.now(),
                    aggregate=f"projects/{found.id}",
                    actor=who,
                    project_id=found.id,
                    name=found.name,
                )
            )
            await self.trail.record(who, _act(PROJECT_DELETE, found))


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalProjects(Projects):
    """The public contract, kept by the use cases of this process."""

    create_project: CreateProject
    get_project: GetProject
    list_projects: ListProjects
    delete_project: DeleteProject

    @override
    async def create(
        self, who: Principal, name: str, repository: str, *, branch: str = ""
    ) -> Project:
        return await self.create_project(who, name, repository, branch=branch)

    @override
    async def get(self, who: Principal, project: str) -> Project:
        return await self.get_project(who, project)

    @override
    async def list(self, who: Principal, page: PageRequest) -> Page[Project]:
        return await self.list_projects(who, page)

    @override
    async def delete(self, who: Principal, project: str) -> None:
        await self.delete_project(who, project)


def _changed(project: Project, repository: str | None, branch: str | None) -> Project:
    return replace(
        project,
        repository=project.repository if repository is None else repository,
        branch=project.branch if branch is None else branch,
    )


def _act(action: str, project: Project) -> Act:
    return Act(
        action=action,
        target=f"projects/{project.id}",
        scope=project_scope(project.id),
        details={"name": project.name, "repository": project.repository},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectScopes(ProjectPlaces):
    """Tells the authorisation service which projects there are."""

    store: ProjectStore

    @override
    async def scopes(self, page: PageRequest) -> Page[str]:
        found = await self.store.list(Reach(everywhere=True), page)
        scopes = tuple(project_scope(project.id) for project in found.items)
        return Page(items=scopes, next=found.next)
