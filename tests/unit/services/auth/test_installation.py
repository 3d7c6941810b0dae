"""The first start, interrupted anywhere."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from typing_extensions import override

from fairlead.kernel.ids import new_id
from fairlead.kernel.paging import Page
from fairlead.kernel.principal import DEFAULT_TENANT, Principal, PrincipalKind
from fairlead.services.auth.domain import generated_password
from fairlead.services.auth.memory import MemoryInstallationStore
from fairlead.services.auth.use_cases.installation import (
    Administrator,
    LocalRecovery,
    MakeAdministrator,
    PrepareInstallation,
)
from fairlead.services.authz.public import Binding, Roles
from fairlead.services.identity.public import SecondFactors, User, UserNameTaken, Users
from fairlead.testing.fakes import NullWork

NOW = datetime(2026, 1, 1, tzinfo=UTC)


class Killed(BaseException):
    """The process died here."""


@dataclass
class Installation(Users, Roles):
    """Users and roles in dicts; dies at the call `dies_at`, before or after it."""

    passwords: dict[str, str] = field(default_factory=dict)
    disabled: set[str] = field(default_factory=set)
    admins: set[str] = field(default_factory=set)
    calls: int = 0
    dies_at: int = -1
    after: bool = False

    def _call(self) -> bool:
        self.calls += 1
        due = self.calls == self.dies_at
        if due and not self.after:
            raise Killed
        return due

    def _user(self, name: str) -> User:
        return User(
            id=UUID(int=1),
            tenant_id=DEFAULT_TENANT,
            name=name,
            disabled=name in self.disabled,
            created_at=NOW,
        )

    @override
    async def create(self, who: Principal, name: str, password: str) -> User:
        assert who.kind is PrincipalKind.SERVICE
        due = self._call()
        if name in self.passwords:
            raise UserNameTaken("There is one.")
        self.passwords[name] = password
        if due:
            raise Killed
        return self._user(name)

    @override
    async def list(self, who: Principal, page: Any = None) -> Any:
        return Page(items=tuple(self._user(name) for name in self.passwords))

    @override
    async def get(self, who: Principal, name: str) -> User:
        return self._user(name)

    @override
    async def set_disabled(self, who: Principal, name: str, *, disabled: bool) -> User:
        due = self._call()
        (self.disabled.add if disabled else self.disabled.discard)(name)
        if due:
            raise Killed
        return self._user(name)

    @override
    async def set_password(
        self, who: Principal, name: str, password: str, *, old: str | None
    ) -> None:
        due = self._call()
        self.passwords[name] = password
        if due:
            raise Killed

    @override
    async def bindings(
        self, who: Principal, *, principal: str | None = None
    ) -> tuple[Binding, ...]:
        return ()

    @override
    async def bind(
        self, who: Principal, user: str, role: str, *, scope: str
    ) -> Binding:
        due = self._call()
        assert (role, scope) == ("admin", "/")
        self.admins.add(user)
        if due:
            raise Killed
        return Binding(
            id=new_id(),
            principal_id=UUID(int=1),
            principal_name=user,
            role=role,
            scope=scope,
            created_at=NOW,
        )

    @override
    async def unbind(self, who: Principal, binding_id: UUID) -> None:
        raise NotImplementedError


def start(
    there: Installation, store: MemoryInstallationStore, *, password: str = ""
) -> PrepareInstallation:
    administrator = Administrator(username="admin", password=password)
    return PrepareInstallation(
        store=store,
        users=there,
        make=MakeAdministrator(users=there, roles=there, administrator=administrator),
        work=NullWork(),
        administrator=administrator,
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


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("dies_at", range(1, 5))
@pytest.mark.parametrize("chosen", ["", "chosen by the operator"])
async def test_a_start_killed_anywhere_is_completed_by_the_next(
    dies_at: int, after: bool, chosen: str
) -> None:
    """There is one administrator, with a password somebody knows."""
    there, store = Installation(dies_at=dies_at, after=after), MemoryInstallationStore()
    password = ""
    for _ in range(3):
        try:
            password = await start(there, store, password=chosen)() or chosen
        except Killed:
            there.dies_at = -1

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
        make = MakeAdministrator(
            users=there,
            roles=there,
            administrator=Administrator(username="admin", password=""),
        )
        factors = Removed()
        recovery = LocalRecovery(
            make=make, second_factors=factors, tenant_id=DEFAULT_TENANT
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
