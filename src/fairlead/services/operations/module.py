"""How operations plug into the platform."""

from pathlib import Path

from dishka import Provider, Scope, provide

from fairlead.adapters.grpc.part import GrpcPart
from fairlead.adapters.http.part import HttpPart
from fairlead.adapters.manifests.reader import read_manifest
from fairlead.adapters.settings.part import SettingsPart
from fairlead.adapters.sql.part import TablePart
from fairlead.adapters.wiring.part import ContainerPart, LifecyclePart
from fairlead.adapters.wiring.scopes import Scopes
from fairlead.kernel.clock import Clock
from fairlead.kernel.engine import Engine
from fairlead.kernel.journal import Journals
from fairlead.kernel.module import Module
from fairlead.services.operations.books import ScopedBooks
from fairlead.services.operations.desk import EngineDesk
from fairlead.services.operations.domain.floor import Limits
from fairlead.services.operations.feeds import JournalFeeds
from fairlead.services.operations.http import OperationController
from fairlead.services.operations.pages import CONSOLE
from fairlead.services.operations.ports import Desk, Docket, OperationStore
from fairlead.services.operations.public import Feeds, Operations
from fairlead.services.operations.settings import OperationsSettings
from fairlead.services.operations.sql import SqlDocket, SqlOperationStore
from fairlead.services.operations.use_cases import (
    AwaitOperation,
    CancelOperation,
    GetOperation,
    ListOperations,
    LocalOperations,
    SubmitOperation,
)

HERE = Path(__file__).parent


class OperationsProvider(Provider):
    """One desk per process; stores and use cases per request."""

    scope = Scope.REQUEST

    store = provide(SqlOperationStore, provides=OperationStore)
    docket = provide(SqlDocket, provides=Docket)
    submit = provide(SubmitOperation)
    get = provide(GetOperation)
    list = provide(ListOperations)
    cancel = provide(CancelOperation)
    wait = provide(AwaitOperation)
    operations = provide(LocalOperations, provides=Operations)

    @provide(scope=Scope.APP)
    def journal_feeds(self, journals: Journals) -> JournalFeeds:
        """Keep feeds in the platform's journals."""
        return JournalFeeds(journals)

    @provide(scope=Scope.APP)
    def feeds(self, feeds: JournalFeeds) -> Feeds:
        """Show others the public side of it."""
        return feeds

    @provide(scope=Scope.APP)
    def engine_desk(
        self,
        engine: Engine,
        scopes: Scopes,
        feeds: JournalFeeds,
        clock: Clock,
        settings: OperationsSettings,
    ) -> EngineDesk:
        """Build the desk; `LifecyclePart` opens it."""
        limits = Limits(
            total=settings.limit,
            per_project=settings.per_project,
            per_kind=settings.per_kind,
        )
        return EngineDesk(engine, ScopedBooks(scopes), feeds, clock, limits)

    @provide(scope=Scope.APP)
    def desk(self, desk: EngineDesk) -> Desk:
        """Give the use cases the same desk."""
        return desk


MODULE = Module(
    manifest=read_manifest(HERE / "module.yaml"),
    parts=(
        ContainerPart(providers=(OperationsProvider(),)),
        SettingsPart(section="operations", type=OperationsSettings),
        TablePart(migrations=HERE / "migrations"),
        HttpPart(controllers=(OperationController,)),
        GrpcPart(servicers=("fairlead.services.operations.grpc:OperationsServicer",)),
        CONSOLE,
        LifecyclePart(types=(EngineDesk,)),
    ),
)
