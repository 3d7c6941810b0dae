"""How operations plug into the platform."""

from datetime import timedelta
from pathlib import Path

from dishka import AsyncContainer, Provider, Scope, provide

from fairlead.adapters.engine.part import EnginePart
from fairlead.adapters.grpc.part import GrpcPart
from fairlead.adapters.http.part import HttpPart
from fairlead.adapters.manifests.reader import read_manifest
from fairlead.adapters.schedules.part import DigestPart, SchedulableTypes
from fairlead.adapters.settings.part import SettingsPart
from fairlead.adapters.sql.part import TablePart
from fairlead.adapters.wiring.part import ContainerPart, LifecyclePart
from fairlead.adapters.wiring.scopes import Scopes
from fairlead.kernel.clock import Clock
from fairlead.kernel.engine import Engine
from fairlead.kernel.idempotency import IdempotencyKeys
from fairlead.kernel.journal import Journals
from fairlead.kernel.module import Catalog, Module
from fairlead.kernel.principal import TenantId
from fairlead.kernel.schedules import Calendar
from fairlead.kernel.work import UnitOfWork
from fairlead.services.audit.public import AuditTrail
from fairlead.services.authz.public import Authorizer
from fairlead.services.operations.activities import UpkeepActivities
from fairlead.services.operations.books import Expiry, ScopedBooks
from fairlead.services.operations.desk import EngineDesk
from fairlead.services.operations.domain.floor import Limits
from fairlead.services.operations.feeds import JournalFeeds
from fairlead.services.operations.http import OperationController, ScheduleController
from fairlead.services.operations.kinds import ContainerKinds
from fairlead.services.operations.pages import CONSOLE
from fairlead.services.operations.ports import (
    Agenda,
    Alarm,
    Attic,
    Desk,
    Docket,
    FeedLedger,
    Kinds,
    OperationStore,
    ScheduleStore,
)
from fairlead.services.operations.public import Feeds, Operations
from fairlead.services.operations.scheduler import Scheduler
from fairlead.services.operations.settings import OperationsSettings
from fairlead.services.operations.sql import (
    SqlAgenda,
    SqlDocket,
    SqlFeedLedger,
    SqlOperationStore,
    SqlScheduleStore,
)
from fairlead.services.operations.upkeep import JournalUpkeep
from fairlead.services.operations.use_cases.digest import MailDigest
from fairlead.services.operations.use_cases.explain import ExplainOperation
from fairlead.services.operations.use_cases.follow import FollowOperation
from fairlead.services.operations.use_cases.journals import PruneJournals
from fairlead.services.operations.use_cases.pauses import (
    PauseSchedule,
    ResumeSchedule,
    RunSchedule,
)
from fairlead.services.operations.use_cases.schedules import (
    CreateSchedule,
    DeleteSchedule,
    Editing,
    FindSchedule,
    ListSchedules,
    UpdateSchedule,
)
from fairlead.services.operations.use_cases.ticks import (
    CarryOutTick,
    KeepJobs,
    Starter,
)
from fairlead.services.operations.use_cases.upkeep import (
    EndedWork,
    NewUsers,
    PruneOperations,
)
from fairlead.services.operations.use_cases.work import (
    AwaitOperation,
    CancelOperation,
    GetOperation,
    ListOperations,
    LocalOperations,
    SubmitOperation,
)
from fairlead.services.operations.workflows import WORKFLOWS

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
    explain = provide(ExplainOperation)
    follow = provide(FollowOperation)
    operations = provide(LocalOperations, provides=Operations)

    ledger = provide(SqlFeedLedger, provides=FeedLedger)

    @provide(scope=Scope.APP)
    def journal_feeds(
        self,
        journals: Journals,
        scopes: Scopes,
        clock: Clock,
        settings: OperationsSettings,
    ) -> JournalFeeds:
        """Keep feeds in the platform's journals, as long as the settings say."""
        keep = timedelta(days=settings.journal_days)
        return JournalFeeds(
            journals,
            max_lag=settings.reader_lag_bytes,
            expired=Expiry(ScopedBooks(scopes), clock, keep),
        )

    @provide
    def prune_journals(
        self,
        ledger: FeedLedger,
        attic: Attic,
        work: UnitOfWork,
        settings: OperationsSettings,
    ) -> PruneJournals:
        """Pass it the spans of the settings."""
        return PruneJournals(
            ledger=ledger,
            attic=attic,
            work=work,
            keep_here=timedelta(days=settings.journal_days_local),
            keep=timedelta(days=settings.journal_days),
        )

    @provide(scope=Scope.APP)
    def journal_upkeep(
        self,
        scopes: Scopes,
        feeds: JournalFeeds,
        clock: Clock,
        settings: OperationsSettings,
    ) -> JournalUpkeep:
        """Build what prunes; `LifecyclePart` opens it."""
        at_once = settings.journal_days_local == 0
        return JournalUpkeep(scopes, feeds, clock, at_once=at_once)

    @provide(scope=Scope.APP)
    def attic(self, feeds: JournalFeeds) -> Attic:
        """Discard and move feeds."""
        return feeds

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
        return EngineDesk(
            engine,
            ScopedBooks(scopes),
            feeds,
            clock,
            limits,
            grace_seconds=settings.grace_seconds,
        )

    @provide(scope=Scope.APP)
    def desk(self, desk: EngineDesk) -> Desk:
        """Give the use cases the same desk."""
        return desk


class SchedulesProvider(Provider):
    """One scheduler per process; stores and use cases per request."""

    scope = Scope.REQUEST

    store = provide(SqlScheduleStore, provides=ScheduleStore)
    agenda = provide(SqlAgenda, provides=Agenda)
    find = provide(FindSchedule)
    list = provide(ListSchedules)
    editing = provide(Editing)
    update = provide(UpdateSchedule)
    pause = provide(PauseSchedule)
    resume = provide(ResumeSchedule)
    run = provide(RunSchedule)
    delete = provide(DeleteSchedule)
    starter = provide(Starter)
    tick = provide(CarryOutTick)
    keep_jobs = provide(KeepJobs)
    ended_work = provide(EndedWork)
    mail_digest = provide(MailDigest)
    new_users = provide(NewUsers)
    upkeep = provide(UpkeepActivities, scope=Scope.APP)

    @provide
    def kinds(self, container: AsyncContainer, types: SchedulableTypes) -> Kinds:
        """Build what modules offer."""
        return ContainerKinds(container, types)

    @provide
    def create(  # noqa: PLR0913, PLR0917 - what it is made of
        self,
        editing: Editing,
        kinds: Kinds,
        authorizer: Authorizer,
        calendar: Calendar,
        keys: IdempotencyKeys,
        clock: Clock,
        settings: OperationsSettings,
    ) -> CreateSchedule:
        """Pass it the jitter of the settings."""
        return CreateSchedule(
            editing=editing,
            kinds=kinds,
            authorizer=authorizer,
            calendar=calendar,
            keys=keys,
            clock=clock,
            jitter_seconds=settings.jitter_seconds,
        )

    @provide
    def prune(  # noqa: PLR0913 - what the use case needs
        self,
        *,
        store: OperationStore,
        attic: Attic,
        trail: AuditTrail,
        work: UnitOfWork,
        clock: Clock,
        settings: OperationsSettings,
        tenant: TenantId,
    ) -> PruneOperations:
        """Pass it the span of the settings."""
        return PruneOperations(
            store=store,
            attic=attic,
            trail=trail,
            work=work,
            clock=clock,
            keep=timedelta(days=settings.retention_days),
            tenant=tenant,
        )

    @provide(scope=Scope.APP)
    def scheduler(
        self,
        scopes: Scopes,
        clock: Clock,
        catalog: Catalog,
        settings: OperationsSettings,
    ) -> Scheduler:
        """Build the scheduler; `LifecyclePart` opens it."""
        return Scheduler(
            scopes, clock, catalog.jobs(), jitter_seconds=settings.jitter_seconds
        )

    @provide(scope=Scope.APP)
    def alarm(self, scheduler: Scheduler) -> Alarm:
        """Wake the same scheduler."""
        return scheduler


MODULE = Module(
    manifest=read_manifest(HERE / "module.yaml"),
    parts=(
        ContainerPart(providers=(OperationsProvider(), SchedulesProvider())),
        SettingsPart(section="operations", type=OperationsSettings),
        TablePart(migrations=HERE / "migrations"),
        HttpPart(controllers=(OperationController, ScheduleController)),
        GrpcPart(
            servicers=(
                "fairlead.services.operations.grpc:OperationsServicer",
                "fairlead.services.operations.grpc:SchedulesServicer",
            )
        ),
        CONSOLE,
        EnginePart(workflows=WORKFLOWS, activities=(UpkeepActivities,)),
        DigestPart(types=(EndedWork, NewUsers)),
        LifecyclePart(types=(JournalUpkeep, EngineDesk, Scheduler)),
    ),
)
