"""Bindings and memberships of deleted users."""

from typing import Any

from fairlead.kernel.events import Delivery
from fairlead.kernel.ids import new_id
from fairlead.kernel.principal import service
from fairlead.services.authz.public import ROOT, HolderKind
from fairlead.services.authz.tasks import OnUserDeleted
from fairlead.services.authz.use_cases.departed import RemoveUser
from fairlead.services.identity.public import UserDeleted

SYSTEM = service("test")


async def test_what_a_deleted_user_had_goes(world: Any) -> None:
    """Bindings and memberships, in the name of who deleted the user; others stay."""
    kept = await world.roles.bind(SYSTEM, "root", "admin", scope=ROOT)
    for role in ("admin", "viewer"):
        await world.roles.bind(SYSTEM, "ada", role, scope=ROOT)
    await world.groups.create(SYSTEM, "crew")
    group = await world.roles.bind(
        SYSTEM, "crew", "viewer", scope=ROOT, kind=HolderKind.GROUP
    )
    for user in ("ada", "bob"):
        await world.groups.add(SYSTEM, "crew", user)
    root, version = world.who("root"), world.versions.version
    world.trail.acts.clear()
    event = UserDeleted(
        at=world.clock.now(), aggregate="x", actor=root, user_id=world.who("ada").id
    )

    heard = OnUserDeleted(remove=world.made(RemoveUser))
    for _ in range(2):
        await heard(Delivery(id=new_id(), event=event))

    assert await world.bindings() == [group, kept]
    assert (await world.groups.get(SYSTEM, "crew")).members == 1
    assert [who for who, _ in world.trail.acts] == [root] * 3
    assert [act.action for _, act in world.trail.acts] == [
        "authz.binding.delete",
        "authz.binding.delete",
        "authz.member.delete",
    ]
    assert world.versions.version == version + 1
