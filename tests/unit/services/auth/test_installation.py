"""The first start, interrupted anywhere."""

from dataclasses import dataclass, field

import pytest
from tests.unit.services.auth.installed import (
    Death,
    Killed,
    PaperGroups,
    PaperRoles,
    PaperUsers,
)
from typing_extensions import override

from fairlead.kernel.principal import DEFAULT_TENANT, Principal
from fairlead.services.auth.domain import generated_password
from fairlead.services.auth.domain.seeds import Seeds
from fairlead.services.auth.memory import MemoryInstallationStore
from fairlead.services.auth.use_cases.administrator import (
    Administrator,
    MakeAdministrator,
)
from fairlead.services.auth.use_cases.installation import (
    LocalRecovery,
    PrepareInstallation,
    Unasked,
)
from fairlead.services.auth.use_cases.seeding import (
    Seed,
    SeedBindings,
    SeedGroups,
    SeedRoles,
)
from fairlead.services.identity.public import SecondFactors
from fairlead.testing.fakes import NullTogether, NullWork


@dataclass
class Installation:
    """Users and roles, and what kills whoever works on them."""

    passwords: dict[str, str] = field(default_factory=dict)
    disabled: set[str] = field(default_factory=set)
    death: Death = field(default_factory=Death)

    def __post_init__(self) -> None:
        """Keep all of it in one place."""
        self.users = PaperUsers(
            passwords=self.passwords, disabled=self.disabled, death=self.death
        )
        self.roles = PaperRoles(self.users, death=self.death)

    @property
    def admins(self) -> set[str]:
        return self.roles.admins

    def make(self, password: str = "") -> MakeAdministrator:
        chosen = Administrator(username="admin", password=lambda: password)
        return MakeAdministrator(
            users=self.users, roles=self.roles, administrator=chosen
        )


def start(
    there: Installation,
    store: MemoryInstallationStore,
    *,
    password: str = "",
    unasked: bool = True,
) -> PrepareInstallation:
    seed = Seed(
        seeds=Seeds(),
        store=store,
        make=there.make(password),
        mailboxes=there.users,
        seed_role=SeedRoles(roles=there.roles),
        seed_group=SeedGroups(groups=PaperGroups(there.users)),
        seed_binding=SeedBindings(roles=there.roles),
        together=NullTogether(),
        work=NullWork(),
        tenant_id=DEFAULT_TENANT,
    )
    return PrepareInstallation(
        store=store,
        users=there.users,
        seeding=seed,
        work=NullWork(),
        unasked=Unasked(unasked),
        tenant_id=DEFAULT_TENANT,
    )


async def test_the_password_is_generated_once_it_was_shown() -> None:
    """Then no start says anything or changes anything."""
    there, store = Installation(), MemoryInstallationStore()
    first = start(there, store)
    password = await first()
    await first.shown()

    assert password is not None
    assert there.passwords == {"admin": password}
    assert there.admins == {"admin"}
    assert await start(there, store)() is None
    assert there.passwords == {"admin": password}


async def test_a_password_nobody_saw_is_made_anew() -> None:
    """The server died before it could print it."""
    there, store = Installation(), MemoryInstallationStore()
    lost = await start(there, store)()
    found = await start(there, store)()

    assert found != lost
    assert there.passwords == {"admin": found}


async def test_the_operators_password_is_not_shown() -> None:
    """Who set it knows it; a later change of the setting changes nothing."""
    there, store = Installation(), MemoryInstallationStore()

    assert await start(there, store, password="chosen")() is None
    assert await start(there, store, password="other")() is None
    assert there.passwords == {"admin": "chosen"}


async def test_an_installation_with_users_is_left_alone() -> None:
    """Users that came another way keep their administrator."""
    there, store = Installation(passwords={"root": "x"}), MemoryInstallationStore()

    assert await start(there, store)() is None
    assert there.passwords == {"root": "x"}


async def test_nobody_is_made_where_that_wants_to_be_asked_for() -> None:
    """In production: whoever starts the server is told."""
    there, store = Installation(), MemoryInstallationStore()
    first = start(there, store, password="chosen", unasked=False)

    assert await first.lacks_people()
    assert await first() is None
    assert there.passwords == {}


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("dies_at", range(1, 5))
@pytest.mark.parametrize("chosen", ["", "chosen by the operator"])
async def test_a_start_killed_anywhere_is_completed_by_the_next(
    dies_at: int, after: bool, chosen: str
) -> None:
    """There is one administrator, with a password somebody knows."""
    there = Installation(death=Death(at=dies_at, after=after))
    store = MemoryInstallationStore()
    password = ""
    for _ in range(3):
        try:
            password = await start(there, store, password=chosen)() or chosen
        except Killed:
            there.death.at = -1

    assert there.passwords == {"admin": password}
    assert there.admins == {"admin"}


@dataclass
class Removed(SecondFactors):
    """Keeps the names of users whose second factor was taken."""

    names: list[str] = field(default_factory=list)

    @override
    async def remove(self, who: Principal, name: str) -> None:
        self.names.append(name)


async def test_recovery_lets_the_operator_in() -> None:
    """Whatever became of the administrator: missing, disabled or forgotten."""
    for there in (
        Installation(),
        Installation(passwords={"admin": "forgotten"}, disabled={"admin"}),
    ):
        factors = Removed()
        recovery = LocalRecovery(
            make=there.make(), second_factors=factors, tenant_id=DEFAULT_TENANT
        )
        password = await recovery.reset_administrator()

        assert there.passwords == {"admin": password}
        assert there.admins == {"admin"}
        assert not there.disabled
        assert factors.names == ["admin"]


def test_generated_passwords_are_long_and_differ() -> None:
    """27 characters that can be typed and read aloud."""
    made = {generated_password() for _ in range(100)}

    assert len(made) == 100
    assert {len(each) for each in made} == {27}
