"""The whole console over stand-ins: every page, no module behind it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from dishka import Provider, Scope, from_context, make_async_container
from dishka.integrations.litestar import LitestarProvider
from litestar import Litestar
from prometheus_client import CollectorRegistry
from tests.unit.console.access import (
    GoneUsers,
    ListedGroups,
    ListedPolicies,
    NewUsers,
    PaperDecisions,
    policy_of,
)
from tests.unit.console.samples import ADA, Samples
from tests.unit.console.stand_ins import (
    ListedAudit,
    ListedOperations,
    ListedProjects,
    ListedRoles,
    ListedRuns,
    ListedUsers,
    ListedWorkloads,
    NoEnvironments,
    PaperSessions,
)
from typing_extensions import override

from fairlead.adapters.http.authentication import Authenticator, CookieAuthenticator
from fairlead.adapters.http.edge import Asgi, Edge
from fairlead.adapters.http.guards import together
from fairlead.adapters.http.metrics import HttpMetrics
from fairlead.adapters.http.settings import HttpSettings
from fairlead.adapters.pages.guard import browser_guard
from fairlead.adapters.pages.part import ConsoleParts
from fairlead.adapters.pages.provider import page_types
from fairlead.adapters.settings.home import Home
from fairlead.adapters.settings.load import Settings
from fairlead.adapters.wiring.scopes import Scopes
from fairlead.console.memory import MemoryBrowserSessionStore
from fairlead.console.module import CONSOLE, MODULE, ConsoleProvider
from fairlead.console.sessions import BrowserSessionStore
from fairlead.kernel.clock import Clock
from fairlead.kernel.module import Catalog
from fairlead.kernel.principal import Origin, Principal
from fairlead.kernel.work import UnitOfWork
from fairlead.modules.environments import pages as environment_pages
from fairlead.modules.environments.public import Environments, Workloads
from fairlead.modules.pipelines import pages as run_pages
from fairlead.modules.pipelines.public import Runs
from fairlead.modules.projects import pages as project_pages
from fairlead.modules.projects.public import Projects
from fairlead.services.audit import pages as audit_pages
from fairlead.services.audit.public import AuditLog
from fairlead.services.auth.public import Sessions, Unauthenticated, Verifier
from fairlead.services.auth.settings import AdminSettings
from fairlead.services.authz import pages as access_pages
from fairlead.services.authz.public import (
    Authorizer,
    Comparisons,
    Decisions,
    Group,
    Groups,
    Policies,
    PolicyDraft,
    Roles,
)
from fairlead.services.identity import pages as user_pages
from fairlead.services.identity.public import Users
from fairlead.services.identity.use_cases.factors import ShowAccount
from fairlead.services.identity.use_cases.profiles import DeleteUser
from fairlead.services.identity.use_cases.users import CreateUser
from fairlead.services.operations import pages as operation_pages
from fairlead.services.operations.public import Operations
from fairlead.testing.fakes import FrozenClock, GrantList, NullWork

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
PARTS = ConsoleParts(
    {
        "console": CONSOLE,
        "projects": project_pages.CONSOLE,
        "pipelines": run_pages.CONSOLE,
        "environments": environment_pages.CONSOLE,
        "operations": operation_pages.CONSOLE,
        "authz": access_pages.CONSOLE,
        "identity": user_pages.CONSOLE,
        "audit": audit_pages.CONSOLE,
    }
)
PLATFORM = Group(
    id=UUID(int=70), name="platform", summary="The team", members=1, created_at=NOW
)
OFFICE_HOURS = policy_of(
    "office-hours",
    PolicyDraft(
        text="forbid (principal, action, resource);",
        permissions=frozenset({"pipelines.run.start"}),
    ),
    NOW,
)
EVERYTHING = (
    "audit.entry.read",
    "authz.binding.create",
    "authz.binding.delete",
    "authz.binding.read",
    "authz.decision.read",
    "authz.group.create",
    "authz.group.delete",
    "authz.group.read",
    "authz.group.update",
    "authz.member.create",
    "authz.member.delete",
    "authz.policy.create",
    "authz.policy.delete",
    "authz.policy.read",
    "authz.policy.update",
    "authz.role.create",
    "authz.role.delete",
    "authz.role.read",
    "authz.role.update",
    "console.module.read",
    "console.settings.read",
    "environments.workload.delete",
    "environments.workload.read",
    "environments.workload.restart",
    "identity.user.create",
    "identity.user.delete",
    "identity.user.read",
    "identity.user.update",
    "operations.operation.cancel",
    "operations.operation.read",
    "pipelines.run.cancel",
    "pipelines.run.read",
    "pipelines.run.start",
    "projects.project.create",
    "projects.project.delete",
    "projects.project.read",
)
READING = tuple(name for name in EVERYTHING if name.endswith(".read"))


class CallerProvider(Provider):
    """The caller comes with the request, as in the server."""

    principal = from_context(Principal, scope=Scope.REQUEST)


class NoBearers(Authenticator):
    """Knows no token."""

    @override
    async def principal(self, credential: str, *, origin: Origin) -> Principal:
        raise Unauthenticated("Log in.")


@dataclass
class Stage:
    """The stand-ins behind the pages."""

    clock: Clock
    projects: ListedProjects
    runs: ListedRuns
    workloads: ListedWorkloads
    audit: ListedAudit
    operations: ListedOperations
    users: ListedUsers
    roles: ListedRoles
    groups: ListedGroups
    policies: ListedPolicies
    decisions: PaperDecisions
    sessions: PaperSessions
    store: MemoryBrowserSessionStore
    granted: tuple[str, ...] = EVERYTHING

    def provider(self) -> Provider:
        """Provide them all."""
        provider = Provider(scope=Scope.APP)
        values: Mapping[Any, Any] = {
            Clock: self.clock,
            Projects: self.projects,
            Runs: self.runs,
            Workloads: self.workloads,
            Environments: NoEnvironments(),
            AuditLog: self.audit,
            Operations: self.operations,
            Users: self.users,
            ShowAccount: None,
            Roles: self.roles,
            Groups: self.groups,
            Policies: self.policies,
            Decisions: self.decisions,
            Comparisons: self.decisions,
            CreateUser: NewUsers(self.users),
            DeleteUser: GoneUsers(self.users),
            Sessions: self.sessions,
            Verifier: self.sessions,
            BrowserSessionStore: self.store,
            UnitOfWork: NullWork(),
            Authorizer: GrantList(*self.granted),
            ConsoleParts: PARTS,
            Catalog: Catalog((MODULE.manifest,)),
            Settings: Settings(
                "development",
                Home(path=Path("/srv/fairlead")),
                {AdminSettings: AdminSettings(password="hush hush")},
                {"admin": AdminSettings},
            ),
        }
        for kind, value in values.items():
            provider.provide(_constant(value), provides=kind)
        provider.provide(Scopes)
        return provider

    async def build(self) -> Asgi:
        """Return the console behind the real edge."""
        container = make_async_container(
            ConsoleProvider(),
            page_types(PARTS.parts.values()),
            LitestarProvider(),
            CallerProvider(),
            self.provider(),
        )
        controllers = [
            kind for part in PARTS.parts.values() for kind in part.controllers
        ]
        web = Litestar(
            controllers,
            middleware=[together(browser_guard)],
            openapi_config=None,
            logging_config=None,
        )
        return Edge(
            web,  # type: ignore[arg-type]
            container=container,
            authenticator=NoBearers(),
            cookies=await container.get(CookieAuthenticator),
            settings=HttpSettings(allowed_hosts=("console.test",)),
            metrics=HttpMetrics(CollectorRegistry()),
        )


def _constant(value: object) -> Callable[[], Any]:
    return lambda: value


def stage(
    *,
    clock: Clock | None = None,
    empty: bool = False,
    granted: tuple[str, ...] = EVERYTHING,
) -> Stage:
    """Return a full stage, or one of a fresh installation."""
    clock = clock or FrozenClock(NOW)
    samples = Samples(clock.now())
    return Stage(
        clock=clock,
        projects=ListedProjects([] if empty else samples.projects(), clock),
        runs=ListedRuns([] if empty else samples.runs()),
        workloads=ListedWorkloads([] if empty else samples.workloads()),
        audit=ListedAudit([] if empty else samples.entries()),
        operations=ListedOperations([] if empty else samples.operations()),
        users=ListedUsers(samples.users(), clock),
        roles=ListedRoles(samples.roles(), samples.bindings(), clock),
        groups=ListedGroups(clock.now(), [PLATFORM], ["lin"]),
        policies=ListedPolicies(clock.now(), [OFFICE_HOURS]),
        decisions=PaperDecisions(samples.bindings()[0]),
        sessions=PaperSessions(clock, ADA),
        store=MemoryBrowserSessionStore(),
        granted=granted,
    )
