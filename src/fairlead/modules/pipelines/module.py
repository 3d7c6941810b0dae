"""The manifest and the wiring of pipelines."""

import os
from pathlib import Path

from dishka import Provider, Scope, provide

from fairlead.adapters.bus.part import Subscription, SubscriptionPart
from fairlead.adapters.engine.part import EnginePart
from fairlead.adapters.http.part import HttpPart
from fairlead.adapters.manifests.reader import read_manifest
from fairlead.adapters.schedules.part import SchedulablePart
from fairlead.adapters.settings.home import Home
from fairlead.adapters.settings.part import SettingsPart
from fairlead.adapters.sql.part import TablePart
from fairlead.adapters.wiring.part import ContainerPart
from fairlead.adapters.wiring.scopes import Scopes
from fairlead.kernel.blobs import Blobs
from fairlead.kernel.module import Module
from fairlead.kernel.principal import TenantId, service
from fairlead.kernel.processes import Launcher, PlainProcesses
from fairlead.kernel.secrecy import secrets_among
from fairlead.kernel.work import UnitOfWork
from fairlead.modules.pipelines.activities.checkout import CheckoutActivities
from fairlead.modules.pipelines.activities.deploy import DeployActivities
from fairlead.modules.pipelines.activities.desk import Desk, Plans
from fairlead.modules.pipelines.activities.finish import FinishActivities
from fairlead.modules.pipelines.activities.identity import StepIdentities
from fairlead.modules.pipelines.activities.outputs import OutputActivities
from fairlead.modules.pipelines.activities.running import Runner
from fairlead.modules.pipelines.activities.steps import StepActivities
from fairlead.modules.pipelines.activities.workplace import Workplaces
from fairlead.modules.pipelines.http import ProjectRunController, RunController
from fairlead.modules.pipelines.pages import CONSOLE
from fairlead.modules.pipelines.ports import ArtifactStore, RunStore, StepStore
from fairlead.modules.pipelines.public import RunQueued, Runs
from fairlead.modules.pipelines.settings import PipelinesSettings
from fairlead.modules.pipelines.sql import (
    SqlArtifactStore,
    SqlRunStore,
    SqlStepStore,
)
from fairlead.modules.pipelines.tasks import (
    OnOperationEnded,
    OnProjectDeleted,
    OnRunQueued,
    is_run,
)
from fairlead.modules.pipelines.use_cases.end import (
    CancelRun,
    RemoveProjectRuns,
    SettleRun,
)
from fairlead.modules.pipelines.use_cases.local import LocalRuns
from fairlead.modules.pipelines.use_cases.progress import Progress
from fairlead.modules.pipelines.use_cases.scheduled import ScheduledRuns
from fairlead.modules.pipelines.use_cases.show import (
    FindArtifact,
    FindRun,
    GetRun,
    ListRuns,
    ReadLogs,
)
from fairlead.modules.pipelines.use_cases.start import (
    NAME,
    ExecutorRule,
    StartRun,
    SubmitQueuedRun,
)
from fairlead.modules.pipelines.workflows import PIPELINE
from fairlead.modules.projects.public import ProjectDeleted, Sources
from fairlead.services.audit.public import AuditTrail
from fairlead.services.operations.public import OperationEnded, Operations


class PipelinesProvider(Provider):
    """Builds stores and use cases."""

    scope = Scope.REQUEST
    runs = provide(SqlRunStore, provides=RunStore)
    steps = provide(SqlStepStore, provides=StepStore)
    artifacts = provide(SqlArtifactStore, provides=ArtifactStore)
    progress = provide(Progress)
    start = provide(StartRun)
    submit = provide(SubmitQueuedRun)
    scheduled = provide(ScheduledRuns)
    find = provide(FindRun)
    get = provide(GetRun)
    list = provide(ListRuns)
    logs = provide(ReadLogs)
    find_artifact = provide(FindArtifact)
    local = provide(LocalRuns, provides=Runs)
    on_queued = provide(OnRunQueued)
    on_ended = provide(OnOperationEnded)
    on_deleted = provide(OnProjectDeleted)

    @provide(scope=Scope.APP)
    def plain(self, settings: PipelinesSettings) -> PlainProcesses:
        """Tell all who run what users wrote whether it needs isolation here."""
        return PlainProcesses(allowed=settings.unsafe_local)

    @provide(scope=Scope.APP)
    def rule(self, settings: PipelinesSettings) -> ExecutorRule:
        """Say whether steps may run here."""
        return ExecutorRule(settings.executor, settings.unsafe_local)

    @provide
    def cancel(
        self,
        find: FindRun,
        operations: Operations,
        trail: AuditTrail,
        work: UnitOfWork,
        tenant: TenantId,
    ) -> CancelRun:
        """Let it tell operations under our own name."""
        return CancelRun(
            find=find,
            operations=operations,
            trail=trail,
            work=work,
            system=service(NAME, tenant),
        )

    @provide
    def settle(self, progress: Progress, places: Workplaces) -> SettleRun:
        """Let it clear working copies."""
        return SettleRun(progress=progress, clear=places.clear)

    @provide
    def remove(  # noqa: PLR0913, PLR0917 - what it is made of
        self,
        runs: RunStore,
        artifacts: ArtifactStore,
        operations: Operations,
        blobs: Blobs,
        work: UnitOfWork,
        tenant: TenantId,
        places: Workplaces,
    ) -> RemoveProjectRuns:
        """Let it clear working copies."""
        return RemoveProjectRuns(
            runs=runs,
            artifacts=artifacts,
            operations=operations,
            blobs=blobs,
            work=work,
            system=service(NAME, tenant),
            clear=places.clear,
        )


class ActivitiesProvider(Provider):
    """Builds what the engine calls."""

    scope = Scope.APP
    desk = provide(Desk)

    @provide
    def plans(self) -> Plans:
        """Keep the plans of the runs at hand."""
        return Plans()

    deploy = provide(DeployActivities)
    finish = provide(FinishActivities)

    @provide
    def places(self, home: Home, settings: PipelinesSettings) -> Workplaces:
        """Work below the data folder.

        Raises:
            SecretRefused: a variable set to be redacted is too short for that.
        """
        names = settings.pass_environment
        passed = {name: os.environ[name] for name in names if name in os.environ}
        return Workplaces(
            home.path / "work",
            names,
            secrets_among(passed, always=settings.redact),
        )

    @provide
    def runner(self, launcher: Launcher, settings: PipelinesSettings) -> Runner:
        """Run programs with the process executor."""
        return Runner(launcher, settings.stop_grace_seconds)

    @provide
    def checkout(
        self,
        desk: Desk,
        places: Workplaces,
        runner: Runner,
        rule: ExecutorRule,
        sources: Sources,
        settings: PipelinesSettings,
    ) -> CheckoutActivities:
        """Pass it the limits of the settings."""
        return CheckoutActivities(
            desk=desk,
            places=places,
            runner=runner,
            rule=rule,
            sources=sources,
            timeout_seconds=settings.checkout_timeout_seconds,
            step_timeout_seconds=settings.step_timeout_seconds,
        )

    @provide
    def identities(self, scopes: Scopes, settings: PipelinesSettings) -> StepIdentities:
        """Give steps tokens only where the settings say so."""
        return StepIdentities(scopes, settings.run_identity)

    @provide
    def steps(
        self,
        desk: Desk,
        places: Workplaces,
        runner: Runner,
        identities: StepIdentities,
        rule: ExecutorRule,
        settings: PipelinesSettings,
    ) -> StepActivities:
        """Pass it the limits of the settings."""
        return StepActivities(
            desk=desk,
            places=places,
            runner=runner,
            identities=identities,
            rule=rule,
            step_timeout_seconds=settings.step_timeout_seconds,
        )

    @provide
    def outputs(
        self,
        desk: Desk,
        places: Workplaces,
        blobs: Blobs,
        settings: PipelinesSettings,
    ) -> OutputActivities:
        """Pass it the limits of the settings."""
        return OutputActivities(
            desk=desk,
            places=places,
            blobs=blobs,
            max_bytes=settings.artifact_max_bytes,
        )


HERE = Path(__file__).parent

MODULE = Module(
    manifest=read_manifest(HERE / "module.yaml"),
    parts=(
        SettingsPart("pipelines", PipelinesSettings),
        TablePart(HERE / "migrations"),
        ContainerPart((PipelinesProvider(), ActivitiesProvider())),
        CONSOLE,
        SchedulablePart((ScheduledRuns,)),
        HttpPart((ProjectRunController, RunController)),
        EnginePart(
            workflows=(PIPELINE,),
            activities=(
                CheckoutActivities,
                StepActivities,
                OutputActivities,
                DeployActivities,
                FinishActivities,
            ),
        ),
        SubscriptionPart(
            (
                Subscription("pipelines.submit_run", RunQueued, OnRunQueued),
                Subscription(
                    "pipelines.settle_run", OperationEnded, OnOperationEnded, is_run
                ),
                Subscription("pipelines.remove_runs", ProjectDeleted, OnProjectDeleted),
            )
        ),
    ),
)
