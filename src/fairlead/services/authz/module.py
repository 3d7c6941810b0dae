"""The manifest and the wiring of authz."""

from pathlib import Path

from dishka import AnyOf, Provider, Scope

from fairlead.adapters.bus.part import SubscriptionPart
from fairlead.adapters.grpc.part import GrpcPart
from fairlead.adapters.http.part import HttpPart
from fairlead.adapters.manifests.reader import read_manifest
from fairlead.adapters.sql.part import TablePart
from fairlead.adapters.wiring.part import ContainerPart
from fairlead.kernel.access import Access
from fairlead.kernel.clock import Clock
from fairlead.kernel.module import Catalog, Module
from fairlead.services.authz.cedar import LazyLanguage
from fairlead.services.authz.domain import RoleBook
from fairlead.services.authz.http import (
    BindingController,
    DecisionController,
    EvaluationController,
    GroupController,
    MetadataController,
    PolicyController,
    RoleController,
    SearchController,
)
from fairlead.services.authz.pages import CONSOLE
from fairlead.services.authz.ports import (
    BindingStore,
    GroupStore,
    PolicyLanguage,
    PolicyStore,
    RestrictionSource,
    RoleStore,
    VersionStore,
)
from fairlead.services.authz.ports.holders import HolderStore
from fairlead.services.authz.public import (
    Authorizer,
    Comparisons,
    Decisions,
    Delegations,
    EnvironmentPlaces,
    Groups,
    HeldRights,
    Policies,
    ProjectPlaces,
    Roles,
)
from fairlead.services.authz.sql import (
    SqlBindingStore,
    SqlGroupStore,
    SqlHolderStore,
    SqlPolicyStore,
    SqlRoleStore,
    SqlVersionStore,
)
from fairlead.services.authz.tasks import SUBSCRIPTIONS, OnProjectGone, OnUserDeleted
from fairlead.services.authz.use_cases.administrators import (
    Administrators,
    LastAdministratorStays,
)
from fairlead.services.authz.use_cases.bindings import Bind, ListBindings, Unbind
from fairlead.services.authz.use_cases.cache import GrantCache
from fairlead.services.authz.use_cases.changes import NoteChange
from fairlead.services.authz.use_cases.comparisons import (
    CompareBooks,
    CompareModule,
    CompareRole,
    LocalComparisons,
)
from fairlead.services.authz.use_cases.decide import LocalAuthorizer
from fairlead.services.authz.use_cases.decisions import (
    ExplainForUser,
    ExplainOwn,
    ListCapable,
    LocalDecisions,
)
from fairlead.services.authz.use_cases.departed import RemoveBindings, RemoveUser
from fairlead.services.authz.use_cases.evaluations import (
    Evaluate,
    ReadSubjects,
    SearchActions,
    SearchResources,
    SearchSubjects,
)
from fairlead.services.authz.use_cases.explain import ReadRights
from fairlead.services.authz.use_cases.groups import (
    CreateGroup,
    DeleteGroup,
    ShowGroups,
    UpdateGroup,
)
from fairlead.services.authz.use_cases.holdings import (
    Guard,
    Holdings,
    NoDelegations,
    RoleBooks,
)
from fairlead.services.authz.use_cases.local import LocalGroups, LocalRoles
from fairlead.services.authz.use_cases.members import (
    AddMember,
    ListMembers,
    RemoveMember,
)
from fairlead.services.authz.use_cases.places import NoEnvironments, NoProjects
from fairlead.services.authz.use_cases.policies import (
    CheckPolicy,
    CreatePolicy,
    DeletePolicy,
    Editing,
    FindPolicy,
    ListPolicies,
    LocalPolicies,
    PolicySource,
    UpdatePolicy,
)
from fairlead.services.authz.use_cases.roles import (
    CreateRole,
    DeleteRole,
    ShowRoles,
    UpdateRole,
)
from fairlead.services.identity.public import Departures

USE_CASES = (
    RoleBooks,
    Holdings,
    Guard,
    NoteChange,
    Administrators,
    ShowRoles,
    CreateRole,
    UpdateRole,
    DeleteRole,
    ShowGroups,
    CreateGroup,
    UpdateGroup,
    DeleteGroup,
    ListMembers,
    AddMember,
    RemoveMember,
    ListBindings,
    Bind,
    Unbind,
    RemoveBindings,
    RemoveUser,
    OnProjectGone,
    OnUserDeleted,
    ListPolicies,
    FindPolicy,
    CheckPolicy,
    Editing,
    CreatePolicy,
    UpdatePolicy,
    DeletePolicy,
    ReadRights,
    ExplainOwn,
    ExplainForUser,
    ListCapable,
    CompareBooks,
    CompareRole,
    CompareModule,
    ReadSubjects,
    Evaluate,
    SearchSubjects,
    SearchActions,
    SearchResources,
)
SERVICERS = tuple(
    f"fairlead.services.authz.grpc.{name}"
    for name in (
        "roles:RolesServicer",
        "roles:BindingsServicer",
        "groups:GroupsServicer",
        "policies:PoliciesServicer",
        "decisions:DecisionsServicer",
        "decisions:ComparisonsServicer",
    )
)


def _built_in(catalog: Catalog) -> RoleBook:
    return RoleBook.of(catalog.permissions())


def _cache() -> GrantCache:
    return GrantCache()


def _language(clock: Clock) -> PolicyLanguage:
    return LazyLanguage(clock)


def _access(authorizer: Authorizer) -> Access:
    return authorizer


def _provider() -> Provider:
    provider = Provider(scope=Scope.REQUEST)
    provider.provide(_built_in, scope=Scope.APP)
    provider.provide(_cache, provides=AnyOf[GrantCache, HeldRights], scope=Scope.APP)
    provider.provide(NoDelegations, provides=Delegations)
    provider.provide(_language, scope=Scope.APP)
    provider.provide(PolicySource, provides=RestrictionSource)
    provider.provide(SqlPolicyStore, provides=PolicyStore)
    provider.provide(SqlBindingStore, provides=BindingStore)
    provider.provide(SqlGroupStore, provides=GroupStore)
    provider.provide(SqlRoleStore, provides=RoleStore)
    provider.provide(SqlVersionStore, provides=VersionStore)
    provider.provide(SqlHolderStore, provides=HolderStore)
    provider.provide(NoProjects, provides=ProjectPlaces)
    provider.provide(NoEnvironments, provides=EnvironmentPlaces)
    provider.provide(LocalAuthorizer, provides=Authorizer)
    provider.provide(_access)
    provider.provide_all(*USE_CASES)
    provider.provide(LastAdministratorStays, provides=Departures)
    provider.provide(LocalRoles, provides=Roles)
    provider.provide(LocalGroups, provides=Groups)
    provider.provide(LocalPolicies, provides=Policies)
    provider.provide(LocalDecisions, provides=Decisions)
    provider.provide(LocalComparisons, provides=Comparisons)
    return provider


MODULE = Module(
    manifest=read_manifest(Path(__file__).with_name("module.yaml")),
    parts=(
        ContainerPart((_provider(),)),
        TablePart(Path(__file__).with_name("migrations")),
        SubscriptionPart(SUBSCRIPTIONS),
        HttpPart((RoleController, GroupController, BindingController)),
        HttpPart((PolicyController,)),
        HttpPart(
            (
                DecisionController,
                EvaluationController,
                SearchController,
                MetadataController,
            )
        ),
        GrpcPart(SERVICERS),
        CONSOLE,
    ),
)
