"""Who would gain or lose what."""

from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.kernel.ids import new_id
from fairlead.kernel.paging import PageRequest
from fairlead.kernel.principal import service
from fairlead.services.authz.domain import Grants, OwnRole, RoleBook
from fairlead.services.authz.domain.differences import changed, changes
from fairlead.services.authz.memory.holders import MemoryHolderStore
from fairlead.services.authz.public import (
    ROOT,
    BadRole,
    Binding,
    Difference,
    Group,
    HolderKind,
    Member,
    NotAllowed,
    RoleBuiltIn,
    RoleDraft,
    RoleInUse,
    RoleNotFound,
    environment_scope,
    project_scope,
)
from fairlead.services.authz.use_cases.comparisons import (
    CompareBooks,
    CompareModule,
    CompareRole,
    LocalComparisons,
)
from fairlead.services.authz.use_cases.explain import ReadRights
from fairlead.testing.fakes import FrozenClock

SYSTEM = service("test")
PAGE = PageRequest()
READ, CREATE = "projects.project.read", "projects.project.create"
CANCEL = "operations.operation.cancel"
ONE = UUID(int=101)
SCOPES = [
    ROOT,
    project_scope(ONE),
    project_scope(UUID(int=102)),
    environment_scope(ONE, UUID(int=5)),
]
PERMISSIONS = [READ, CREATE, CANCEL]


def bound(name: str, role: str, scope: str = ROOT, *, number: int = 11) -> Binding:
    group = name == "builders"
    return Binding(
        id=new_id(),
        principal_id=UUID(int=30 if group else number),
        principal_name=name,
        principal_kind=HolderKind.GROUP if group else HolderKind.USER,
        role=role,
        scope=scope,
        created_at=FrozenClock().now(),
    )


some = st.frozensets(st.sampled_from(PERMISSIONS))
books = st.builds(
    lambda one, two, includes: RoleBook.of(
        PERMISSIONS,
        [
            OwnRole(name="one", permissions=one),
            OwnRole(name="two", permissions=two, includes=includes),
        ],
    ),
    some,
    some,
    st.frozensets(st.sampled_from(["one", "viewer"])),
)
held = st.lists(
    st.builds(
        bound,
        st.just("ada"),
        st.sampled_from(["one", "two", "viewer", "gone"]),
        st.sampled_from(SCOPES),
    ),
    max_size=5,
)


@given(bindings=held, before=books, after=books)
def test_changes_are_what_would_be_decided_otherwise(
    bindings: list[Binding], before: RoleBook, after: RoleBook
) -> None:
    """In every scope with a binding; and nobody without a changed role is touched."""
    had, has = Grants.of(bindings, before), Grants.of(bindings, after)
    found = {each.scope: each for each in changes(bindings, before, after)}
    for scope in {binding.scope for binding in bindings}:
        gains = {
            each
            for each in PERMISSIONS
            if has.hold(each, scope) and not had.hold(each, scope)
        }
        loses = {
            each
            for each in PERMISSIONS
            if had.hold(each, scope) and not has.hold(each, scope)
        }
        told = found.pop(scope, None)
        assert (gains, loses) == ((told.gains, told.loses) if told else (set(), set()))
    assert not found
    if not changed(before, after) & {binding.role for binding in bindings}:
        assert not changes(bindings, before, after)


async def compared(world: Any) -> LocalComparisons:
    """Ada is a lead, bob one by a group and a viewer; root has a role of their own."""
    lead = OwnRole(name="lead", permissions=frozenset({READ, CREATE}))
    solo = OwnRole(name="solo", permissions=frozenset({READ}))
    boss = OwnRole(name="boss", includes=frozenset({"lead"}))
    for role in (lead, solo, boss):
        await world.role_store.add(role)
    now = world.clock.now()
    group = Group(
        id=UUID(int=30), name="builders", summary="", members=0, created_at=now
    )
    await world.group_store.add(group)
    await world.group_store.join(
        group.id, Member(user_id=UUID(int=12), user_name="bob", since=now)
    )
    for binding in (
        bound("ada", "lead", project_scope(ONE)),
        bound("builders", "lead", project_scope(ONE)),
        bound("bob", "viewer", number=12),
        bound("root", "solo", number=10),
    ):
        await world.store.add(binding)
    rights = ReadRights(holdings=world.holdings)
    holders = MemoryHolderStore(world.store, world.group_store)
    parts = {
        "authorizer": world.authorizer,
        "rights": rights,
        "compare": CompareBooks(holders=holders),
    }
    return LocalComparisons(
        compare_role=CompareRole(**parts), compare_module=CompareModule(**parts)
    )


def said(differences: tuple[Difference, ...]) -> list[Any]:
    return [
        (each.user_name, each.scope, set(each.gains), set(each.loses))
        for each in differences
    ]


async def test_a_draft_shows_the_net_effect(world: Any) -> None:
    """What bob still reads as a viewer everywhere is no loss."""
    comparisons = await compared(world)
    draft = RoleDraft(permissions={CREATE, CANCEL})
    found = await comparisons.role(SYSTEM, "lead", draft, PAGE)

    assert found.next is None
    assert said(found.items) == [
        ("ada", project_scope(ONE), {CANCEL}, {READ}),
        ("bob", project_scope(ONE), {CANCEL}, set()),
    ]


async def test_a_deleted_role_takes_all_it_gave(world: Any) -> None:
    comparisons = await compared(world)
    found = await comparisons.role(SYSTEM, "solo", None, PAGE)

    assert said(found.items) == [("root", ROOT, set(), {READ})]
    with pytest.raises(RoleInUse):  # boss includes it
        await comparisons.role(SYSTEM, "lead", None, PAGE)


async def test_what_cannot_be_is_refused(world: Any) -> None:
    comparisons = await compared(world)
    draft = RoleDraft(permissions={"no.such.thing"})

    with pytest.raises(BadRole):
        await comparisons.role(SYSTEM, "lead", draft, PAGE)
    with pytest.raises(RoleBuiltIn):
        await comparisons.role(SYSTEM, "viewer", RoleDraft(), PAGE)
    with pytest.raises(RoleNotFound):
        await comparisons.role(SYSTEM, "nothing", None, PAGE)
    with pytest.raises(BadRole):
        await comparisons.module(SYSTEM, "projects", {READ, CANCEL}, PAGE)
    with pytest.raises(NotAllowed):
        await comparisons.role(world.who("ada"), "lead", RoleDraft(), PAGE)


async def test_nobody_has_a_role_that_is_new(world: Any) -> None:
    comparisons = await compared(world)

    draft = RoleDraft(permissions={CREATE})
    assert not (await comparisons.role(SYSTEM, "new-one", draft, PAGE)).items


async def test_a_module_changes_built_in_roles_by_rule_and_own_ones_by_name(
    world: Any,
) -> None:
    """Viewers read what is new; own roles lose what is gone."""
    comparisons = await compared(world)
    added = "projects.plan.read"
    found = await comparisons.module(SYSTEM, "projects", {CREATE, added}, PAGE)

    assert said(found.items) == [
        ("ada", project_scope(ONE), set(), {READ}),
        ("bob", ROOT, {added}, {READ}),
        ("bob", project_scope(ONE), {added}, {READ}),
        ("root", ROOT, set(), {READ}),
    ]


async def test_users_come_in_pages_with_all_their_scopes(world: Any) -> None:
    comparisons = await compared(world)
    found, after = [], None
    while True:
        page = PageRequest(limit=1, after=after)
        shown = await comparisons.module(SYSTEM, "projects", {CREATE}, page)
        found.append([each.user_name for each in shown.items])
        after = shown.next
        if after is None:
            break

    assert found == [["ada"], ["bob", "bob"], ["root"]]
