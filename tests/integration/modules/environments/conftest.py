"""A platform small enough to start in a test, with what deployments need."""

import asyncio
import shutil
import sys
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from dishka import AsyncContainer, Provider, Scope, make_async_container

from fairlead.adapters.blobs.provider import BlobsProvider
from fairlead.adapters.bus.provider import BusProvider
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
from fairlead.kernel.blobs import Blobs
from fairlead.kernel.clock import Clock
from fairlead.kernel.engine import Engine
from fairlead.kernel.ids import new_id
from fairlead.kernel.paging import PageRequest
from fairlead.kernel.principal import Principal, TenantId
from fairlead.kernel.processes import Launcher, PlainProcesses
from fairlead.modules.environments import permissions
from fairlead.modules.environments.activities import DeployActivities
from fairlead.modules.environments.module import MODULE, EnvironmentsProvider
from fairlead.modules.environments.public import (
    Deployments,
    DeployOrder,
    Workload,
    WorkloadOrder,
    Workloads,
)
from fairlead.modules.environments.settings import EnvironmentsSettings
from fairlead.modules.environments.supervisor import Supervisor
from fairlead.services.audit.public import AuditTrail
from fairlead.services.authz.public import Authorizer
from fairlead.services.operations.desk import EngineDesk
from fairlead.services.operations.module import OperationsProvider
from fairlead.services.operations.permissions import OPERATION_CANCEL, OPERATION_READ
from fairlead.services.operations.public import Feeds, Operation, Operations, Submission
from fairlead.services.operations.settings import OperationsSettings
from fairlead.testing.chosen_engine import engine_settings
from fairlead.testing.database import migrations_of
from fairlead.testing.fakes import GrantList, RecordingTrail

LONG = 60.0
HEALTH = 20.0
ADA = Principal(id=UUID(int=7), name="ada")
PROJECT = UUID(int=11)
GRANTS = (
    permissions.ENVIRONMENT_READ,
    permissions.WORKLOAD_READ,
    permissions.WORKLOAD_DEPLOY,
    permissions.WORKLOAD_RESTART,
    permissions.WORKLOAD_DELETE,
    OPERATION_READ,
    OPERATION_CANCEL,
)
SERVER = """
import os, socket, sys, threading, time

word, mood = os.environ.get("WORD", "none"), os.environ.get("MOOD", "")
status = "500 Ill" if mood == "ill" else "200 OK"

def serve(link):
    with link:
        asked = link.recv(65536)
        if asked.startswith(b"GET /die "):
            print("told to die", flush=True)
            os._exit(3)
        head = f"HTTP/1.1 {status}\\r\\nContent-Length: {len(word)}\\r\\n"
        link.sendall(f"{head}Connection: close\\r\\n\\r\\n{word}".encode())

if mood == "dead":
    print("cannot start: no heart")
    sys.exit(4)
if mood == "chatty":
    for number in range(40000):
        print("line", number, "x" * 80)
if mood == "slow":
    time.sleep(0.7)
print("hello from", word, flush=True)
with socket.create_server(("127.0.0.1", int(sys.argv[1]))) as server:
    while True:
        threading.Thread(target=serve, args=(server.accept()[0],)).start()
"""


class Platform:
    """Opens and reopens the parts on one data folder."""

    def __init__(self, folder: Path, settings: EnvironmentsSettings) -> None:
        self.folder = folder
        self.settings = settings
        self.ada = ADA
        self.project_id = PROJECT
        self.page = PageRequest()
        self.trail = RecordingTrail()
        self.plain = True
        self.container: AsyncContainer | None = None
        self.parts: list[Any] = []

    async def open(self) -> None:
        """Start everything, in the order the server does."""
        self.container = make_async_container(
            _platform(self),
            SqlProvider(),
            JournalsProvider(),
            BlobsProvider(),
            ProcessesProvider(),
            BusProvider({}),
            engine_provider(
                engine_settings(self.folder), tuple(MODULE.each(EnginePart))
            ),
            OperationsProvider(),
            EnvironmentsProvider(),
        )
        activities = await self.container.get(Activities)
        activities.collect(await self.container.get(DeployActivities))
        for kind in (ProcessLauncher, Engine, EngineDesk, Supervisor):
            part: Any = await self.container.get(kind)
            await part.open()
            self.parts.append(part)

    async def close(self, *, stop_workloads: bool = True) -> None:
        """Stop everything; workloads too, unless they are to run on."""
        while self.parts:
            part = self.parts.pop()
            if isinstance(part, ProcessLauncher):
                await part.close(stop_workloads=stop_workloads)
            else:
                await part.close()
        if self.container is not None:
            await self.container.close()
            self.container = None

    async def get(self, kind: type[Any]) -> Any:
        """Return an APP-scoped part."""
        assert self.container is not None
        return await self.container.get(kind)

    async def ask(self, kind: type[Any], method: str, *given: Any, **named: Any) -> Any:
        """Call a method of a REQUEST-scoped part on behalf of Ada."""
        scopes = await self.get(Scopes)
        async with scopes.enter(ADA) as scope:
            part = await scope.get(kind)
            return await getattr(part, method)(*given, **named)

    async def order(self, number: int, *workloads: WorkloadOrder) -> UUID:
        """Order a deployment of a run, as its operation's child."""
        operation_id, parent_id = new_id(), new_id()
        parent = Submission(id=parent_id, kind="none", argument=None, subject="a run")
        await self.ask(Operations, "submit", ADA, parent)
        order = DeployOrder(
            id=operation_id,
            parent_id=parent_id,
            project_id=PROJECT,
            project="hello",
            environment="dev",
            run_id=UUID(int=number),
            number=number,
            stream="deploy/web",
            workloads=workloads,
        )
        await self.ask(Deployments, "order", ADA, order)
        return operation_id

    async def ended(self, operation_id: UUID) -> Operation:
        """Wait for the end of an operation."""
        waiting = self.ask(Operations, "wait", operation_id)
        found: Operation = await asyncio.wait_for(waiting, LONG)
        return found

    async def told(self, operation: Operation) -> str:
        """Return what a deployment wrote to its feed."""
        feeds: Feeds = await self.get(Feeds)
        frames = await feeds.read(operation.feed_id)
        return b"".join(one.data for one in frames if one.kind == 1).decode()

    async def web(self) -> Workload:
        """Return the workload of most tests."""
        found: Workload = await self.ask(Workloads, "get", ADA, "hello/dev/web")
        return found

    async def script(self, **env: str) -> WorkloadOrder:
        """Return the order of a small web service that is one file."""
        blobs: Blobs = await self.get(Blobs)
        await blobs.put_bytes("artifacts/server/payload", SERVER.encode())
        return WorkloadOrder(
            name="web",
            blob="artifacts/server/payload",
            artifact_type="file",
            filename="server.py",
            executable=False,
            command=(sys.executable, "-S", "server.py", "$PORT"),
            port=8000,
            health="/healthz",
            env={"WORD": "one", **env},
        )

    async def keys(self) -> set[str]:
        """Return the keys of the replicas that run."""
        launcher: Launcher = await self.get(Launcher)
        return {one.key for one in await launcher.running()}

    async def look(self, url: str) -> tuple[int, str]:
        """Return status and body; 0 and the reason where nobody answers."""
        return await asyncio.to_thread(_fetch, url)

    async def until(self, fact: Callable[[], Awaitable[Any]], what: str) -> Any:
        """Wait until the awaited `fact` is true and return it."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + LONG
        while not (found := await fact()):
            assert loop.time() < deadline, what
            await asyncio.sleep(0.02)
        return found

    async def deploy(self, number: int, *orders: WorkloadOrder) -> Operation:
        """Deploy and wait for the end."""
        return await self.ended(await self.order(number, *orders))


def _fetch(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:  # noqa: S310 - ours
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()
    except OSError as error:
        return 0, str(error)


def _platform(platform: Platform) -> Provider:
    provider = Provider(scope=Scope.APP)
    provider.provide(lambda: Home(platform.folder), provides=Home)
    provider.provide(lambda: platform.settings, provides=EnvironmentsSettings)
    provider.provide(
        lambda: PlainProcesses(allowed=platform.plain), provides=PlainProcesses
    )
    provider.provide(OperationsSettings)
    provider.provide(lambda: engine_settings(platform.folder), provides=EngineSettings)
    provider.provide(Scopes)
    provider.provide(SystemClock, provides=Clock)
    provider.provide(lambda: platform.trail, provides=AuditTrail)
    provider.provide(lambda: GrantList(*GRANTS), provides=Authorizer)
    provider.from_context(Principal, scope=Scope.REQUEST)
    provider.provide(_tenant, provides=TenantId, scope=Scope.REQUEST)
    return provider


def _tenant(who: Principal) -> TenantId:
    return who.tenant_id


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a database with the tables, to be copied."""
    file = tmp_path_factory.mktemp("migrated") / FILE
    modules = ("operations", "environments")
    migrate(file, [(name, migrations_of(name)) for name in modules])
    return file


@pytest.fixture
async def platform(tmp_path: Path, migrated: Path) -> AsyncIterator[Platform]:
    shutil.copy(migrated, tmp_path / FILE)
    settings = EnvironmentsSettings(
        ports="21000-21999",
        health_timeout_seconds=HEALTH,
        restart_seconds=0.02,
        drain_seconds=5.0,
        output_bytes=1024 * 1024,
        output_check_seconds=0.1,
    )
    platform = Platform(tmp_path, settings)
    await platform.open()
    yield platform
    await platform.close()
