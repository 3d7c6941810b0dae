"""Making, changing and deleting roles, over memory."""

from typing import Any

import pytest

from fairlead.kernel.paging import BadPage, PageRequest
from fairlead.kernel.principal import service
from fairlead.services.audit.public import Outcome
from fairlead.services.authz.public import (
    ROOT,
    BadRole,
    Escalation,
    LastAdministrator,
    NotAllowed,
    RoleBuiltIn,
    RoleDraft,
    RoleInUse,
    RoleNameTaken,
    RoleNotFound,
)

SYSTEM = service("test")
READ, CREATE = "projects.project.read", "projects.project.create"
CREATES = RoleDraft(summary="Makes projects", permissions={CREATE}, includes={"guest"})


async def test_a_role_opens_what_it_allows(world: Any) -> None:
    """By itself and by what it includes; the trail tells what it is."""
    role = await world.roles.create(SYSTEM, "creator", CREATES)
    await world.roles.bind(SYSTEM, "ada", "creator", scope=ROOT)

    assert role.permissions == {READ, CREATE}
    assert await world.roles.get(SYSTEM, "creator") == role
    assert await world.authorizer.allows(world.who("ada"), CREATE)
    assert await world.authorizer.allows(world.who("ada"), READ)
    _, act = world.trail.acts[0]
    assert (act.action, act.target) == ("authz.role.create", "roles/creator")
    assert act.details == {"permissions": CREATE, "includes": "guest"}


async def test_a_changed_role_is_in_force_at_once(world: Any) -> None:
    """For everybody who has it, and through roles that include it."""
    await world.roles.create(SYSTEM, "creator", CREATES)
    await world.roles.create(SYSTEM, "lead", RoleDraft(includes={"creator"}))
    await world.roles.bind(SYSTEM, "ada", "lead", scope=ROOT)
    assert await world.authorizer.allows(world.who("ada"), CREATE)

    await world.roles.update(SYSTEM, "creator", RoleDraft(permissions={READ}))

    assert not await world.authorizer.allows(world.who("ada"), CREATE)
    assert await world.authorizer.allows(world.who("ada"), READ)


async def test_roles_in_use_stay(world: Any) -> None:
    """Until nobody has them and none includes them."""
    await world.roles.create(SYSTEM, "creator", CREATES)
    await world.roles.create(SYSTEM, "lead", RoleDraft(includes={"creator"}))
    given = await world.roles.bind(SYSTEM, "ada", "lead", scope=ROOT)

    for name in ("creator", "lead"):
        with pytest.raises(RoleInUse):
            await world.roles.delete(SYSTEM, name)
    await world.roles.unbind(SYSTEM, given.id)
    for name in ("lead", "creator"):
        await world.roles.delete(SYSTEM, name)

    with pytest.raises(RoleNotFound):
        await world.roles.get(SYSTEM, "creator")


async def test_impossible_changes_change_nothing(world: Any) -> None:
    """Names taken, built-in roles and bad drafts."""
    await world.roles.create(SYSTEM, "creator", CREATES)
    version = world.versions.version

    for name in ("creator", "admin"):
        with pytest.raises(RoleNameTaken):
            await world.roles.create(SYSTEM, name, CREATES)
    with pytest.raises(BadRole):
        await world.roles.update(SYSTEM, "creator", RoleDraft(permissions={"x.y.z"}))
    with pytest.raises(RoleBuiltIn):
        await world.roles.update(SYSTEM, "admin", CREATES)
    with pytest.raises(RoleBuiltIn):
        await world.roles.delete(SYSTEM, "admin")
    for ask in (
        world.roles.update(SYSTEM, "none", CREATES),
        world.roles.delete(SYSTEM, "none"),
    ):
        with pytest.raises(RoleNotFound):
            await ask

    assert world.versions.version == version


async def test_nobody_makes_a_role_of_what_they_lack(world: Any) -> None:
    """Nor widens one, nor takes in another role that has it; the trail knows."""
    crew = RoleDraft(permissions={"authz.role.create", "authz.role.update", READ})
    await world.roles.create(SYSTEM, "crew", crew)
    await world.roles.bind(SYSTEM, "ada", "crew", scope=ROOT)
    ada = world.who("ada")
    world.trail.acts.clear()

    with pytest.raises(Escalation) as refused:
        await world.roles.create(ada, "mine", RoleDraft(permissions={READ, CREATE}))
    with pytest.raises(Escalation):
        await world.roles.create(ada, "mine", RoleDraft(includes={"admin"}))
    with pytest.raises(Escalation):
        await world.roles.update(
            ada, "crew", RoleDraft(permissions={*crew.permissions, CREATE})
        )

    assert refused.value.details == {"permissions": [CREATE], "scope": ROOT}
    assert [act.outcome for _, act in world.trail.acts] == [Outcome.REFUSED] * 3
    assert {act.details["reason"] for _, act in world.trail.acts} == {
        "authz.escalation"
    }
    await world.roles.create(ada, "mine", RoleDraft(includes={"guest"}))
    await world.roles.update(ada, "crew", RoleDraft(permissions={"authz.role.update"}))


async def test_a_role_that_includes_admin_makes_administrators(world: Any) -> None:
    """So the last one of them cannot be made less."""
    await world.roles.create(SYSTEM, "owner", RoleDraft(includes={"admin"}))
    await world.roles.bind(SYSTEM, "root", "owner", scope=ROOT)

    with pytest.raises(LastAdministrator):
        await world.roles.update(SYSTEM, "owner", RoleDraft(includes={"viewer"}))
    await world.roles.bind(SYSTEM, "ada", "admin", scope=ROOT)
    await world.roles.update(SYSTEM, "owner", RoleDraft(includes={"viewer"}))


async def test_roles_come_in_pages(world: Any) -> None:
    """Own and built-in together, by name."""
    await world.roles.create(SYSTEM, "creator", CREATES)

    first = await world.roles.list(SYSTEM, PageRequest(limit=3))
    rest = await world.roles.list(SYSTEM, PageRequest(limit=3, after=first.next))

    assert [role.name for role in first.items] == ["admin", "creator", "developer"]
    assert [role.name for role in rest.items] == ["guest", "viewer"]
    assert rest.next is None
    with pytest.raises(BadPage):
        await world.roles.list(SYSTEM, PageRequest(after="No such"))


async def test_each_act_needs_its_permission(world: Any) -> None:
    """Seeing roles is not making them."""
    await world.roles.create(
        SYSTEM, "reader", RoleDraft(permissions={"authz.role.read"})
    )
    await world.roles.bind(SYSTEM, "ada", "reader", scope=ROOT)
    ada = world.who("ada")

    await world.roles.get(ada, "reader")
    for ask in (
        world.roles.create(ada, "x", RoleDraft()),
        world.roles.update(ada, "reader", RoleDraft()),
        world.roles.delete(ada, "reader"),
        world.roles.get(world.who("bob"), "reader"),
    ):
        with pytest.raises(NotAllowed):
            await ask
