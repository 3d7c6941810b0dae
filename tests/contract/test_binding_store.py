"""Every BindingStore keeps the promises of its port."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest

from fairlead.adapters.sql.work import SqlUnitOfWork
from fairlead.kernel.ids import new_id
from fairlead.kernel.principal import DEFAULT_TENANT, TenantId
from fairlead.kernel.work import UnitOfWork
from fairlead.services.authz.memory import MemoryBindingStore
from fairlead.services.authz.ports import BindingStore
from fairlead.services.authz.public import (
    ROOT,
    Binding,
    environment_scope,
    project_scope,
)
from fairlead.services.authz.sql import SqlBindingStore
from fairlead.testing.database import BACKENDS, OpenDatabase, migrated_database
from fairlead.testing.fakes import FrozenClock, NullWork

OTHER = TenantId(UUID(int=2))
ADA, BOB = UUID(int=10), UUID(int=11)
Made = tuple[BindingStore, UnitOfWork]


def binding(principal: UUID, role: str, scope: str = ROOT) -> Binding:
    return Binding(
        id=new_id(),
        principal_id=principal,
        principal_name="ada" if principal == ADA else "bob",
        role=role,
        scope=scope,
        created_at=FrozenClock().now(),
    )


def nothing() -> None:
    """Stand for a callback nobody looks at."""


@pytest.fixture(params=["memory", *BACKENDS])
async def make(
    request: pytest.FixtureRequest, open_database: OpenDatabase
) -> AsyncIterator[Callable[[TenantId], Made]]:
    if request.param == "memory":
        stores = {tenant: MemoryBindingStore() for tenant in (DEFAULT_TENANT, OTHER)}
        yield lambda tenant: (stores[tenant], NullWork())
        return
    async with open_database(request.param, ["authz"]) as database:

        def sql(tenant: TenantId) -> Made:
            connection = database.connection(tenant)
            return SqlBindingStore(connection, tenant), SqlUnitOfWork(connection)

        yield sql


async def test_bindings_are_found_by_id_holder_and_role(
    make: Callable[[TenantId], Made],
) -> None:
    """What was added is found in each of the ways a use case looks."""
    store, work = make(DEFAULT_TENANT)
    everywhere = binding(ADA, "admin")
    there = binding(ADA, "viewer", project_scope(UUID(int=1)))
    bobs = binding(BOB, "admin")
    async with work:
        for each in (bobs, there, everywhere):
            assert await store.add(each) == each

    assert await store.all() == (everywhere, there, bobs)
    assert await store.held_by(ADA) == (everywhere, there)
    assert await store.holders("admin", ROOT) == (everywhere, bobs)
    assert await store.find(there.id) == there
    assert await store.find(new_id()) is None


async def test_the_same_binding_is_stored_once(
    make: Callable[[TenantId], Made],
) -> None:
    """Adding what is there already returns the first; the unit of work goes on."""
    store, work = make(DEFAULT_TENANT)
    first = binding(ADA, "admin")
    async with work:
        await store.add(first)
    async with work:
        assert await store.add(replace(first, id=new_id())) == first
        await store.add(binding(BOB, "admin"))

    assert len(await store.all()) == 2


async def test_removed_bindings_are_gone(make: Callable[[TenantId], Made]) -> None:
    """Removing twice is fine."""
    store, work = make(DEFAULT_TENANT)
    mine = binding(ADA, "admin")
    async with work:
        await store.add(mine)
    for _ in range(2):
        async with work:
            await store.remove(mine.id)

    assert await store.all() == ()


async def test_the_version_rises_and_says_so_once_durable(
    make: Callable[[TenantId], Made],
) -> None:
    """Each change gets its own version; the callback comes with the commit."""
    store, work = make(DEFAULT_TENANT)
    told: list[str] = []
    async with work:
        assert await store.bump(lambda: told.append("first")) == 1
    assert told == ["first"]
    async with work:
        assert await store.bump(nothing) == 2


async def test_tenants_do_not_meet(make: Callable[[TenantId], Made]) -> None:
    """Neither reads, nor removes, nor counts with the other."""
    ours, our_work = make(DEFAULT_TENANT)
    theirs, their_work = make(OTHER)
    mine = binding(ADA, "admin")
    async with our_work:
        await ours.add(mine)
        await ours.bump(nothing)
    async with their_work:
        await theirs.remove(mine.id)
        assert await theirs.bump(nothing) == 1
        await theirs.add(replace(mine, id=new_id()))

    assert await ours.all() == (mine,)
    assert await theirs.find(mine.id) is None
    assert len(await theirs.held_by(ADA)) == 1


async def test_an_undone_change_says_nothing(tmp_path: Path) -> None:
    """A rolled back version keeps what is known valid."""
    told: list[str] = []
    async with migrated_database(tmp_path, ["authz"]) as database:
        connection = database.connection()
        store = SqlBindingStore(connection, DEFAULT_TENANT)
        with pytest.raises(RuntimeError):  # noqa: PT012 - the unit of work is the act
            async with SqlUnitOfWork(connection):
                await store.bump(lambda: told.append("no"))
                raise RuntimeError
        assert told == []


async def test_a_scope_is_emptied_with_all_below_it(
    make: Callable[[TenantId], Made],
) -> None:
    """And nothing beside it, nor in another tenant."""
    project, beside = project_scope(UUID(int=1)), project_scope(UUID(int=2))
    below = environment_scope(UUID(int=1), UUID(int=3))
    store, work = make(DEFAULT_TENANT)
    gone = [binding(ADA, "viewer", project), binding(BOB, "viewer", below)]
    kept = binding(ADA, "viewer", beside)
    async with work:
        for each in (*gone, kept):
            await store.add(each)
    other, other_work = make(OTHER)
    async with other_work:
        others = await other.add(binding(ADA, "viewer", project))

    async with work:
        removed = await store.remove_within(project)
        again = await store.remove_within(project)

    assert {each.id for each in removed} == {each.id for each in gone}
    assert again == ()
    assert await store.all() == (kept,)
    assert await other.all() == (others,)
