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
from fairlead.services.authz.domain import RoleBook, built_in_roles
from fairlead.services.authz.http import BindingController, RoleController
from fairlead.services.authz.pages import CONSOLE
from fairlead.services.authz.ports import BindingStore
from fairlead.services.authz.public import Authorizer, Delegations, HeldRights, Roles
from fairlead.services.authz.sql import SqlBindingStore
from fairlead.services.authz.tasks import SUBSCRIPTIONS, OnProjectGone, OnUserDeleted
from fairlead.services.authz.use_cases.cache import GrantCache
from fairlead.services.authz.use_cases.decide import LocalAuthorizer, NoDelegations
from fairlead.services.authz.use_cases.departed import RemoveBindingsOf
from fairlead.services.authz.use_cases.roles import (
    Administrators,
    Bind,
    LastAdministratorStays,
    ListBindings,
    ListRoles,
    LocalRoles,
    RemoveBindings,
    Unbind,
)
from fairlead.services.identity.public import Departures


def _role_book(catalog: Catalog) -> RoleBook:
    return RoleBook(built_in_roles(catalog.permissions()))


def _access(authorizer: Authorizer) -> Access:
    return authorizer


def _provider() -> Provider:
    provider = Provider(scope=Scope.REQUEST)
    provider.provide(_role_book, scope=Scope.APP)
    provider.provide(
        GrantCache, provides=AnyOf[GrantCache, HeldRights], scope=Scope.APP
    )
    provider.provide(NoDelegations, provides=Delegations)
    provider.provide(SqlBindingStore, provides=BindingStore)
    provider.provide(LocalAuthorizer, provides=Authorizer)
    provider.provide(_access)
    for use_case in (
        ListRoles,
        ListBindings,
        Administrators,
        Bind,
        Unbind,
        RemoveBindings,
        OnProjectGone,
        OnUserDeleted,
        RemoveBindingsOf,
    ):
        provider.provide(use_case)
    provider.provide(LastAdministratorStays, provides=Departures)
    provider.provide(LocalRoles, provides=Roles)
    return provider


MODULE = Module(
    manifest=read_manifest(Path(__file__).with_name("module.yaml")),
    parts=(
        ContainerPart((_provider(),)),
        TablePart(Path(__file__).with_name("migrations")),
        SubscriptionPart(SUBSCRIPTIONS),
        HttpPart((RoleController, BindingController)),
        CONSOLE,
    ),
)
