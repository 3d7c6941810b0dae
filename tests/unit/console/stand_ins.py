"""The modules' public Protocols in memory, as the console's tests need them."""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

from typing_extensions import override

from fairlead.kernel.clock import Clock
from fairlead.kernel.idempotency import RequestKey
from fairlead.kernel.ids import new_id
from fairlead.kernel.journal import Frame, FrameKind
from fairlead.kernel.paging import Page, PageRequest
from fairlead.kernel.principal import DEFAULT_TENANT, Origin, Principal
from fairlead.modules.environments.public import (
    Environment,
    Environments,
    Workload,
    WorkloadNotFound,
    Workloads,
)
from fairlead.modules.pipelines.public import Run, RunNotFound, Runs, State
from fairlead.modules.projects.public import (
    BadProject,
    Project,
    ProjectNotFound,
    Projects,
)
from fairlead.services.audit.public import (
    AuditLog,
    ChainState,
    Entry,
    EntryFilter,
    TrailState,
)
from fairlead.services.auth.public import Sessions, Tokens, Unauthenticated, Verifier
from fairlead.services.authz.public import (
    Binding,
    BindingFilter,
    HolderKind,
    Role,
    RoleDraft,
    Roles,
)
from fairlead.services.identity.public import (
    SecondFactorNeeded,
    User,
    Users,
    WrongCredentials,
)
from fairlead.services.operations.public import (
    Operation,
    OperationFilter,
    OperationNotFound,
    Operations,
    Submission,
)

T = TypeVar("T")


def page_of(items: Sequence[T], page: PageRequest) -> Page[T]:
    """Return a page whose cursor is a position."""
    start = int(page.after or 0)
    end = start + page.limit
    more = str(end) if end < len(items) else None
    return Page(items=tuple(items[start:end]), next=more)


def only(items: Sequence[T], fits: Callable[[T], bool], missing: Exception) -> T:
    """Return the first that fits, or raise `missing`."""
    for item in items:
        if fits(item):
            return item
    raise missing


@dataclass
class ListedProjects(Projects):
    """Keeps projects in a list."""

    items: list[Project]
    clock: Clock

    @override
    async def create(
        self, who: Principal, name: str, repository: str, *, branch: str = ""
    ) -> Project:
        if not name.isidentifier():
            raise BadProject(f"'{name}' is no project name.")
        made = Project(
            id=new_id(),
            name=name,
            repository=repository,
            branch=branch,
            created_at=self.clock.now(),
        )
        self.items.append(made)
        return made

    @override
    async def get(self, who: Principal, project: str) -> Project:
        missing = ProjectNotFound(f"There is no project '{project}'.")
        return only(self.items, lambda p: project in {p.name, str(p.id)}, missing)

    @override
    async def list(self, who: Principal, page: PageRequest) -> Page[Project]:
        return page_of(self.items, page)

    @override
    async def delete(self, who: Principal, project: str) -> None:
        self.items.remove(await self.get(who, project))


@dataclass
class ListedRuns(Runs):
    """Keeps runs in a list; `frames` is the journal of every run."""

    items: list[Run]
    frames: list[Frame] = field(default_factory=list)
    started: list[tuple[str, str, RequestKey | None]] = field(default_factory=list)

    @override
    async def start(
        self,
        who: Principal,
        project: str,
        *,
        revision: str = "",
        priority: int = 5,
        request: RequestKey | None = None,
    ) -> Run:
        self.started.append((project, revision, request))
        return self.items[0]

    @override
    async def get(self, who: Principal, run: str) -> Run:
        missing = RunNotFound(f"There is no run '{run}'.")
        return only(self.items, lambda r: run == str(r.id), missing)

    @override
    async def list(
        self, who: Principal, page: PageRequest, *, project: str | None = None
    ) -> Page[Run]:
        fitting = [run for run in self.items if project in {None, run.project}]
        return page_of(fitting, page)

    @override
    async def cancel(self, who: Principal, run: str) -> Run:
        found = await self.get(who, run)
        ended = replace(found, state=State.CANCELLED)
        self.items[self.items.index(found)] = ended
        return ended

    @override
    async def logs(
        self, who: Principal, run: str, *, after: int = 0, follow: bool = True
    ) -> AsyncIterator[Frame]:
        await self.get(who, run)
        return _frames(self.frames, after)


async def _frames(frames: Sequence[Frame], after: int) -> AsyncIterator[Frame]:
    for frame in frames:
        if frame.offset >= after:
            yield frame


def written(*texts: tuple[str, bytes]) -> list[Frame]:
    """Return a sealed journal of outputs, given as stream and bytes."""
    frames = [
        Frame(
            offset=place * 100,
            next=place * 100 + 100,
            kind=FrameKind.OUTPUT,
            at=0.0,
            stream=stream,
            data=data,
        )
        for place, (stream, data) in enumerate(texts)
    ]
    end = len(frames) * 100
    frames.append(
        Frame(
            offset=end, next=end + 100, kind=FrameKind.END, at=0.0, stream="", data=b""
        )
    )
    return frames


class NoEnvironments(Environments):
    """A platform whose environments nobody may see."""

    @override
    async def list(
        self, who: Principal, page: PageRequest, *, project: str | None = None
    ) -> Page[Environment]:
        return Page(items=(), next=None)


@dataclass
class ListedWorkloads(Workloads):
    """Keeps workloads in a list."""

    items: list[Workload]
    frames: list[Frame] = field(default_factory=list)
    restarted: list[str] = field(default_factory=list)

    @override
    async def list(
        self, who: Principal, page: PageRequest, *, project: str | None = None
    ) -> Page[Workload]:
        fitting = [item for item in self.items if project in {None, item.project}]
        return page_of(fitting, page)

    @override
    async def get(self, who: Principal, workload: str) -> Workload:
        missing = WorkloadNotFound(f"There is no workload '{workload}'.")
        return only(self.items, lambda w: workload == str(w.id), missing)

    @override
    async def restart(
        self, who: Principal, workload: str, *, request: RequestKey | None = None
    ) -> Workload:
        self.restarted.append(workload)
        return await self.get(who, workload)

    @override
    async def delete(self, who: Principal, workload: str) -> None:
        self.items.remove(await self.get(who, workload))

    @override
    async def logs(
        self, who: Principal, workload: str, *, after: int = 0, follow: bool = False
    ) -> AsyncIterator[Frame]:
        await self.get(who, workload)
        return _frames(self.frames, after)


@dataclass
class ListedAudit(AuditLog):
    """Keeps entries in a list; remembers the last filter."""

    items: list[Entry]
    chain: ChainState = ChainState(entries=3)  # noqa: RUF009 - it is frozen
    wanted: EntryFilter = EntryFilter()  # noqa: RUF009 - it is frozen

    @override
    async def list(
        self, who: Principal, wanted: EntryFilter, page: PageRequest
    ) -> Page[Entry]:
        self.wanted = wanted
        return page_of(self.items, page)

    @override
    async def verify(self, who: Principal) -> ChainState:
        return self.chain

    @override
    async def state(self, who: Principal) -> TrailState:
        return TrailState(entries=len(self.items), sealed=len(self.items))


@dataclass
class ListedOperations(Operations):
    """Keeps operations in a list."""

    items: list[Operation]
    cancelled: list[UUID] = field(default_factory=list)

    @override
    async def submit(self, who: Principal, submission: Submission) -> Operation:
        raise NotImplementedError

    @override
    async def get(self, who: Principal, operation_id: UUID) -> Operation:
        missing = OperationNotFound("There is no such operation.")
        return only(self.items, lambda item: item.id == operation_id, missing)

    @override
    async def list(
        self, who: Principal, wanted: OperationFilter, page: PageRequest
    ) -> Page[Operation]:
        fitting = [item for item in self.items if wanted.state in {None, item.state}]
        return page_of(fitting, page)

    @override
    async def cancel(self, who: Principal, operation_id: UUID) -> Operation:
        self.cancelled.append(operation_id)
        return await self.get(who, operation_id)

    @override
    async def wait(self, operation_id: UUID) -> Operation:
        raise NotImplementedError


@dataclass
class ListedUsers(Users):
    """Keeps users in a list."""

    items: list[User]
    clock: Clock

    @override
    async def create(self, who: Principal, name: str, password: str) -> User:
        made = User(
            id=new_id(),
            tenant_id=DEFAULT_TENANT,
            name=name,
            disabled=False,
            created_at=self.clock.now(),
        )
        self.items.append(made)
        return made

    @override
    async def list(self, who: Principal, page: PageRequest) -> Page[User]:
        return page_of(self.items, page)

    @override
    async def get(self, who: Principal, name: str) -> User:
        return only(self.items, lambda user: user.name == name, LookupError(name))

    @override
    async def set_disabled(self, who: Principal, name: str, *, disabled: bool) -> User:
        found = await self.get(who, name)
        changed = replace(found, disabled=disabled)
        self.items[self.items.index(found)] = changed
        return changed

    @override
    async def set_password(
        self, who: Principal, name: str, password: str, *, old: str | None
    ) -> None:
        raise NotImplementedError


@dataclass
class ListedRoles(Roles):
    """Keeps roles and bindings in lists."""

    roles: list[Role]
    given: list[Binding]
    clock: Clock

    @override
    async def list(self, who: Principal, page: PageRequest) -> Page[Role]:
        return page_of(self.roles, page)

    @override
    async def get(self, who: Principal, name: str) -> Role:
        return only(self.roles, lambda role: role.name == name, LookupError(name))

    @override
    async def create(self, who: Principal, name: str, draft: RoleDraft) -> Role:
        made = Role(
            name=name,
            summary=draft.summary,
            permissions=frozenset(draft.permissions),
            own=frozenset(draft.permissions),
            includes=frozenset(draft.includes),
            built_in=False,
        )
        self.roles.append(made)
        return made

    @override
    async def update(self, who: Principal, name: str, draft: RoleDraft) -> Role:
        await self.delete(who, name)
        return await self.create(who, name, draft)

    @override
    async def delete(self, who: Principal, name: str) -> None:
        self.roles[:] = [each for each in self.roles if each.name != name]

    @override
    async def bindings(
        self,
        who: Principal,
        page: PageRequest,
        *,
        wanted: BindingFilter = BindingFilter(),  # noqa: B008 - frozen
    ) -> Page[Binding]:
        return page_of(self.given, page)

    @override
    async def bind(
        self,
        who: Principal,
        holder: str,
        role: str,
        *,
        scope: str,
        kind: HolderKind = HolderKind.USER,
    ) -> Binding:
        made = Binding(
            id=new_id(),
            principal_id=new_id(),
            principal_name=holder,
            principal_kind=kind,
            role=role,
            scope=scope,
            created_at=self.clock.now(),
        )
        self.given.append(made)
        return made

    @override
    async def unbind(self, who: Principal, binding_id: UUID) -> None:
        self.given[:] = [each for each in self.given if each.id != binding_id]


@dataclass
class PaperSessions(Sessions, Verifier):
    """Gives numbered tokens to whoever says `right`; a spent one ends the session."""

    clock: Clock
    who: Principal
    issued: int = 0
    revoked: bool = False

    @override
    async def login(
        self, username: str, password: str, *, origin: Origin, code: str = ""
    ) -> Tokens:
        if password != "right":
            raise WrongCredentials("The user name or the password is wrong.")
        if username == "careful" and code != "123456":
            raise SecondFactorNeeded("Give a code of your authenticator.")
        return self._tokens()

    @override
    async def refresh(self, refresh_token: str, *, origin: Origin) -> Tokens:
        if self.revoked or refresh_token != f"refresh-{self.issued}":
            raise Unauthenticated("Log in again.")
        return self._tokens()

    @override
    async def logout(self, who: Principal) -> None:
        self.revoked = True

    @override
    async def principal(self, access_token: str, *, origin: Origin) -> Principal:
        if self.revoked or access_token != f"access-{self.issued}":
            raise Unauthenticated("Log in again.")
        return replace(self.who, origin=origin)

    def _tokens(self) -> Tokens:
        self.issued += 1
        now: datetime = self.clock.now()
        return Tokens(
            access_token=f"access-{self.issued}",
            access_expires_at=now + timedelta(minutes=15),
            refresh_token=f"refresh-{self.issued}",
            refresh_expires_at=now + timedelta(days=7),
        )
