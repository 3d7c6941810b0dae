"""Groups and their members, over memory."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from fairlead.kernel.paging import PageRequest
from fairlead.kernel.principal import service
from fairlead.services.audit.public import Outcome
from fairlead.services.authz.public import (
    ROOT,
    BadGroup,
    Escalation,
    GroupNameTaken,
    GroupNotFound,
    HolderKind,
    LastAdministrator,
    NotAllowed,
    RoleDraft,
    RoleNotFound,
    project_scope,
)
from fairlead.services.identity.public import UserNotFound

SYSTEM = service("test")
READ, CREATE = "projects.project.read", "projects.project.create"
ONE, TWO = UUID(int=1), UUID(int=2)
PAGE = PageRequest()
GROUP = HolderKind.GROUP


@pytest.fixture
async def crew(world: Any) -> Any:
    """The group `crew`, which develops in project one, with ada in it."""
    await world.groups.create(SYSTEM, "crew", summary="All hands")
    await world.roles.bind(
        SYSTEM, "crew", "developer", scope=project_scope(ONE), kind=GROUP
    )
    await world.groups.add(SYSTEM, "crew", "ada")
    world.trail.acts.clear()
    return world


async def test_members_have_what_the_group_has(crew: Any) -> None:
    """Where it has it, and while they are in it."""
    ada = crew.who("ada")
    assert await crew.authorizer.allows(ada, CREATE, on=project_scope(ONE))
    assert not await crew.authorizer.allows(ada, CREATE, on=project_scope(TWO))
    assert (await crew.holdings.of(ada)).grants.groups == {"crew"}

    await crew.groups.remove(SYSTEM, "crew", "ada")

    assert not await crew.authorizer.allows(ada, CREATE, on=project_scope(ONE))
    assert (await crew.holdings.of(ada)).grants.groups == frozenset()


async def test_a_role_given_to_a_group_is_its_members_at_once(crew: Any) -> None:
    """The name of the group stands on the binding."""
    ada = crew.who("ada")
    assert not await crew.authorizer.allows(ada, READ)

    given = await crew.roles.bind(SYSTEM, "crew", "viewer", scope=ROOT, kind=GROUP)

    assert (given.principal_kind, given.principal_name) == (GROUP, "crew")
    assert await crew.authorizer.allows(ada, READ)
    await crew.roles.unbind(SYSTEM, given.id)
    assert not await crew.authorizer.allows(ada, READ)


async def test_a_deleted_group_leaves_nothing(crew: Any) -> None:
    """Neither bindings nor rights; the trail has both, and the name is free."""
    await crew.groups.delete(SYSTEM, "crew")

    assert await crew.bindings() == []
    assert not await crew.authorizer.allows(
        crew.who("ada"), CREATE, on=project_scope(ONE)
    )
    assert [act.action for _, act in crew.trail.acts] == [
        "authz.binding.delete",
        "authz.group.delete",
    ]
    assert crew.trail.acts[0][1].details == {"group": "crew", "role": "developer"}
    assert (await crew.groups.create(SYSTEM, "crew")).members == 0


async def test_joining_twice_and_leaving_twice_is_fine(crew: Any) -> None:
    """The second time is no change."""
    version = crew.versions.version
    await crew.groups.add(SYSTEM, "crew", "ada")
    assert crew.versions.version == version
    for _ in range(2):
        await crew.groups.remove(SYSTEM, "crew", "ada")

    assert crew.versions.version == version + 1
    assert [act.action for _, act in crew.trail.acts] == ["authz.member.delete"]


async def test_groups_are_shown_and_described(crew: Any) -> None:
    """With how many are in them."""
    await crew.groups.create(SYSTEM, "deck")
    told = await crew.groups.update(SYSTEM, "crew", summary="Some hands")

    assert (told.summary, told.members) == ("Some hands", 1)
    assert await crew.groups.get(SYSTEM, "crew") == told
    listed = await crew.groups.list(SYSTEM, PAGE)
    assert [each.name for each in listed.items] == ["crew", "deck"]
    members = await crew.groups.members(SYSTEM, "crew", PAGE)
    assert [each.user_name for each in members.items] == ["ada"]


async def test_bad_names_and_unknown_ones_are_refused(crew: Any) -> None:
    """Nothing is kept of them."""
    for name in ("", "Crew", "a b", "12", "new"):
        with pytest.raises(BadGroup):
            await crew.groups.create(SYSTEM, name)
    with pytest.raises(BadGroup):
        await crew.groups.update(SYSTEM, "crew", summary="x" * 201)
    with pytest.raises(GroupNameTaken):
        await crew.groups.create(SYSTEM, "crew")
    for ask in (
        crew.groups.get(SYSTEM, "none"),
        crew.groups.update(SYSTEM, "none", summary=""),
        crew.groups.delete(SYSTEM, "none"),
        crew.groups.members(SYSTEM, "none", PAGE),
        crew.groups.add(SYSTEM, "none", "ada"),
        crew.groups.remove(SYSTEM, "none", "ada"),
        crew.roles.bind(SYSTEM, "none", "viewer", scope=ROOT, kind=GROUP),
        crew.bindings(group="none"),
    ):
        with pytest.raises(GroupNotFound):
            await ask
    for ask in (
        crew.groups.add(SYSTEM, "crew", "eve"),
        crew.groups.remove(SYSTEM, "crew", "eve"),
    ):
        with pytest.raises(UserNotFound):
            await ask


async def test_what_cannot_be_stored_is_no_name(crew: Any) -> None:
    """No database is asked for it, and the trail keeps what can be shown of it."""
    odd = "cr\0w" + "x" * 300
    with pytest.raises(GroupNotFound):
        await crew.groups.get(SYSTEM, odd)
    with pytest.raises(GroupNotFound):
        await crew.roles.bind(SYSTEM, odd, "viewer", scope=ROOT, kind=GROUP)
    with pytest.raises(RoleNotFound):
        await crew.roles.bind(SYSTEM, "ada", odd, scope=ROOT)
    assert await crew.bindings(role=odd) == []
    with pytest.raises(NotAllowed):
        await crew.groups.delete(crew.who("ada"), odd)

    [(_, act)] = crew.trail.acts
    assert act.target == "groups/cr?w" + "x" * 96


async def test_nobody_puts_others_where_they_have_less_than_is_there(
    crew: Any,
) -> None:
    """Nor themselves; one who has all the group has may."""
    rights = RoleDraft(permissions={"authz.member.create"})
    await crew.roles.create(SYSTEM, "clerk", rights)
    await crew.roles.bind(SYSTEM, "bob", "clerk", scope=ROOT)
    bob = crew.who("bob")
    crew.trail.acts.clear()

    for user in ("bob", "root"):
        with pytest.raises(Escalation):
            await crew.groups.add(bob, "crew", user)
    assert [act.outcome for _, act in crew.trail.acts] == [Outcome.REFUSED] * 2
    assert crew.trail.acts[0][1].details == {
        "user": "bob",
        "reason": "authz.escalation",
    }

    await crew.roles.bind(SYSTEM, "bob", "developer", scope=project_scope(ONE))
    await crew.groups.add(bob, "crew", "root")


async def test_nobody_gives_a_role_they_do_not_have_there(world: Any) -> None:
    """To users or groups: who may bind gives at most their own, in its scope."""
    rights = RoleDraft(permissions={"authz.binding.create"}, includes={"viewer"})
    await world.roles.create(SYSTEM, "giver", rights)
    await world.groups.create(SYSTEM, "crew")
    await world.roles.bind(SYSTEM, "ada", "giver", scope=project_scope(ONE))
    ada = world.who("ada")

    with pytest.raises(Escalation) as refused:
        await world.roles.bind(ada, "ada", "admin", scope=project_scope(ONE))
    with pytest.raises(Escalation):
        await world.roles.bind(
            ada, "crew", "developer", scope=project_scope(ONE), kind=GROUP
        )
    with pytest.raises(NotAllowed):
        await world.roles.bind(ada, "bob", "viewer", scope=project_scope(TWO))

    assert refused.value.details["scope"] == project_scope(ONE)
    await world.roles.bind(ada, "bob", "viewer", scope=project_scope(ONE))
    await world.roles.bind(ada, "crew", "guest", scope=project_scope(ONE), kind=GROUP)


async def test_the_last_administrator_by_a_group_stays_in_it(world: Any) -> None:
    """Neither leaves, nor does the group lose the role, nor go."""
    await world.groups.create(SYSTEM, "admins")
    given = await world.roles.bind(SYSTEM, "admins", "admin", scope=ROOT, kind=GROUP)
    await world.groups.add(SYSTEM, "admins", "root")
    world.trail.acts.clear()

    with pytest.raises(LastAdministrator):
        await world.groups.remove(SYSTEM, "admins", "root")
    with pytest.raises(LastAdministrator):
        await world.groups.delete(SYSTEM, "admins")
    with pytest.raises(LastAdministrator):
        await world.roles.unbind(SYSTEM, given.id)
    with pytest.raises(LastAdministrator):
        await world.departures.allow(world.who("root").id)
    assert [act.outcome for _, act in world.trail.acts] == [Outcome.REFUSED] * 3

    await world.groups.add(SYSTEM, "admins", "ada")
    ada = world.users.users["ada"]
    for other in (replace(ada, disabled=True), replace(ada, service=True)):
        world.users.users["ada"] = other
        with pytest.raises(LastAdministrator):
            await world.groups.remove(SYSTEM, "admins", "root")
    world.users.users["ada"] = ada
    await world.groups.remove(SYSTEM, "admins", "root")


async def test_each_act_needs_its_permission(crew: Any) -> None:
    """Being in a group is no right to see it."""
    ada = crew.who("ada")
    for ask in (
        crew.groups.list(ada, PAGE),
        crew.groups.get(ada, "crew"),
        crew.groups.create(ada, "x"),
        crew.groups.update(ada, "crew", summary=""),
        crew.groups.delete(ada, "crew"),
        crew.groups.members(ada, "crew", PAGE),
        crew.groups.add(ada, "crew", "bob"),
        crew.groups.remove(ada, "crew", "ada"),
    ):
        with pytest.raises(NotAllowed):
            await ask


async def test_bindings_of_a_user_include_those_of_their_groups(crew: Any) -> None:
    """For themselves always; filters narrow what is shown."""
    own = await crew.roles.bind(SYSTEM, "ada", "viewer", scope=ROOT)
    [shared] = await crew.bindings(group="crew")

    assert await crew.bindings(crew.who("ada"), user="ada") == [own, shared]
    assert await crew.bindings(user="ada", role="viewer") == [own]
    assert await crew.bindings(scope=project_scope(ONE)) == [shared]
    assert await crew.bindings(user="bob") == []
    with pytest.raises(NotAllowed):
        await crew.bindings(crew.who("ada"), group="crew")
