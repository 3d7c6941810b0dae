"""Every PolicyStore keeps the promises of its port."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from uuid import UUID

import pytest

from fairlead.adapters.sql.work import SqlUnitOfWork
from fairlead.kernel.ids import new_id
from fairlead.kernel.paging import BadPage, PageRequest
from fairlead.kernel.principal import DEFAULT_TENANT, TenantId
from fairlead.kernel.work import UnitOfWork
from fairlead.services.authz.memory import MemoryPolicyStore
from fairlead.services.authz.ports import PolicyStore
from fairlead.services.authz.public import Policy, PolicyNameTaken
from fairlead.services.authz.sql import SqlPolicyStore
from fairlead.testing.database import BACKENDS, OpenDatabase
from fairlead.testing.fakes import FrozenClock, NullWork

OTHER = TenantId(UUID(int=2))
NOW = FrozenClock().now()
Made = tuple[PolicyStore, UnitOfWork]
Make = Callable[[TenantId], Made]


def policy(name: str, *, enabled: bool = True) -> Policy:
    return Policy(
        id=new_id(),
        name=name,
        summary="Nobody",
        text='forbid (principal, action, resource) when { "ü\n" == "" };',
        permissions=frozenset({"projects.project.read", "pipelines.*"}),
        enabled=enabled,
        version=1,
        created_at=NOW,
        updated_at=NOW,
    )


@pytest.fixture(params=["memory", *BACKENDS])
async def make(
    request: pytest.FixtureRequest, open_database: OpenDatabase
) -> AsyncIterator[Make]:
    if request.param == "memory":
        stores = {tenant: MemoryPolicyStore() for tenant in (DEFAULT_TENANT, OTHER)}
        yield lambda tenant: (stores[tenant], NullWork())
        return
    async with open_database(request.param, ["authz"]) as database:

        def sql(tenant: TenantId) -> Made:
            connection = database.connection(tenant)
            return SqlPolicyStore(connection, tenant), SqlUnitOfWork(connection)

        yield sql


async def test_what_was_added_is_found_until_it_is_removed(make: Make) -> None:
    store, work = make(DEFAULT_TENANT)
    one, other = policy("one"), policy("other", enabled=False)
    async with work:
        await store.add(other)
        await store.add(one)

    assert [await store.find(name) for name in ("one", "other")] == [one, other]
    assert await store.enabled() == (one,)
    assert await store.count() == 2
    async with work:
        assert await store.remove("one")
        assert not await store.remove("one")
    assert await store.find("one") is None
    assert await store.count() == 1


async def test_a_name_is_taken_once_in_each_tenant(make: Make) -> None:
    store, work = make(DEFAULT_TENANT)
    async with work:
        await store.add(policy("one"))

    with pytest.raises(PolicyNameTaken):
        async with work:
            await store.add(policy("one"))
    theirs, their_work = make(OTHER)
    async with their_work:
        await theirs.add(policy("one"))
    assert await store.count() == 1


async def test_a_policy_is_saved_over_the_version_before_only(make: Make) -> None:
    store, work = make(DEFAULT_TENANT)
    first = policy("one")
    second = replace(
        first, summary="", permissions=frozenset({"a.*"}), enabled=False, version=2
    )
    async with work:
        await store.add(first)
        assert await store.save(second)
        assert not await store.save(second)
        assert not await store.save(replace(policy("other"), version=2))

    assert await store.find("one") == second


async def test_pages_follow_one_another_by_name(make: Make) -> None:
    store, work = make(DEFAULT_TENANT)
    names = [f"p{number}" for number in range(5)]
    async with work:
        for name in reversed(names):
            await store.add(policy(name))

    first = await store.list(PageRequest(limit=2))
    second = await store.list(PageRequest(limit=2, after=first.next))
    third = await store.list(PageRequest(limit=2, after=second.next))
    items = (*first.items, *second.items, *third.items)
    assert [each.name for each in items] == names
    assert third.next is None


async def test_a_cursor_from_elsewhere_is_refused(open_database: OpenDatabase) -> None:
    async with open_database("sqlite", ["authz"]) as database:
        store = SqlPolicyStore(database.connection(), DEFAULT_TENANT)

        with pytest.raises(BadPage):
            await store.list(PageRequest(after="x"))


async def test_tenants_do_not_see_one_another(make: Make) -> None:
    store, work = make(DEFAULT_TENANT)
    ours = policy("ours")
    async with work:
        await store.add(ours)
    theirs, their_work = make(OTHER)

    assert await theirs.find("ours") is None
    assert await theirs.enabled() == ()
    assert (await theirs.list(PageRequest())).items == ()
    async with their_work:
        assert not await theirs.remove("ours")
        assert not await theirs.save(replace(ours, version=2))
    assert await store.find("ours") == ours
