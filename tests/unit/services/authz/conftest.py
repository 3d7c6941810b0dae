"""Authorisation over memory, with three users."""

from dataclasses import dataclass, field
from uuid import UUID

import pytest
from typing_extensions import override

from fairlead.kernel.ids import new_id
from fairlead.kernel.principal import Origin, Principal
from fairlead.services.authz.domain import RoleBook, built_in_roles
from fairlead.services.authz.memory import MemoryBindingStore
from fairlead.services.authz.use_cases.cache import GrantCache
from fairlead.services.authz.use_cases.decide import LocalAuthorizer
from fairlead.services.authz.use_cases.roles import (
    Administrators,
    Bind,
    LastAdministratorStays,
    ListBindings,
    ListRoles,
    LocalRoles,
    Unbind,
)
from fairlead.services.identity.public import Directory, User, UserNotFound
from fairlead.testing.fakes import FrozenClock, NullWork, RecordingTrail

PERMISSIONS = (
    "projects.project.read",
    "projects.project.create",
    "operations.operation.cancel",
    "identity.user.read",
    "authz.role.read",
    "authz.binding.read",
    "authz.binding.create",
    "authz.binding.delete",
)


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

    store: MemoryBindingStore = field(default_factory=MemoryBindingStore)
    trail: RecordingTrail = field(default_factory=RecordingTrail)
    clock: FrozenClock = field(default_factory=FrozenClock)
    cache: GrantCache = field(default_factory=GrantCache)
    users: ListedUsers = field(
        default_factory=lambda: ListedUsers("root", "ada", "bob")
    )

    def __post_init__(self) -> None:
        """Wire."""
        book = RoleBook(built_in_roles(PERMISSIONS))
        self.authorizer = LocalAuthorizer(
            roles=book,
            store=self.store,
            cache=self.cache,
            trail=self.trail,
        )
        administrators = Administrators(store=self.store, directory=self.users)
        self.departures = LastAdministratorStays(
            administrators=administrators, store=self.store
        )
        self.roles = LocalRoles(
            list_roles=ListRoles(authorizer=self.authorizer, roles=book),
            list_bindings=ListBindings(
                authorizer=self.authorizer, store=self.store, directory=self.users
            ),
            give=Bind(
                authorizer=self.authorizer,
                roles=book,
                store=self.store,
                directory=self.users,
                cache=self.cache,
                trail=self.trail,
                work=NullWork(),
                clock=self.clock,
            ),
            take=Unbind(
                authorizer=self.authorizer,
                administrators=administrators,
                store=self.store,
                cache=self.cache,
                trail=self.trail,
                work=NullWork(),
            ),
        )

    def who(self, name: str) -> Principal:
        """Return the principal of a user."""
        return Principal(id=self.users.users[name].id, name=name)


@pytest.fixture
def world() -> World:
    return World()


PROJECT = new_id()
