"""Authorisation over memory, with three users."""

from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, TypeVar, cast
from uuid import UUID

import pytest
from typing_extensions import override

from fairlead.adapters.manifests.reader import read_manifest
from fairlead.kernel.ids import new_id
from fairlead.kernel.module import Catalog
from fairlead.kernel.paging import PageRequest
from fairlead.kernel.principal import Origin, Principal, service
from fairlead.services import authz
from fairlead.services.authz.cedar import LazyLanguage
from fairlead.services.authz.domain import RoleBook
from fairlead.services.authz.memory import (
    MemoryBindingStore,
    MemoryGroupStore,
    MemoryPolicyStore,
    MemoryRoleStore,
    MemoryVersionStore,
)
from fairlead.services.authz.public import Binding, BindingFilter
from fairlead.services.authz.use_cases.administrators import (
    Administrators,
    LastAdministratorStays,
)
from fairlead.services.authz.use_cases.bindings import Bind, ListBindings, Unbind
from fairlead.services.authz.use_cases.cache import GrantCache
from fairlead.services.authz.use_cases.changes import NoteChange
from fairlead.services.authz.use_cases.decide import LocalAuthorizer
from fairlead.services.authz.use_cases.groups import (
    CreateGroup,
    DeleteGroup,
    ShowGroups,
    UpdateGroup,
)
from fairlead.services.authz.use_cases.holdings import Guard, Holdings, RoleBooks
from fairlead.services.authz.use_cases.local import LocalGroups, LocalRoles
from fairlead.services.authz.use_cases.members import (
    AddMember,
    ListMembers,
    RemoveMember,
)
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
from fairlead.services.identity.public import Directory, User, UserNotFound
from fairlead.testing.fakes import (
    FrozenClock,
    NullWork,
    RecordingOutbox,
    RecordingTrail,
)

MANIFEST = read_manifest(Path(authz.__file__).with_name("module.yaml"))
PERMISSIONS = dict.fromkeys(
    (
        "projects.project.read",
        "projects.project.create",
        "operations.operation.cancel",
        "identity.user.read",
        *MANIFEST.permissions,
    ),
    "",
)


SYSTEM = service("test")
Made = TypeVar("Made")


class ListedUsers(Directory):
    """Knows the users it was made with; nobody can log in."""

    def __init__(self, *names: str) -> None:
        """Know users called `names`."""
        self.users = {
            name: User(
                id=UUID(int=number),
                tenant_id=Principal(id=UUID(int=1), name="x").tenant_id,
                name=name,
                disabled=False,
                created_at=FrozenClock().now(),
            )
            for number, name in enumerate(names, start=10)
        }

    @override
    async def verify(
        self, name: str, password: str, *, origin: Origin, code: str = ""
    ) -> User:
        raise NotImplementedError

    @override
    async def get(self, user_id: UUID) -> User:
        for user in self.users.values():
            if user.id == user_id:
                return user
        raise UserNotFound("There is no such user.")

    @override
    async def find(self, name: str) -> User:
        if name not in self.users:
            raise UserNotFound("There is no such user.")
        return self.users[name]


@dataclass
class World:
    """Everything of authz, wired over memory."""

    group_store: MemoryGroupStore = field(default_factory=MemoryGroupStore)
    role_store: MemoryRoleStore = field(default_factory=MemoryRoleStore)
    policy_store: MemoryPolicyStore = field(default_factory=MemoryPolicyStore)
    versions: MemoryVersionStore = field(default_factory=MemoryVersionStore)
    outbox: RecordingOutbox = field(default_factory=RecordingOutbox)
    trail: RecordingTrail = field(default_factory=RecordingTrail)
    clock: FrozenClock = field(default_factory=FrozenClock)
    cache: GrantCache = field(default_factory=lambda: GrantCache(lambda: 0.5))
    users: ListedUsers = field(
        default_factory=lambda: ListedUsers("root", "ada", "bob")
    )

    def __post_init__(self) -> None:
        """Wire."""
        self.store = MemoryBindingStore(self.group_store)
        self.books = RoleBooks(built_in=RoleBook.of(PERMISSIONS), roles=self.role_store)
        language = LazyLanguage(self.clock)
        self.holdings = Holdings(
            books=self.books,
            bindings=self.store,
            groups=self.group_store,
            versions=self.versions,
            cache=self.cache,
            restrictions=PolicySource(store=self.policy_store, language=language),
        )
        self.guard = Guard(holdings=self.holdings)
        self.authorizer = LocalAuthorizer(holdings=self.holdings, trail=self.trail)
        self.administrators = Administrators(
            books=self.books,
            bindings=self.store,
            groups=self.group_store,
            directory=self.users,
        )
        self.departures = LastAdministratorStays(administrators=self.administrators)
        self.note_change = NoteChange(
            versions=self.versions,
            cache=self.cache,
            outbox=self.outbox,
            clock=self.clock,
        )
        self._parts: dict[str, Any] = {
            "authorizer": self.authorizer,
            "guard": self.guard,
            "administrators": self.administrators,
            "books": self.books,
            "roles": self.role_store,
            "groups": self.group_store,
            "bindings": self.store,
            "directory": self.users,
            "note_change": self.note_change,
            "trail": self.trail,
            "work": NullWork(),
            "clock": self.clock,
            "store": self.policy_store,
            "language": language,
            "catalog": Catalog((replace(MANIFEST, permissions=PERMISSIONS),)),
        }
        self._parts["checked"] = self.made(CheckPolicy)
        self._parts["editing"] = self.made(Editing)
        self.policies = LocalPolicies(
            list_policies=self.made(ListPolicies),
            find_policy=self.made(FindPolicy),
            create_policy=self.made(CreatePolicy),
            update_policy=self.made(UpdatePolicy),
            delete_policy=self.made(DeletePolicy),
            check_policy=self.made(CheckPolicy),
        )
        self.roles = LocalRoles(
            shown=self.made(ShowRoles),
            make=self.made(CreateRole),
            change=self.made(UpdateRole),
            drop=self.made(DeleteRole),
            list_bindings=self.made(ListBindings),
            give=self.made(Bind),
            take=self.made(Unbind),
        )
        self.groups = LocalGroups(
            shown=self.made(ShowGroups),
            make=self.made(CreateGroup),
            change=self.made(UpdateGroup),
            drop=self.made(DeleteGroup),
            list_members=self.made(ListMembers),
            put_in=self.made(AddMember),
            take_out=self.made(RemoveMember),
        )

    def made(self, use_case: type[Made]) -> Made:
        """Return a use case over the stores of this world."""
        wanted = {each.name for each in fields(cast("Any", use_case))}
        parts = {name: part for name, part in self._parts.items() if name in wanted}
        return use_case(**parts)

    async def bindings(self, who: Principal = SYSTEM, **wanted: str) -> list[Binding]:
        """Return the first page of bindings."""
        page = PageRequest(limit=200)
        found = await self.roles.bindings(who, page, wanted=BindingFilter(**wanted))
        return list(found.items)

    def who(self, name: str) -> Principal:
        """Return the principal of a user."""
        return Principal(id=self.users.users[name].id, name=name)


@pytest.fixture
def world() -> World:
    return World()


PROJECT = new_id()
