"""Every GroupStore keeps the promises of its port."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from uuid import UUID

import pytest

from fairlead.adapters.sql.work import SqlUnitOfWork
from fairlead.kernel.ids import new_id
from fairlead.kernel.paging import PageRequest
from fairlead.kernel.principal import DEFAULT_TENANT, TenantId
from fairlead.kernel.work import UnitOfWork
from fairlead.services.authz.memory import MemoryGroupStore
from fairlead.services.authz.ports import GroupStore
from fairlead.services.authz.public import Group, GroupNameTaken, Member
from fairlead.services.authz.sql import SqlGroupStore
from fairlead.testing.database import BACKENDS, OpenDatabase
from fairlead.testing.fakes import FrozenClock, NullWork

OTHER = TenantId(UUID(int=2))
NOW = FrozenClock().now()
ALL = PageRequest(limit=200)
Made = tuple[GroupStore, UnitOfWork]
Make = Callable[[TenantId], Made]


def group(name: str) -> Group:
    return Group(id=new_id(), name=name, summary="Some", members=0, created_at=NOW)


def member(number: int, name: str) -> Member:
    return Member(user_id=UUID(int=number), user_name=name, since=NOW)


ADA, BOB = member(1, "ada"), member(2, "bob")


@pytest.fixture(params=["memory", *BACKENDS])
async def make(
    request: pytest.FixtureRequest, open_database: OpenDatabase
) -> AsyncIterator[Make]:
    if request.param == "memory":
        stores = {tenant: MemoryGroupStore() for tenant in (DEFAULT_TENANT, OTHER)}
        yield lambda tenant: (stores[tenant], NullWork())
        return
    async with open_database(request.param, ["authz"]) as database:

        def sql(tenant: TenantId) -> Made:
            connection = database.connection(tenant)
            return SqlGroupStore(connection, tenant), SqlUnitOfWork(connection)

        yield sql


async def test_groups_are_found_and_described(make: Make) -> None:
    """By name, each with the number of its members."""
    store, work = make(DEFAULT_TENANT)
    crew, deck = group("crew"), group("deck")
    async with work:
        for each in (deck, crew):
            await store.add(each)
        assert await store.join(crew.id, ADA)
        assert await store.join(crew.id, BOB)
        assert not await store.join(crew.id, replace(ADA, user_name="other"))
        await store.describe(crew.id, "All hands")

    told = replace(crew, summary="All hands", members=2)
    assert (await store.list(ALL)).items == (told, deck)
    assert await store.find("crew") == told
    assert await store.find("cre") is None
    assert (await store.members(crew.id, ALL)).items == (ADA, BOB)
    assert await store.of(ADA.user_id) == (replace(told, members=0),)
    assert await store.of(UUID(int=9)) == ()


async def test_two_groups_have_two_names(make: Make) -> None:
    """A refused one leaves the unit of work as it is."""
    store, work = make(DEFAULT_TENANT)
    async with work:
        await store.add(group("crew"))
        with pytest.raises(GroupNameTaken):
            await store.add(group("crew"))
        await store.add(group("deck"))

    assert len((await store.list(ALL)).items) == 2


async def test_who_leaves_is_out(make: Make) -> None:
    """Of one group; leaving again is fine."""
    store, work = make(DEFAULT_TENANT)
    crew, deck = group("crew"), group("deck")
    async with work:
        for each in (crew, deck):
            await store.add(each)
            await store.join(each.id, ADA)
        assert await store.leave(crew.id, ADA.user_id)
        assert not await store.leave(crew.id, ADA.user_id)

    assert [each.name for each in await store.of(ADA.user_id)] == ["deck"]


async def test_a_removed_group_has_no_members(make: Make) -> None:
    """The name is free again, for a group without them."""
    store, work = make(DEFAULT_TENANT)
    crew = group("crew")
    async with work:
        await store.add(crew)
        await store.join(crew.id, ADA)
        await store.remove(crew.id)
        await store.remove(crew.id)
        await store.add(group("crew"))

    assert await store.of(ADA.user_id) == ()
    found = await store.find("crew")
    assert found is not None
    assert found.members == 0


async def test_pages_meet_without_gap(make: Make) -> None:
    """Of groups and of members, who may share a name with one of before."""
    store, work = make(DEFAULT_TENANT)
    crew = group("crew")
    async with work:
        await store.add(crew)
        for number in range(5):
            await store.add(group(f"g{number}"))
            await store.join(crew.id, member(number + 1, "ada"))

    names: list[str] = []
    members: list[UUID] = []
    after: str | None = ""
    while after is not None:
        groups = await store.list(PageRequest(limit=2, after=after or None))
        names += [each.name for each in groups.items]
        after = groups.next
    after = ""
    while after is not None:
        page = await store.members(crew.id, PageRequest(limit=2, after=after or None))
        members += [each.user_id for each in page.items]
        after = page.next

    assert names == ["crew", "g0", "g1", "g2", "g3", "g4"]
    assert members == [UUID(int=number + 1) for number in range(5)]


async def test_tenants_do_not_meet(make: Make) -> None:
    """Neither reads, changes nor removes what is the other's."""
    ours, our_work = make(DEFAULT_TENANT)
    theirs, their_work = make(OTHER)
    crew = group("crew")
    async with our_work:
        await ours.add(crew)
        await ours.join(crew.id, ADA)
    async with their_work:
        await theirs.describe(crew.id, "Theirs")
        assert not await theirs.leave(crew.id, ADA.user_id)
        await theirs.remove(crew.id)
        await theirs.add(group("crew"))

    assert await ours.find("crew") == replace(crew, members=1)
    assert await theirs.of(ADA.user_id) == ()
    assert (await theirs.members(crew.id, ALL)).items == ()
    assert len((await theirs.list(ALL)).items) == 1
