"""Every BindingStore keeps the promises of its port."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from itertools import count
from uuid import UUID

import pytest

from fairlead.adapters.sql.work import SqlUnitOfWork
from fairlead.kernel.ids import new_id
from fairlead.kernel.paging import BadPage, PageRequest
from fairlead.kernel.principal import DEFAULT_TENANT, TenantId
from fairlead.kernel.reach import Reach
from fairlead.kernel.work import UnitOfWork
from fairlead.services.authz.memory import MemoryBindingStore, MemoryGroupStore
from fairlead.services.authz.ports import BindingStore, GroupStore, Wanted
from fairlead.services.authz.public import (
    ROOT,
    Binding,
    Group,
    HolderKind,
    Member,
    environment_scope,
    project_scope,
)
from fairlead.services.authz.sql import SqlBindingStore, SqlGroupStore
from fairlead.testing.database import BACKENDS, OpenDatabase
from fairlead.testing.fakes import FrozenClock, NullWork

OTHER = TenantId(UUID(int=2))
ADA, BOB = UUID(int=10), UUID(int=11)
NOW = FrozenClock().now()
CREW = Group(id=UUID(int=12), name="crew", summary="", members=0, created_at=NOW)
ALL = PageRequest(limit=200)
ONE, TWO = UUID(int=1), UUID(int=2)


@dataclass
class Made:
    """A tenant's stores."""

    store: BindingStore
    groups: GroupStore
    work: UnitOfWork

    async def all(self) -> tuple[Binding, ...]:
        """Return every binding."""
        return (await self.store.list(Wanted(), ALL)).items


Make = Callable[[TenantId], Made]


NUMBERS = count(100)


def binding(principal: UUID, role: str, scope: str = ROOT) -> Binding:
    return Binding(
        id=UUID(int=next(NUMBERS)),
        principal_id=principal,
        principal_name="ada" if principal == ADA else "bob",
        role=role,
        scope=scope,
        created_at=NOW,
    )


def crews(role: str, scope: str = ROOT) -> Binding:
    return replace(
        binding(CREW.id, role, scope),
        principal_kind=HolderKind.GROUP,
        principal_name="crew",
    )


@pytest.fixture(params=["memory", *BACKENDS])
async def make(
    request: pytest.FixtureRequest, open_database: OpenDatabase
) -> AsyncIterator[Make]:
    if request.param == "memory":
        groups = {tenant: MemoryGroupStore() for tenant in (DEFAULT_TENANT, OTHER)}
        made = {
            tenant: Made(MemoryBindingStore(each), each, NullWork())
            for tenant, each in groups.items()
        }
        yield lambda tenant: made[tenant]
        return
    async with open_database(request.param, ["authz"]) as database:

        def sql(tenant: TenantId) -> Made:
            connection = database.connection(tenant)
            return Made(
                SqlBindingStore(connection, tenant),
                SqlGroupStore(connection, tenant),
                SqlUnitOfWork(connection),
            )

        yield sql


@pytest.fixture
def ours(make: Make) -> Made:
    return make(DEFAULT_TENANT)


async def keep(made: Made, *bindings: Binding) -> None:
    async with made.work:
        for each in bindings:
            assert await made.store.add(each) == each


async def test_bindings_are_found_by_id_holder_and_role(ours: Made) -> None:
    """What was added is found in each of the ways a use case looks."""
    everywhere = binding(ADA, "admin")
    there = binding(ADA, "viewer", project_scope(ONE))
    bobs = binding(BOB, "admin")
    await keep(ours, bobs, everywhere, there)

    assert await ours.all() == (everywhere, there, bobs)
    assert await ours.store.held_by(ADA) == (everywhere, there)
    assert await ours.store.holders({"admin", "x"}, ROOT) == (everywhere, bobs)
    assert await ours.store.holders(frozenset(), ROOT) == ()
    assert await ours.store.find(there.id) == there
    assert await ours.store.find(new_id()) is None
    assert await ours.store.bound("viewer")
    assert not await ours.store.bound("developer")


async def test_members_have_what_their_group_has(make: Make) -> None:
    """And who is not in it has nothing of it."""
    ours, theirs = make(DEFAULT_TENANT), make(OTHER)
    mine, everybodys = binding(ADA, "viewer"), crews("developer", project_scope(ONE))
    async with ours.work:
        await ours.groups.add(CREW)
        await ours.groups.join(CREW.id, Member(user_id=ADA, user_name="ada", since=NOW))
    await keep(ours, mine, everybodys)
    async with theirs.work:
        await theirs.store.add(replace(everybodys, id=new_id()))

    assert await ours.store.rights_of(ADA) == (mine, everybodys)
    assert await ours.store.rights_of(BOB) == ()
    assert await ours.store.held_by(ADA) == (mine,)
    assert await ours.store.held_by(CREW.id) == (everybodys,)
    assert await theirs.store.rights_of(ADA) == ()


async def test_lists_are_cut_to_what_is_wanted(ours: Made) -> None:
    """To holders, a role, a scope, and a reach, also one with exceptions."""
    below = environment_scope(ONE, TWO)
    root = binding(ADA, "admin")
    one = binding(ADA, "viewer", project_scope(ONE))
    deep = binding(ADA, "viewer", below)
    two = binding(BOB, "viewer", project_scope(TWO))
    await keep(ours, root, one, deep, two)

    async def listed(wanted: Wanted) -> tuple[Binding, ...]:
        return (await ours.store.list(wanted, ALL)).items

    nowhere = Reach(everywhere=False)
    within = replace(nowhere, projects=frozenset({ONE}))
    single = replace(nowhere, environments=frozenset({(ONE, TWO)}))
    another = replace(nowhere, environments=frozenset({(TWO, TWO)}))
    without = Reach(everywhere=True, without_projects=frozenset({ONE}))
    assert await listed(Wanted(holders={ADA: "ada"})) == (root, one, deep)
    assert await listed(Wanted(holders={ADA: "ada", BOB: "bob"}, role="admin")) == (
        root,
    )
    assert await listed(Wanted(holders={})) == ()
    assert await listed(Wanted(role="viewer")) == (one, deep, two)
    assert await listed(Wanted(scope=below)) == (deep,)
    assert await listed(Wanted(scope=ROOT, role="viewer")) == ()
    assert await listed(Wanted(reach=nowhere)) == ()
    assert await listed(Wanted(reach=within)) == (one, deep)
    assert await listed(Wanted(reach=single)) == (deep,)
    assert await listed(Wanted(reach=another)) == ()
    assert await listed(Wanted(reach=without)) == (root, two)


async def test_pages_meet_without_gap(ours: Made) -> None:
    """Each binding is on one page, in order; a made-up cursor is refused."""
    made = [binding(ADA, f"role{number}") for number in range(5)]
    await keep(ours, *made, binding(BOB, "role0"))

    found: list[Binding] = []
    page: PageRequest | None = PageRequest(limit=2)
    while page is not None:
        part = await ours.store.list(Wanted(), page)
        found += part.items
        page = PageRequest(limit=2, after=part.next) if part.next else None

    assert found == [*made, *found[5:]]
    assert len(found) == 6
    if isinstance(ours.store, SqlBindingStore):
        with pytest.raises(BadPage):
            await ours.store.list(Wanted(), PageRequest(after="x"))


async def test_the_same_binding_is_stored_once(ours: Made) -> None:
    """Adding what is there already returns the first; the unit of work goes on."""
    first = binding(ADA, "admin")
    await keep(ours, first)
    async with ours.work:
        assert await ours.store.add(replace(first, id=new_id())) == first
        await ours.store.add(binding(BOB, "admin"))

    assert len(await ours.all()) == 2


async def test_removed_bindings_are_gone(ours: Made) -> None:
    """Removing twice is fine."""
    mine = binding(ADA, "admin")
    await keep(ours, mine)
    for _ in range(2):
        async with ours.work:
            await ours.store.remove(mine.id)

    assert await ours.all() == ()


async def test_tenants_do_not_meet(make: Make) -> None:
    """Neither reads nor removes what is the other's."""
    ours, theirs = make(DEFAULT_TENANT), make(OTHER)
    mine = binding(ADA, "admin")
    await keep(ours, mine)
    async with theirs.work:
        await theirs.store.remove(mine.id)
        await theirs.store.add(replace(mine, id=new_id()))

    assert await ours.all() == (mine,)
    assert await theirs.store.find(mine.id) is None
    assert len(await theirs.store.held_by(ADA)) == 1
    assert len(await theirs.all()) == 1


async def test_a_scope_is_emptied_with_all_below_it(make: Make) -> None:
    """And nothing beside it, nor in another tenant."""
    ours, theirs = make(DEFAULT_TENANT), make(OTHER)
    project, beside = project_scope(ONE), project_scope(TWO)
    below = environment_scope(ONE, UUID(int=3))
    gone = [binding(ADA, "viewer", project), binding(BOB, "viewer", below)]
    kept, others = binding(ADA, "viewer", beside), binding(ADA, "viewer", project)
    await keep(ours, *gone, kept)
    await keep(theirs, others)

    async with ours.work:
        removed = await ours.store.remove_within(project)
        again = await ours.store.remove_within(project)

    assert {each.id for each in removed} == {each.id for each in gone}
    assert again == ()
    assert await ours.all() == (kept,)
    assert await theirs.all() == (others,)
