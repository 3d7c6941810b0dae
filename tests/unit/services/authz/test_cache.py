"""When what is remembered of rights is forgotten."""

from dataclasses import replace
from typing import Any

from typing_extensions import override

from fairlead.kernel.principal import service
from fairlead.services.authz.domain import OwnRole
from fairlead.services.authz.ports import (
    NoRestrictions,
    Restrictions,
    RestrictionSource,
)
from fairlead.services.authz.public import ROOT, RightsChanged, RoleDraft
from fairlead.services.authz.use_cases.cache import LOOK_SECONDS, GrantCache

SYSTEM = service("test")
READ, CREATE = "projects.project.read", "projects.project.create"


class CountedSource(RestrictionSource):
    """Counts how often it was asked."""

    def __init__(self) -> None:
        """Start with none."""
        self.loads = 0

    @override
    async def load(self) -> Restrictions:
        self.loads += 1
        return NoRestrictions()


async def test_roles_and_policies_are_read_once_a_version(world: Any) -> None:
    """For all users together, and anew after any change of rights."""
    source = CountedSource()
    holdings = replace(world.holdings, restrictions=source)
    authorizer = replace(world.authorizer, holdings=holdings)
    for name in ("ada", "bob", "root", "ada"):
        await authorizer.allows(world.who(name), READ)
    assert (world.role_store.loads, source.loads, world.store.loads) == (1, 1, 3)

    await world.groups.create(SYSTEM, "crew")
    await authorizer.allows(world.who("ada"), READ)
    assert source.loads == 1  # an empty group gives nobody anything

    await world.groups.add(SYSTEM, "crew", "bob")
    await authorizer.allows(world.who("ada"), READ)
    assert (source.loads, world.store.loads) == (2, 4)


async def test_every_change_is_told(world: Any) -> None:
    """By an event with the version it made."""
    await world.roles.create(SYSTEM, "reader", RoleDraft(permissions={READ}))
    given = await world.roles.bind(SYSTEM, "ada", "reader", scope=ROOT)
    await world.roles.unbind(SYSTEM, given.id)

    events = world.outbox.events
    assert all(isinstance(each, RightsChanged) for each in events)
    assert [each.version for each in events] == [1, 2, 3]
    assert {each.tenant_id for each in events} == {SYSTEM.tenant_id}
    assert events[0].topic == "authz.rights.changed"


async def test_a_change_by_another_process_is_noticed(world: Any) -> None:
    """With the next look at the stored version, which comes once a while."""
    now = 0.0
    cache = GrantCache(lambda: now)
    holdings = replace(world.holdings, cache=cache)
    authorizer = replace(world.authorizer, holdings=holdings)
    ada = world.who("ada")
    await world.role_store.add(OwnRole(name="maker", permissions=frozenset({READ})))
    await world.roles.bind(SYSTEM, "ada", "maker", scope=ROOT)
    assert not await authorizer.allows(ada, CREATE)

    changed = OwnRole(name="maker", permissions=frozenset({CREATE}))
    await world.role_store.save(changed)
    await world.versions.bump(lambda _: None)

    assert not await authorizer.allows(ada, CREATE)
    now += LOOK_SECONDS
    assert await authorizer.allows(ada, CREATE)


async def test_a_change_of_ones_own_is_forgotten_once(world: Any) -> None:
    """The next look finds the version that this process made."""
    now = 0.0
    cache = GrantCache(lambda: now)
    holdings = replace(world.holdings, cache=cache)
    change = replace(world.note_change, cache=cache)
    await holdings.of(world.who("ada"))
    await change(SYSTEM)
    for _ in range(2):
        await holdings.of(world.who("ada"))
        now += LOOK_SECONDS

    assert world.store.loads == 2


async def test_a_look_at_an_old_version_forgets_nothing(world: Any) -> None:
    """What is known stays known while nothing changes."""
    now = 0.0
    cache = GrantCache(lambda: now)
    holdings = replace(world.holdings, cache=cache)
    for _ in range(5):
        await holdings.of(world.who("ada"))
        now += LOOK_SECONDS

    assert world.store.loads == 1
    assert world.role_store.loads == 1
