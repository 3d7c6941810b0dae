"""The manifest and the wiring of authz."""

from pathlib import Path

from dishka import AnyOf, Provider, Scope

from fairlead.adapters.bus.part import SubscriptionPart
from fairlead.adapters.http.part import HttpPart
from fairlead.adapters.manifests.reader import read_manifest
from fairlead.adapters.sql.part import TablePart
from fairlead.adapters.wiring.part import ContainerPart
from fairlead.kernel.access import Access
from fairlead.kernel.module import Catalog, Module
from fairlead.services.authz.domain import RoleBook
from fairlead.services.authz.http import (
    BindingController,
    GroupController,
    RoleController,
)
from fairlead.services.authz.pages import CONSOLE
from fairlead.services.authz.ports import (
    BindingStore,
    GroupStore,
    RestrictionSource,
    RoleStore,
    Unrestricted,
    VersionStore,
)
from fairlead.services.authz.public import (
    Authorizer,
    Delegations,
    Groups,
    HeldRights,
    Roles,
)
from fairlead.services.authz.sql import (
    SqlBindingStore,
    SqlGroupStore,
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
from fairlead.services.authz.use_cases.decide import LocalAuthorizer
from fairlead.services.authz.use_cases.departed import RemoveBindings, RemoveUser
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
)


def _built_in(catalog: Catalog) -> RoleBook:
    return RoleBook.of(catalog.permissions())


def _cache() -> GrantCache:
    return GrantCache()


def _access(authorizer: Authorizer) -> Access:
    return authorizer


def _provider() -> Provider:
    provider = Provider(scope=Scope.REQUEST)
    provider.provide(_built_in, scope=Scope.APP)
    provider.provide(_cache, provides=AnyOf[GrantCache, HeldRights], scope=Scope.APP)
    provider.provide(NoDelegations, provides=Delegations)
    provider.provide(Unrestricted, provides=RestrictionSource)
    provider.provide(SqlBindingStore, provides=BindingStore)
    provider.provide(SqlGroupStore, provides=GroupStore)
    provider.provide(SqlRoleStore, provides=RoleStore)
    provider.provide(SqlVersionStore, provides=VersionStore)
    provider.provide(LocalAuthorizer, provides=Authorizer)
    provider.provide(_access)
    provider.provide_all(*USE_CASES)
    provider.provide(LastAdministratorStays, provides=Departures)
    provider.provide(LocalRoles, provides=Roles)
    provider.provide(LocalGroups, provides=Groups)
    return provider


MODULE = Module(
    manifest=read_manifest(Path(__file__).with_name("module.yaml")),
    parts=(
        ContainerPart((_provider(),)),
        TablePart(Path(__file__).with_name("migrations")),
        SubscriptionPart(SUBSCRIPTIONS),
        HttpPart((RoleController, GroupController, BindingController)),
        CONSOLE,
    ),
)
