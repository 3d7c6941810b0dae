"""Pipelines with all that is real below them: SQL, engine, launcher, files."""

import json
import os
import subprocess
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from dishka import AsyncContainer, Provider, Scope, from_context, make_async_container
from dishka import provide as provided
from typing_extensions import override

from fairlead.adapters.blobs.provider import BlobsProvider
from fairlead.adapters.bus.part import SubscriptionPart
from fairlead.adapters.bus.provider import BusProvider
from fairlead.adapters.bus.relay import OutboxRelay
from fairlead.adapters.engine.choice import engine_provider
from fairlead.adapters.engine.part import EnginePart
from fairlead.adapters.engine.registry import Activities
from fairlead.adapters.engine.settings import EngineSettings
from fairlead.adapters.journals.provider import JournalsProvider
from fairlead.adapters.processes.client import ProcessLauncher
from fairlead.adapters.processes.provider import ProcessesProvider
from fairlead.adapters.settings.home import Home
from fairlead.adapters.sql.migrate import migrate
from fairlead.adapters.sql.provider import FILE, SqlProvider
from fairlead.adapters.wiring.clock import SystemClock
from fairlead.adapters.wiring.scopes import Scopes
from fairlead.kernel.clock import Clock
from fairlead.kernel.engine import Engine, Json, Steps, Workflow
from fairlead.kernel.errors import FairleadError
from fairlead.kernel.ids import new_id
from fairlead.kernel.journal import FrameKind
from fairlead.kernel.paging import Page, PageRequest
from fairlead.kernel.principal import Principal, TenantId, service
from fairlead.kernel.reach import Reach
from fairlead.modules.environments.public import Deployments, DeployOrder
from fairlead.modules.pipelines import module as pipelines
from fairlead.modules.pipelines.public import Run, Runs, State
from fairlead.modules.pipelines.settings import PipelinesSettings
from fairlead.modules.projects.domain import LocalRoots
from fairlead.modules.projects.folders import LocalFolders
from fairlead.modules.projects.public import (
    Project,
    ProjectNotFound,
    Projects,
    Sources,
)
from fairlead.modules.projects.use_cases import LocalSources, RepositoryRule
from fairlead.services.audit.public import AuditTrail
from fairlead.services.authz.public import Authorizer
from fairlead.services.operations.desk import EngineDesk
from fairlead.services.operations.module import OperationsProvider
from fairlead.services.operations.public import Operations, Submission
from fairlead.services.operations.settings import OperationsSettings
from fairlead.testing.chosen_engine import engine_settings
from fairlead.testing.database import migrations_of
from fairlead.testing.fakes import GrantList, RecordingTrail

ADA = Principal(id=UUID(int=7), name="ada")
SYSTEM = service("tests")


class Everything(GrantList):
    """Allows everybody everything."""

    @override
    async def require(self, who: Principal, permission: str, **more: Any) -> None:
        return

    @override
    async def reach(self, who: Principal, permission: str) -> Reach:
        return Reach(everywhere=True)


class Shelf(Projects):
    """The projects a test made, by name."""

    def __init__(self) -> None:
        self.projects: dict[str, Project] = {}

    def put(self, name: str, repository: str, branch: str = "") -> Project:
        self.projects[name] = Project(
            id=new_id(),
            name=name,
            repository=repository,
            branch=branch,
            created_at=SystemClock().now(),
        )
        return self.projects[name]

    @override
    async def create(
        self, who: Principal, name: str, repository: str, *, branch: str = ""
    ) -> Project:
        return self.put(name, repository, branch)

    @override
    async def get(self, who: Principal, project: str) -> Project:
        if project not in self.projects:
            raise ProjectNotFound("There is none.")
        return self.projects[project]

    @override
    async def list(self, who: Principal, page: PageRequest) -> Page[Project]:
        return Page(items=tuple(self.projects.values()))

    @override
    async def delete(self, who: Principal, project: str) -> None:
        del self.projects[project]


class DeployRefused(FairleadError):
    """A deployment that the test wants to fail."""

    kind = ProjectNotFound.kind
    code = "tests.deploy_refused"


@dataclass
class Placed(Deployments):
    """Deploys by an operation that only waits for a signal, or fails when told so."""

    operations: Operations
    orders: list[DeployOrder]

    @override
    async def order(self, who: Principal, order: DeployOrder) -> UUID:
        self.orders.append(order)
        workload = order.workloads[0]
        submission = Submission(
            id=order.id,
            kind="tests.deploy",
            argument={"name": workload.name, "command": workload.command[0]},
            subject=order.project,
            parent_id=order.parent_id,
        )
        return (await self.operations.submit(who, submission)).id


async def place(steps: Steps, argument: Json) -> Json:
    """End at once, never, or as failed, as the workload's command says."""
    asked = argument["input"]
    if asked["command"] == "fail":
        raise DeployRefused("It never answered.")
    if asked["command"] == "hang":
        await steps.signal("never")
    url = "http://127.0.0.1:1"
    return {"workloads": [{"id": "1", "name": asked["name"], "url": url}]}


def _anywhere_but(home: Path) -> Sources:
    """Return a rule that lets any repository of this machine be built from."""
    roots = LocalRoots(("/",), str(home))
    return LocalSources(rule=RepositoryRule(folders=LocalFolders(), local=roots))


def _constant(value: Any) -> Callable[[], Any]:
    return lambda: value


@dataclass
class StandIns(Provider):
    """What other rooms bring, and the platform."""

    home: Path
    shelf: Shelf
    orders: list[DeployOrder]
    settings: PipelinesSettings

    principal = from_context(Principal, scope=Scope.REQUEST)
    scopes = provided(Scopes, scope=Scope.APP)

    def __post_init__(self) -> None:
        super().__init__()
        for value, kind in (
            (Home(self.home), Home),
            (SystemClock(), Clock),
            (Everything(), Authorizer),
            (RecordingTrail(), AuditTrail),
            (self.shelf, Projects),
            (_anywhere_but(self.home), Sources),
            (engine_settings(self.home), EngineSettings),
            (OperationsSettings(), OperationsSettings),
            (self.settings, PipelinesSettings),
        ):
            self.provide(_constant(value), provides=kind, scope=Scope.APP)

    @provided(scope=Scope.REQUEST)
    def tenant(self, who: Principal) -> TenantId:
        return who.tenant_id

    @provided(scope=Scope.REQUEST)
    def deployments(self, operations: Operations) -> Deployments:
        return Placed(operations, self.orders)


@dataclass
class Rig:
    """A running platform with pipelines in it."""

    home: Path
    container: AsyncContainer
    shelf: Shelf
    orders: list[DeployOrder]
    opened: list[Any] = field(default_factory=list)

    async def open(self) -> None:
        migrate(
            self.home / FILE,
            [(name, migrations_of(name)) for name in ("operations", "pipelines")],
        )
        activities = await self.container.get(Activities)
        for part in pipelines.MODULE.each(EnginePart):
            for kind in part.activities:
                activities.collect(await self.container.get(kind))
        for kind in (ProcessLauncher, Engine, EngineDesk, OutboxRelay):
            part = await self.container.get(kind)
            await part.open()
            self.opened.append(part)

    async def close(self) -> None:
        while self.opened:
            await self.opened.pop().close()
        await self.container.close()

    @asynccontextmanager
    async def runs(self) -> AsyncIterator[Runs]:
        async with (await self.container.get(Scopes)).enter(ADA) as scope:
            yield await scope.get(Runs)

    async def start(self, project: str, **more: Any) -> Run:
        async with self.runs() as runs:
            return await runs.start(ADA, project, **more)

    async def get(self, run_id: UUID) -> Run:
        async with self.runs() as runs:
            return await runs.get(ADA, str(run_id))

    async def ended(self, run: Run) -> Run:
        """Return a run once its operation has ended."""
        async with (await self.container.get(Scopes)).enter(SYSTEM) as scope:
            operations = await scope.get(Operations)
            operation = await operations.wait(run.id)
        found = await self.get(run.id)
        assert found.state.value == operation.state.value, operation
        return found

    async def run(self, project: str, **more: Any) -> Run:
        return await self.ended(await self.start(project, **more))

    async def frames(
        self, run: Run, kind: FrameKind, stream: str | None
    ) -> list[bytes]:
        async with self.runs() as runs:
            found = await runs.logs(ADA, str(run.id))
            return [
                frame.data
                async for frame in found
                if frame.kind is kind and stream in {None, frame.stream}
            ]

    async def output(self, run: Run, stream: str | None = None) -> bytes:
        return b"".join(await self.frames(run, FrameKind.OUTPUT, stream))

    async def events(self, run: Run) -> list[dict[str, Any]]:
        return [
            json.loads(data) for data in await self.frames(run, FrameKind.EVENT, None)
        ]

    async def follow(self, run: Run, wanted: bytes) -> None:
        """Return once a line with `wanted` stands in the run's output."""
        seen = b""
        async with self.runs() as runs:
            async for frame in await runs.logs(ADA, str(run.id)):
                if frame.kind is FrameKind.OUTPUT:
                    seen += frame.data
                if b"\n" + wanted in seen:
                    return
        raise AssertionError(f"{wanted!r} was never printed: {seen!r}")

    def work(self, run: Run) -> Path:
        return self.home / "work" / str(run.id)


def build(home: Path, shelf: Shelf | None = None, **settings: Any) -> Rig:
    """Put a platform together in a folder; `open` starts it."""
    home.mkdir(exist_ok=True)
    orders: list[DeployOrder] = []
    shelf = shelf or Shelf()
    chosen = PipelinesSettings(**{"unsafe_local": True, **settings})
    heard = [
        heard
        for part in pipelines.MODULE.each(SubscriptionPart)
        for heard in part.subscriptions
    ]
    workflow = Workflow(name="tests.deploy", function=place)
    container = make_async_container(
        SqlProvider(),
        JournalsProvider(),
        BlobsProvider(),
        ProcessesProvider(),
        BusProvider({"pipelines": heard}),
        engine_provider(
            engine_settings(home),
            [
                *pipelines.MODULE.each(EnginePart),
                EnginePart(workflows=(workflow,), activities=()),
            ],
        ),
        OperationsProvider(),
        pipelines.PipelinesProvider(),
        pipelines.ActivitiesProvider(),
        StandIns(home, shelf, orders, chosen),
    )
    return Rig(home=home, container=container, shelf=shelf, orders=orders)


def repository(folder: Path, files: Mapping[str, str], *, branch: str = "main") -> Path:
    """Make a repository with one commit of `files`."""
    folder.mkdir(parents=True)
    git(folder, "init", "--quiet", f"--initial-branch={branch}")
    if files:
        commit(folder, files)
    return folder


def commit(folder: Path, files: Mapping[str, str], message: str = "Begin") -> str:
    """Commit `files` and return the commit's hash."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", message)
    return git(folder, "rev-parse", "HEAD")


def git(folder: Path, *arguments: str) -> str:
    """Run git as somebody, whatever this machine's settings are."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "Ada",
        "GIT_AUTHOR_EMAIL": "ada@example.com",
        "GIT_COMMITTER_NAME": "Ada",
        "GIT_COMMITTER_EMAIL": "ada@example.com",
    }
    done = subprocess.run(  # noqa: S603 - our own arguments
        ["git", *arguments],  # noqa: S607 - found by PATH
        cwd=folder,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip()


def states(run: Run) -> dict[str, State]:
    """Return the state of each step by `stage/step`."""
    return {
        step.stream: step.state
        for stage in run.stages
        for job in stage.jobs
        for step in job.steps
    }
