"""Operations over real tables and journals, wired as the product wires them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import pytest
from dishka import AsyncContainer, Provider, Scope, from_context, make_async_container
from dishka import provide as provides
from typing_extensions import override

from fairlead.adapters.blobs.files import FileBlobs
from fairlead.adapters.bus.outbox import SqlOutbox
from fairlead.adapters.journals.files import FileJournals
from fairlead.adapters.sql.connection import Connection
from fairlead.adapters.sql.sqlite import SqliteDatabase
from fairlead.adapters.sql.work import SqlUnitOfWork
from fairlead.adapters.wiring.scopes import Scopes
from fairlead.kernel.clock import Clock
from fairlead.kernel.engine import Engine
from fairlead.kernel.events import Event, Outbox
from fairlead.kernel.journal import Journals
from fairlead.kernel.principal import Principal, TenantId
from fairlead.kernel.work import UnitOfWork
from fairlead.services.audit.public import AuditTrail
from fairlead.services.authz.public import Authorizer
from fairlead.services.operations.desk import EngineDesk
from fairlead.services.operations.module import OperationsProvider
from fairlead.services.operations.permissions import OPERATION_CANCEL, OPERATION_READ
from fairlead.services.operations.public import (
    Feeds,
    Operation,
    Operations,
    OperationState,
    Submission,
)
from fairlead.services.operations.settings import OperationsSettings
from fairlead.testing.database import migrated_database
from fairlead.testing.fakes import GrantList, RecordingTrail

ADA = Principal(id=UUID(int=7), name="ada")
DEADLINE = 30.0
T = TypeVar("T")


class WallClock(Clock):
    """Tells the real time."""

    @override
    def now(self) -> datetime:
        return datetime.now(UTC)


class Platform(Provider):
    """What app.py gives to every module."""

    scope = Scope.REQUEST
    who = from_context(Principal, scope=Scope.REQUEST)

    def __init__(
        self,
        database: SqliteDatabase,
        engine: Engine,
        journals: Journals,
        settings: OperationsSettings,
    ) -> None:
        super().__init__()
        self.database, self.engine_, self.journals_ = database, engine, journals
        self.settings_, self.trail_ = settings, RecordingTrail()
        self.events: list[Event] = []

    @provides(scope=Scope.APP)
    def engine(self) -> Engine:
        return self.engine_

    @provides(scope=Scope.APP)
    def journals(self) -> Journals:
        return self.journals_

    @provides(scope=Scope.APP)
    def settings(self) -> OperationsSettings:
        return self.settings_

    @provides(scope=Scope.APP)
    def clock(self) -> Clock:
        return WallClock()

    @provides(scope=Scope.APP)
    def scopes(self, container: AsyncContainer) -> Scopes:
        return Scopes(container)

    @provides(scope=Scope.APP)
    def authorizer(self) -> Authorizer:
        return GrantList(OPERATION_READ, OPERATION_CANCEL)

    @provides(scope=Scope.APP)
    def trail(self) -> AuditTrail:
        return self.trail_

    @provides
    def connection(self) -> Connection:
        return self.database.connection()

    work = provides(SqlUnitOfWork, provides=UnitOfWork)

    @provides
    def outbox(self, connection: Connection) -> Outbox:
        return SqlOutbox(connection, lambda: None)

    @provides
    def tenant(self, who: Principal) -> TenantId:
        return who.tenant_id


@dataclass
class House:
    """A running installation of one service."""

    container: AsyncContainer
    platform: Platform
    engine: Engine
    database: SqliteDatabase
    desk: EngineDesk
    trail: RecordingTrail
    feeds: Feeds
    made: int = field(default=0)

    async def submit(self, number: int, **changes: Any) -> Operation:
        """Submit a piece of work as a subscriber of the bus would."""
        values: dict[str, Any] = {
            "id": UUID(int=number),
            "kind": "test.work",
            "argument": {"n": number},
            "subject": f"work/{number}",
            **changes,
        }
        return await self.call(lambda o: o.submit(ADA, Submission(**values)))

    async def get(self, number: int) -> Operation:
        return await self.call(lambda o: o.get(ADA, UUID(int=number)))

    async def cancel(self, number: int) -> Operation:
        return await self.call(lambda o: o.cancel(ADA, UUID(int=number)))

    async def wait(self, number: int) -> Operation:
        async with asyncio.timeout(DEADLINE):
            return await self.call(lambda o: o.wait(UUID(int=number)))

    async def call(self, what: Callable[[Operations], Awaitable[T]]) -> T:
        async with self.container(context={Principal: ADA}) as scope:
            return await what(await scope.get(Operations))

    async def state(self, number: int, wanted: OperationState) -> Operation:
        """Return the operation once it has come to a state."""
        async with asyncio.timeout(DEADLINE):
            while (operation := await self.get(number)).state is not wanted:  # noqa: ASYNC110 - a deadline holds
                await asyncio.sleep(0.005)
        return operation


Build = Callable[..., Any]


@pytest.fixture
def house(tmp_path: Path) -> Build:
    """Return what opens a house over one folder; twice is a restart."""

    @asynccontextmanager
    async def build(engine: Engine, **settings: Any) -> AsyncIterator[House]:
        journals = FileJournals(tmp_path / "journals", FileBlobs(tmp_path / "blobs"))
        async with _database(tmp_path) as database:
            platform = Platform(
                database, engine, journals, OperationsSettings(**settings)
            )
            container = make_async_container(platform, OperationsProvider())
            desk = await container.get(EngineDesk)
            await engine.open()
            await desk.open()
            try:
                yield House(
                    container,
                    platform,
                    engine,
                    database,
                    desk,
                    platform.trail_,
                    await container.get(Feeds),
                )
            finally:
                await desk.close()
                await engine.close()
                await container.close()
                journals.close()

    return build


@asynccontextmanager
async def _database(folder: Path) -> AsyncIterator[SqliteDatabase]:
    file = folder / "fairlead.db"
    if not file.exists():
        async with migrated_database(folder, ["operations"]) as database:
            yield database
        return
    database = SqliteDatabase(file)
    await database.open()
    yield database
    await database.close()


async def until(condition: Callable[[], bool]) -> None:
    """Wait for a condition, at most the deadline."""
    async with asyncio.timeout(DEADLINE):
        while not condition():  # noqa: ASYNC110 - a deadline holds
            await asyncio.sleep(0.005)


@pytest.fixture(name="until")
def until_() -> Callable[..., Any]:
    return until
