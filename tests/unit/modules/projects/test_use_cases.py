"""Creating, showing, listing, changing and deleting, against ports in memory."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest

from fairlead.kernel.paging import PageRequest
from fairlead.kernel.principal import DEFAULT_TENANT, Principal
from fairlead.modules.projects.domain import LocalRoots, ProjectChanged, etag
from fairlead.modules.projects.memory import KnownFolders, MemoryProjectStore
from fairlead.modules.projects.permissions import (
    PROJECT_CREATE,
    PROJECT_DELETE,
    PROJECT_READ,
    PROJECT_UPDATE,
)
from fairlead.modules.projects.public import (
    BadProject,
    ProjectDeleted,
    ProjectNameTaken,
    ProjectNotFound,
)
from fairlead.modules.projects.use_cases import (
    CreateProject,
    DeleteProject,
    FindProject,
    GetProject,
    ListProjects,
    LocalProjects,
    LocalSources,
    RepositoryRule,
    UpdateProject,
)
from fairlead.services.audit.public import Outcome
from fairlead.services.authz.public import NotAllowed, project_scope
from fairlead.testing.fakes import (
    FrozenClock,
    GrantList,
    NullWork,
    RecordingOutbox,
    RecordingTrail,
)

ADA = Principal(id=UUID(int=7), name="ada")
CLOCK = FrozenClock()
PATH = "/srv/git/hello"
PLAIN = "/srv/work/notes"
EVERYTHING = (PROJECT_CREATE, PROJECT_READ, PROJECT_UPDATE, PROJECT_DELETE)


@dataclass
class Room:
    """The use cases over one dictionary."""

    rows: dict[Any, Any] = field(default_factory=dict)
    outbox: RecordingOutbox = field(default_factory=RecordingOutbox)
    trail: RecordingTrail = field(default_factory=RecordingTrail)
    rule: RepositoryRule = field(
        default_factory=lambda: RepositoryRule(
            folders=KnownFolders(
                {PATH, "/etc/git"},
                plain={PLAIN},
                links={"/srv/git/out": "/etc/git", "/var/data": "/srv/data"},
            ),
            local=LocalRoots(("/srv",), "/var/data"),
        )
    )

    def projects(self, *grants: str) -> LocalProjects:
        store, may = MemoryProjectStore(self.rows, DEFAULT_TENANT), GrantList(*grants)
        find = FindProject(store=store, authorizer=may)
        return LocalProjects(
            create_project=CreateProject(
                store=store,
                authorizer=may,
                rule=self.rule,
                trail=self.trail,
                work=NullWork(),
                clock=CLOCK,
            ),
            get_project=GetProject(find=find),
            list_projects=ListProjects(store=store, authorizer=may),
            delete_project=DeleteProject(
                find=find,
                store=store,
                trail=self.trail,
                outbox=self.outbox,
                work=NullWork(),
                clock=CLOCK,
            ),
        )

    def update(self, *grants: str) -> UpdateProject:
        store = MemoryProjectStore(self.rows, DEFAULT_TENANT)
        return UpdateProject(
            find=FindProject(store=store, authorizer=GrantList(*grants)),
            store=store,
            rule=self.rule,
            trail=self.trail,
            work=NullWork(),
        )

    @property
    def acts(self) -> list[str]:
        return self._acts(Outcome.DONE)

    @property
    def refused(self) -> list[str]:
        return self._acts(Outcome.REFUSED)

    def _acts(self, outcome: Outcome) -> list[str]:
        return [act.action for _, act in self.trail.acts if act.outcome is outcome]


@pytest.fixture
def room() -> Room:
    return Room()


async def test_what_was_created_is_found_by_name_and_id(room: Room) -> None:
    projects = room.projects(*EVERYTHING)
    made = await projects.create(ADA, "hello", PATH, branch="main")

    assert await projects.get(ADA, "hello") == made
    assert await projects.get(ADA, str(made.id)) == made
    assert (await projects.list(ADA, PageRequest())).items == (made,)
    [(_, act)] = room.trail.acts
    assert (act.action, act.scope) == (PROJECT_CREATE, project_scope(made.id))


async def test_bad_values_and_taken_names_leave_nothing(room: Room) -> None:
    projects = room.projects(*EVERYTHING)
    await projects.create(ADA, "hello", PATH)

    with pytest.raises(ProjectNameTaken):
        await projects.create(ADA, "hello", PATH)
    with pytest.raises(BadProject):
        await projects.create(ADA, "Hello", PATH)
    with pytest.raises(BadProject):
        await projects.create(ADA, "other", PATH, branch="-x")
    with pytest.raises(BadProject, match="no repository at /srv/git/nothing"):
        await projects.create(ADA, "other", "/srv/git/nothing")
    with pytest.raises(BadProject, match=r"no Git repository: .* git init"):
        await projects.create(ADA, "other", PLAIN)
    assert (len(room.rows), room.acts) == (1, [PROJECT_CREATE])
    assert room.refused == [PROJECT_CREATE]


@pytest.mark.parametrize("scheme", ["", "file://"])
@pytest.mark.parametrize(
    "path", ["/etc/git", "/etc/nothing", "/srv/git/out", "/srv/data/keys", "/var/data"]
)
async def test_paths_out_of_bounds_are_refused_there_or_not(
    room: Room, path: str, scheme: str
) -> None:
    """In the same words; links and the data folder lead nowhere."""
    projects = room.projects(*EVERYTHING)
    with pytest.raises(BadProject, match="local_roots") as refused:
        await projects.create(ADA, "other", f"{scheme}{path}")
    await projects.create(ADA, "hello", PATH)
    with pytest.raises(BadProject, match="local_roots"):
        await room.update(*EVERYTHING)(ADA, "hello", repository=f"{scheme}{path}")
    with pytest.raises(BadProject, match="local_roots"):
        await LocalSources(rule=room.rule).local(f"{scheme}{path}")

    assert refused.value.message.replace(path, "PATH") == (
        "Projects may not be built from PATH on the server: name a repository in one "
        "of the folders that the setting projects.local_roots allows, or a URL."
    )


async def test_tokens_are_refused_in_changes_too(room: Room) -> None:
    await room.projects(*EVERYTHING).create(ADA, "hello", PATH)
    with pytest.raises(BadProject, match="credential helper"):
        await room.update(*EVERYTHING)(
            ADA, "hello", repository="https://ghp_x@example.com/x"
        )


async def test_urls_are_not_looked_for_on_the_disk(room: Room) -> None:
    made = await room.projects(*EVERYTHING).create(ADA, "far", "https://example.com/x")

    assert made.repository == "https://example.com/x"


async def test_who_may_not_see_it_finds_nothing(room: Room) -> None:
    made = await room.projects(*EVERYTHING).create(ADA, "hello", PATH)
    stranger = room.projects()

    for called in ("hello", str(made.id), "nothing", str(UUID(int=9))):
        with pytest.raises(ProjectNotFound, match=called):
            await stranger.get(ADA, called)
        with pytest.raises(ProjectNotFound, match=called):
            await stranger.delete(ADA, called)
    with pytest.raises(NotAllowed):
        await stranger.create(ADA, "other", PATH)
    assert (await stranger.list(ADA, PageRequest())).items == ()


async def test_who_may_only_see_it_changes_nothing(room: Room) -> None:
    await room.projects(*EVERYTHING).create(ADA, "hello", PATH)

    with pytest.raises(NotAllowed):
        await room.projects(PROJECT_READ).delete(ADA, "hello")
    with pytest.raises(NotAllowed):
        await room.update(PROJECT_READ)(ADA, "hello", branch="main")
    assert room.acts == [PROJECT_CREATE]


async def test_deleting_tells_the_others(room: Room) -> None:
    projects = room.projects(*EVERYTHING)
    made = await projects.create(ADA, "hello", PATH)
    await projects.delete(ADA, "hello")

    assert room.outbox.events == [
        ProjectDeleted(
            at=CLOCK.now(),
            aggregate=f"projects/{made.id}",
            actor=ADA,
            project_id=made.id,
            name="hello",
        )
    ]
    assert room.acts == [PROJECT_CREATE, PROJECT_DELETE]
    with pytest.raises(ProjectNotFound):
        await projects.get(ADA, "hello")


async def test_updating_keeps_what_is_left_out(room: Room) -> None:
    made = await room.projects(*EVERYTHING).create(ADA, "hello", PATH, branch="main")
    update = room.update(*EVERYTHING)

    updated = await update(ADA, "hello", repository="https://example.com/x")
    again = await update(ADA, "hello", branch="", expected=etag(updated))

    assert (updated.branch, again.repository) == ("main", "https://example.com/x")
    assert again.branch == ""
    with pytest.raises(ProjectChanged):
        await update(ADA, "hello", branch="dev", expected=etag(made))
    with pytest.raises(BadProject):
        await update(ADA, "hello", repository="ext::sh -c id")
    assert room.acts == [PROJECT_CREATE, PROJECT_UPDATE, PROJECT_UPDATE]
    assert room.refused == [PROJECT_UPDATE]
    refused = room.trail.acts[-1][1]
    assert refused.target == f"projects/{made.id}"
    assert refused.details["reason"] == ProjectChanged.code
