"""Managing roles and bindings, over memory."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from fairlead.adapters.bus.outbox import decode_event, encode_event
from fairlead.kernel.events import Delivery
from fairlead.kernel.ids import new_id
from fairlead.kernel.paging import PageRequest
from fairlead.kernel.principal import service
from fairlead.modules.projects.public import ProjectDeleted
from fairlead.services.authz.public import (
    ROOT,
    BadScope,
    BindingNotFound,
    LastAdministrator,
    NotAllowed,
    RoleNotFound,
    project_scope,
)
from fairlead.services.authz.tasks import OnProjectGone, ProjectGone
from fairlead.services.authz.use_cases.departed import RemoveBindings
from fairlead.services.identity.public import UserNotFound

SYSTEM = service("test")
READ = "projects.project.read"
ONE, TWO = UUID(int=1), UUID(int=2)


async def test_binding_twice_gives_the_first_binding(world: Any) -> None:
    """The second time changes nothing and leaves no second record."""
    first = await world.roles.bind(SYSTEM, "ada", "viewer", scope=ROOT)
    second = await world.roles.bind(SYSTEM, "ada", "viewer", scope=ROOT)

    assert second == first
    assert len(world.trail.acts) == 1
    assert world.versions.version == 1


async def test_unknown_names_are_refused(world: Any) -> None:
    """Roles, users and scopes that do not exist bind nothing."""
    with pytest.raises(RoleNotFound):
        await world.roles.bind(SYSTEM, "ada", "king", scope=ROOT)
    with pytest.raises(UserNotFound):
        await world.roles.bind(SYSTEM, "eve", "viewer", scope=ROOT)
    with pytest.raises(BadScope):
        await world.roles.bind(SYSTEM, "ada", "viewer", scope="/everything")

    assert await world.bindings() == []


async def test_an_administrator_of_a_project_binds_only_there(world: Any) -> None:
    """Nobody gives more than they administer, and sees bindings only there."""
    await world.roles.bind(SYSTEM, "root", "admin", scope=ROOT)
    await world.roles.bind(SYSTEM, "ada", "admin", scope=project_scope(ONE))
    ada = world.who("ada")

    given = await world.roles.bind(ada, "bob", "viewer", scope=project_scope(ONE))
    for scope in (ROOT, project_scope(TWO)):
        with pytest.raises(NotAllowed):
            await world.roles.bind(ada, "bob", "viewer", scope=scope)

    seen = await world.bindings(ada)
    assert {binding.scope for binding in seen} == {project_scope(ONE)}
    assert given in seen


async def test_ones_own_bindings_may_always_be_seen(world: Any) -> None:
    """A viewer sees their own, not another's."""
    mine = await world.roles.bind(SYSTEM, "ada", "viewer", scope=ROOT)

    assert await world.bindings(world.who("ada"), user="ada") == [mine]
    with pytest.raises(NotAllowed):
        await world.bindings(world.who("ada"), user="root")
    with pytest.raises(NotAllowed):
        await world.bindings(world.who("ada"))


async def test_the_last_administrator_keeps_the_role(world: Any) -> None:
    """One who is disabled does not count as another."""
    first = await world.roles.bind(SYSTEM, "root", "admin", scope=ROOT)
    await world.roles.bind(SYSTEM, "ada", "admin", scope=ROOT)
    world.users.users["ada"] = replace(world.users.users["ada"], disabled=True)

    with pytest.raises(LastAdministrator):
        await world.roles.unbind(SYSTEM, first.id)
    with pytest.raises(LastAdministrator):
        await world.departures.allow(first.principal_id)

    world.users.users["ada"] = replace(world.users.users["ada"], disabled=False)
    await world.departures.allow(first.principal_id)
    await world.roles.unbind(SYSTEM, first.id)


async def test_users_who_are_no_administrators_may_go(world: Any) -> None:
    """Only administrators are held back."""
    await world.roles.bind(SYSTEM, "root", "admin", scope=ROOT)

    await world.departures.allow(world.who("bob").id)


async def test_bindings_out_of_sight_are_not_there(world: Any) -> None:
    """Taking away an unknown or unseen binding tells nothing about it."""
    binding = await world.roles.bind(SYSTEM, "root", "admin", scope=ROOT)

    with pytest.raises(BindingNotFound):
        await world.roles.unbind(SYSTEM, UUID(int=5))
    with pytest.raises(BindingNotFound):
        await world.roles.unbind(world.who("bob"), binding.id)


async def test_roles_are_listed_by_name(world: Any) -> None:
    """Four are built in."""
    await world.roles.bind(SYSTEM, "root", "admin", scope=ROOT)

    roles = (await world.roles.list(world.who("root"), PageRequest())).items
    names = [role.name for role in roles]
    assert names == ["admin", "developer", "guest", "viewer"]
    with pytest.raises(NotAllowed):
        await world.roles.list(world.who("bob"), PageRequest())


async def test_a_deleted_project_takes_its_bindings_along(world: Any) -> None:
    """Known by the topic and the id in the event; the cache forgets them, too."""
    await world.roles.bind(SYSTEM, "root", "admin", scope=ROOT)
    await world.roles.bind(SYSTEM, "ada", "viewer", scope=project_scope(ONE))
    ada = world.who("ada")
    assert await world.authorizer.allows(
        ada, "projects.project.read", on=project_scope(ONE)
    )
    deleted = ProjectDeleted(
        at=world.clock.now(),
        aggregate="projects/1",
        actor=world.who("root"),
        project_id=ONE,
        name="hello",
    )
    event = decode_event(encode_event(deleted), ProjectGone)
    world.trail.acts.clear()

    for _ in range(2):
        heard = OnProjectGone(remove=world.made(RemoveBindings))
        await heard(Delivery(id=new_id(), event=event))

    assert ProjectGone.topic == ProjectDeleted.topic
    assert [each.principal_name for each in await world.bindings()] == ["root"]
    assert not await world.authorizer.allows(
        ada, "projects.project.read", on=project_scope(ONE)
    )
    ((who, act),) = world.trail.acts
    assert (who.name, act.action) == ("root", "authz.binding.delete")
    assert act.details["user"] == "ada"
