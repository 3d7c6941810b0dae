"""How environments plug into the platform."""

import os
import sys
from pathlib import Path

from dishka import Provider, Scope, provide

from fairlead.adapters.engine.part import EnginePart
from fairlead.adapters.http.part import HttpPart
from fairlead.adapters.manifests.reader import read_manifest
from fairlead.adapters.schedules.part import DigestPart
from fairlead.adapters.settings.home import Home
from fairlead.adapters.settings.part import SettingsPart
from fairlead.adapters.sql.part import TablePart
from fairlead.adapters.wiring.part import ContainerPart, LifecyclePart
from fairlead.kernel.blobs import Blobs
from fairlead.kernel.journal import Journals
from fairlead.kernel.module import Module
from fairlead.kernel.processes import Launcher, PlainProcesses
from fairlead.kernel.secrecy import secrets_among
from fairlead.modules.environments import use_cases
from fairlead.modules.environments.activities import DeployActivities
from fairlead.modules.environments.failures import FailedWorkloads
from fairlead.modules.environments.http import (
    EnvironmentController,
    WorkloadController,
)
from fairlead.modules.environments.ledger import Ledger
from fairlead.modules.environments.orders import (
    LocalDeployments,
    LocalEnvironments,
    LocalWorkloads,
    OrderDeployment,
)
from fairlead.modules.environments.pages import CONSOLE
from fairlead.modules.environments.pages.panels import (
    WhatRunsWhere,
    WorkloadFinder,
    WorkloadsOfProject,
)
from fairlead.modules.environments.ports import (
    EnvironmentStore,
    Fleet,
    Keeper,
    PortChooser,
    ReleaseStore,
    WorkloadStore,
)
from fairlead.modules.environments.ports import Provider as ReleaseProvider
from fairlead.modules.environments.probe import PortRange
from fairlead.modules.environments.process_provider import ProcessProvider
from fairlead.modules.environments.public import Deployments, Environments, Workloads
from fairlead.modules.environments.settings import EnvironmentsSettings
from fairlead.modules.environments.sql import (
    SqlEnvironmentStore,
    SqlFleet,
    SqlReleaseStore,
    SqlWorkloadStore,
)
from fairlead.modules.environments.supervisor import Supervisor
from fairlead.modules.environments.tasks import SUBSCRIPTIONS
from fairlead.modules.environments.upkeep import Upkeep
from fairlead.modules.environments.workflows import WORKFLOWS
from fairlead.services.authz.public import EnvironmentPlaces

HERE = Path(__file__).parent


class EnvironmentsProvider(Provider):
    """One supervisor per process; stores and use cases per request."""

    scope = Scope.REQUEST

    environment_store = provide(SqlEnvironmentStore, provides=EnvironmentStore)
    workload_store = provide(SqlWorkloadStore, provides=WorkloadStore)
    release_store = provide(SqlReleaseStore, provides=ReleaseStore)
    fleet = provide(SqlFleet, provides=Fleet)
    ledger = provide(Ledger)
    upkeep = provide(Upkeep)

    list_environments = provide(use_cases.ListEnvironments)
    list_workloads = provide(use_cases.ListWorkloads)
    find_workload = provide(use_cases.FindWorkload)
    get_workload = provide(use_cases.GetWorkload)
    restart_workload = provide(use_cases.RestartWorkload)
    delete_workload = provide(use_cases.DeleteWorkload)
    read_output = provide(use_cases.ReadOutput)
    remove_project = provide(use_cases.RemoveProject)
    places = provide(use_cases.EnvironmentScopes, provides=EnvironmentPlaces)
    order_deployment = provide(OrderDeployment)
    deployments = provide(LocalDeployments, provides=Deployments)
    environments = provide(LocalEnvironments, provides=Environments)
    workloads = provide(LocalWorkloads, provides=Workloads)
    failed = provide(FailedWorkloads)

    supervisor = provide(Supervisor, scope=Scope.APP)
    activities = provide(DeployActivities, scope=Scope.APP)

    @provide(scope=Scope.APP)
    def keeper(self, supervisor: Supervisor) -> Keeper:
        """Give the use cases the same supervisor."""
        return supervisor

    @provide(scope=Scope.APP)
    def address(self, settings: EnvironmentsSettings) -> use_cases.Address:
        """Tell by which host workloads are reached."""
        return use_cases.Address(settings.host)

    @provide(scope=Scope.APP)
    def ports(self, settings: EnvironmentsSettings) -> PortChooser:
        """Choose ports for fronts in the range set for them."""
        return PortRange(settings.host, settings.ports)

    @provide(scope=Scope.APP)
    def provider(
        self,
        plain: PlainProcesses,
        launcher: Launcher,
        blobs: Blobs,
        journals: Journals,
        home: Home,
        settings: EnvironmentsSettings,
    ) -> ReleaseProvider:
        """Run releases as processes of this host.

        Raises:
            SecretRefused: a variable set to be redacted is too short for that.
        """
        names = settings.pass_environment
        passed = {name: os.environ[name] for name in names if name in os.environ}
        return ProcessProvider(
            plain=plain,
            launcher=launcher,
            blobs=blobs,
            journals=journals,
            root=home.path / "releases",
            host=settings.host,
            path=_search_path(),
            passed=passed,
            secrets=secrets_among(passed, always=settings.redact),
            install_timeout_seconds=settings.install_timeout_seconds,
            release_max_bytes=settings.release_max_bytes,
        )


class EnvironmentsConsole(Provider):
    """What the console shows of environments."""

    scope = Scope.REQUEST

    overview = provide(WhatRunsWhere)
    of_project = provide(WorkloadsOfProject)
    finder = provide(WorkloadFinder)


def _search_path() -> str:
    """Return the server's PATH without the environment the server itself runs in."""
    own = str(Path(sys.prefix) / "bin")
    parts = os.environ.get("PATH", os.defpath).split(os.pathsep)
    virtual = sys.prefix != sys.base_prefix
    return os.pathsep.join(part for part in parts if not (virtual and part == own))


MODULE = Module(
    manifest=read_manifest(HERE / "module.yaml"),
    parts=(
        ContainerPart(providers=(EnvironmentsProvider(), EnvironmentsConsole())),
        SettingsPart(section="environments", type=EnvironmentsSettings),
        TablePart(migrations=HERE / "migrations"),
        EnginePart(workflows=WORKFLOWS, activities=(DeployActivities,)),
        HttpPart(controllers=(EnvironmentController, WorkloadController)),
        SUBSCRIPTIONS,
        DigestPart(types=(FailedWorkloads,)),
        LifecyclePart(types=(Supervisor,)),
        CONSOLE,
    ),
)
