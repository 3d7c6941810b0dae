"""Identity over memory."""

from dataclasses import dataclass, field
from uuid import UUID

import pytest
from typing_extensions import override

from fairlead.kernel.principal import DEFAULT_TENANT, Origin, Principal
from fairlead.services.authz.public import Authorizer, LastAdministrator
from fairlead.services.identity.memory import (
    MemoryTallyStore,
    MemoryUserStore,
    PlainHasher,
)
from fairlead.services.identity.permissions import (
    USER_CREATE,
    USER_DELETE,
    USER_READ,
    USER_UPDATE,
)
from fairlead.services.identity.public import Departures
from fairlead.services.identity.use_cases.credentials import (
    CheckCredentials,
    LocalDirectory,
)
from fairlead.services.identity.use_cases.profiles import DeleteUser, UpdateUser
from fairlead.services.identity.use_cases.turnstile import Turnstile
from fairlead.services.identity.use_cases.users import (
    CreateUser,
    GetUser,
    ListUsers,
    LocalUsers,
    SetDisabled,
    SetPassword,
)
from fairlead.testing.fakes import (
    FrozenClock,
    GrantList,
    NullWork,
    RecordingOutbox,
    RecordingTrail,
)

PASSWORD = "four words make sense"


class Needed(Departures):
    """Lets everybody go but those it needs."""

    def __init__(self) -> None:
        """Need nobody."""
        self.needed: set[UUID] = set()

    @override
    async def allow(self, user_id: UUID) -> None:
        if user_id in self.needed:
            raise LastAdministrator("This one is needed.")


@dataclass
class World:
    """Everything of identity, wired over memory."""

    store: MemoryUserStore = field(default_factory=MemoryUserStore)
    tallies: MemoryTallyStore = field(default_factory=MemoryTallyStore)
    hasher: PlainHasher = field(default_factory=PlainHasher)
    clock: FrozenClock = field(default_factory=FrozenClock)
    trail: RecordingTrail = field(default_factory=RecordingTrail)
    outbox: RecordingOutbox = field(default_factory=RecordingOutbox)
    work: NullWork = field(default_factory=NullWork)
    departures: Needed = field(default_factory=Needed)
    access: Authorizer = field(
        default_factory=lambda: GrantList(
            USER_CREATE, USER_READ, USER_UPDATE, USER_DELETE
        )
    )
    root: Principal = field(
        default_factory=lambda: Principal(id=UUID(int=1), name="root")
    )
    password: str = PASSWORD

    @property
    def directory(self) -> LocalDirectory:
        """The directory."""
        return LocalDirectory(check=self._check(), store=self.store)

    @property
    def users(self) -> LocalUsers:
        """The managed users."""
        return LocalUsers(
            create_user=CreateUser(
                access=self.access,
                store=self.store,
                hasher=self.hasher,
                outbox=self.outbox,
                trail=self.trail,
                work=self.work,
                clock=self.clock,
                tenant_id=DEFAULT_TENANT,
            ),
            list_users=ListUsers(access=self.access, store=self.store),
            get_user=GetUser(access=self.access, store=self.store),
            disable=SetDisabled(
                access=self.access,
                store=self.store,
                departures=self.departures,
                outbox=self.outbox,
                trail=self.trail,
                work=self.work,
                clock=self.clock,
            ),
            change_password=SetPassword(
                access=self.access,
                store=self.store,
                tallies=self.tallies,
                check=self._check(),
                hasher=self.hasher,
                outbox=self.outbox,
                trail=self.trail,
                work=self.work,
                clock=self.clock,
            ),
        )

    @property
    def update(self) -> UpdateUser:
        """What changes profiles."""
        return UpdateUser(
            access=self.access,
            store=self.store,
            check=self._check(),
            outbox=self.outbox,
            trail=self.trail,
            work=self.work,
            clock=self.clock,
        )

    @property
    def forget(self) -> DeleteUser:
        """What deletes users."""
        return DeleteUser(
            access=self.access,
            store=self.store,
            tallies=self.tallies,
            departures=self.departures,
            outbox=self.outbox,
            trail=self.trail,
            work=self.work,
            clock=self.clock,
        )

    def origin(self, address: str = "10.0.0.1") -> Origin:
        """Return an origin at an address."""
        return Origin(address=address)

    def _check(self) -> CheckCredentials:
        return CheckCredentials(
            store=self.store,
            tallies=self.tallies,
            hasher=self.hasher,
            turnstile=Turnstile(),
            work=self.work,
            clock=self.clock,
            tenant_id=DEFAULT_TENANT,
        )


@pytest.fixture
async def world() -> World:
    made = World()
    await made.users.create(made.root, "ada", PASSWORD)
    return made
