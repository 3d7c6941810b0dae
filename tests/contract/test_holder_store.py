"""Every HolderStore keeps the promises of its port."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from itertools import count
from uuid import UUID

import pytest

from fairlead.adapters.sql.work import SqlUnitOfWork
from fairlead.kernel.paging import BadPage, PageRequest
from fairlead.kernel.principal import DEFAULT_TENANT, TenantId
from fairlead.kernel.work import UnitOfWork
from fairlead.services.authz.memory import (
    MemoryBindingStore,
    MemoryGroupStore,
    MemoryHolderStore,
)
from fairlead.services.authz.ports import BindingStore, GroupStore, HolderStore
from fairlead.services.authz.public import (
    ROOT,
    Binding,
    Group,
    HolderKind,
    Member,
    project_scope,
)
from fairlead.services.authz.sql import (
    SqlBindingStore,
    SqlGroupStore,
    SqlHolderStore,
)
from fairlead.testing.database import BACKENDS, OpenDatabase
from fairlead.testing.fakes import FrozenClock, NullWork

OTHER = TenantId(UUID(int=2))
NOW = FrozenClock().now()
USERS = {"ada": UUID(int=10), "bob": UUID(int=11), "cy": UUID(int=12)}
GROUPS = {"crew": UUID(int=20), "team": UUID(int=21)}
HERE, THERE = project_scope(UUID(int=1)), project_scope(UUID(int=2))
ALL = PageRequest(limit=200)
NUMBERS = count(100)


@dataclass
class Made:
    """A tenant's stores, and what fills them."""

    store: HolderStore
    bindings: BindingStore
    groups: GroupStore
    work: UnitOfWork

    async def fill(self) -> None:
        """Ada is a viewer twice, bob by two groups and an admin; cy is in a group."""
        async with self.work:
            for name, group_id in GROUPS.items():
                group = Group(
                    id=group_id, name=name, summary="", members=0, created_at=NOW
                )
                await self.groups.add(group)
            for group_name, user in (("crew", "bob"), ("team", "bob"), ("team", "cy")):
                member = Member(user_id=USERS[user], user_name=user, since=NOW)
                await self.groups.join(GROUPS[group_name], member)
            for name, role, scope in (
                ("ada", "viewer", HERE),
                ("ada", "viewer", ROOT),
                ("bob", "admin", THERE),
                ("crew", "viewer", HERE),
                ("team", "viewer", HERE),
                ("team", "lead", ROOT),
            ):
                await self.bindings.add(bound(name, role, scope))

    async def names(
        self, roles: set[str], scopes: set[str] | None, page: PageRequest = ALL
    ) -> list[str]:
        found = await self.store.having(roles, scopes, page)
        return [each.user_name for each in found.items]


Make = Callable[[TenantId], Made]


def bound(name: str, role: str, scope: str) -> Binding:
    return Binding(
        id=UUID(int=next(NUMBERS)),
        principal_id={**USERS, **GROUPS}[name],
        principal_name=name,
        principal_kind=HolderKind.GROUP if name in GROUPS else HolderKind.USER,
        role=role,
        scope=scope,
        created_at=NOW,
    )


@pytest.fixture(params=["memory", *BACKENDS])
async def make(
    request: pytest.FixtureRequest, open_database: OpenDatabase
) -> AsyncIterator[Make]:
    if request.param == "memory":
        stores: dict[TenantId, Made] = {}

        def memory(tenant: TenantId) -> Made:
            if tenant not in stores:
                groups = MemoryGroupStore()
                bindings = MemoryBindingStore(groups)
                store = MemoryHolderStore(bindings, groups)
                stores[tenant] = Made(store, bindings, groups, NullWork())
            return stores[tenant]

        yield memory
        return
    async with open_database(request.param, ["authz"]) as database:

        def sql(tenant: TenantId) -> Made:
            connection = database.connection(tenant)
            return Made(
                SqlHolderStore(connection, tenant),
                SqlBindingStore(connection, tenant),
                SqlGroupStore(connection, tenant),
                SqlUnitOfWork(connection),
            )

        yield sql


async def test_holders_are_found_by_role_and_scope(make: Make) -> None:
    """By themselves and by groups, each once, by name."""
    made = make(DEFAULT_TENANT)
    await made.fill()

    assert await made.names({"viewer"}, {HERE}) == ["ada", "bob", "cy"]
    assert await made.names({"viewer"}, {ROOT}) == ["ada"]
    assert await made.names({"lead", "admin"}, {ROOT}) == ["bob", "cy"]
    assert await made.names({"lead", "admin"}, None) == ["bob", "cy"]
    assert await made.names({"admin"}, {HERE, ROOT}) == []
    assert await made.names(set(), None) == []
    assert await made.names({"viewer"}, set()) == []


async def test_holders_come_in_pages(make: Make) -> None:
    """Nobody is lost between them, and nobody comes twice."""
    made = make(DEFAULT_TENANT)
    await made.fill()
    for limit in (1, 2, 3):
        found, page = [], PageRequest(limit=limit)
        while True:
            shown = await made.store.having({"viewer", "admin"}, None, page)
            found += [(each.user_name, each.user_id) for each in shown.items]
            if shown.next is None:
                break
            page = PageRequest(limit=limit, after=shown.next)
        assert found == list(USERS.items())
    with pytest.raises(BadPage):
        await made.store.having({"viewer"}, None, PageRequest(after="odd"))


async def test_rights_are_those_of_users_and_their_groups(make: Make) -> None:
    made = make(DEFAULT_TENANT)
    await made.fill()
    found = await made.store.rights_of(list(USERS.values()))

    for user_id in USERS.values():
        whole = await made.bindings.rights_of(user_id)
        assert sorted(found[user_id], key=str) == sorted(whole, key=str)
    assert len(found[USERS["bob"]]) == 4
    assert not any((await made.store.rights_of([])).values())
    nobody = UUID(int=99)
    assert not (await made.store.rights_of([nobody])).get(nobody)


async def test_tenants_do_not_meet(make: Make) -> None:
    await make(DEFAULT_TENANT).fill()
    other = make(OTHER)

    assert await other.names({"viewer", "lead", "admin"}, None) == []
    found = await other.store.rights_of(list(USERS.values()))
    assert not any(found.values())
