"""The decision, over bindings in memory."""

import asyncio
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from fairlead.kernel.errors import ErrorKind, FairleadError
from fairlead.kernel.principal import Principal, TenantId, anonymous, service
from fairlead.kernel.reach import Reach
from fairlead.services.audit.public import Outcome
from fairlead.services.authz.public import (
    ROOT,
    NotAllowed,
    environment_scope,
    project_scope,
)

READ = "projects.project.read"
CREATE = "projects.project.create"
ONE, TWO = UUID(int=1), UUID(int=2)
SYSTEM = service("test")


class Hidden(FairleadError):
    """Stands for a module's own not-found error."""

    kind = ErrorKind.NOT_FOUND
    code = "test.hidden"


async def test_a_binding_opens_its_scope_and_no_other(world: Any) -> None:
    """A developer of one project builds there and in its environments only."""
    await world.roles.bind(SYSTEM, "ada", "developer", scope=project_scope(ONE))
    ada = world.who("ada")

    assert await world.authorizer.allows(ada, CREATE, on=project_scope(ONE))
    assert await world.authorizer.allows(ada, CREATE, on=environment_scope(ONE, TWO))
    assert not await world.authorizer.allows(ada, CREATE, on=project_scope(TWO))
    assert not await world.authorizer.allows(ada, CREATE)


async def test_a_refusal_names_the_permission_and_is_recorded(world: Any) -> None:
    """Whoever is refused learns what to ask for; the trail learns who tried."""
    with pytest.raises(NotAllowed) as refused:
        await world.authorizer.require(world.who("ada"), CREATE)

    assert refused.value.details == {"permission": CREATE, "scope": ROOT}
    [(who, act)] = world.trail.acts
    assert who.name == "ada"
    assert (act.action, act.scope, act.outcome) == (CREATE, ROOT, Outcome.REFUSED)


@pytest.mark.parametrize(
    ("on", "target", "named"),
    [
        (ROOT, "", ""),
        (ROOT, "users/bob", "users/bob"),
        (project_scope(ONE), "", f"projects/{ONE}"),
        (environment_scope(ONE, TWO), "", f"projects/{ONE}/environments/{TWO}"),
        (project_scope(ONE), "runs/1", "runs/1"),
    ],
)
async def test_the_record_of_a_refusal_names_its_target(
    world: Any, on: str, target: str, named: str
) -> None:
    """Also when the caller is told that there is no such thing."""
    with pytest.raises(Hidden):
        await world.authorizer.require(
            world.who("ada"), CREATE, on=on, target=target, missing=Hidden("None.")
        )

    [(_, act)] = world.trail.acts
    assert (act.action, act.target, act.scope) == (CREATE, named, on)


async def test_what_one_may_not_see_is_not_there(world: Any) -> None:
    """Without the reading permission the caller gets the error `missing`."""
    scope = project_scope(ONE)
    ask = world.authorizer.require(
        world.who("ada"), CREATE, on=scope, sees=READ, missing=Hidden("No such thing.")
    )
    with pytest.raises(Hidden):
        await ask


async def test_what_one_may_see_is_refused_openly(world: Any) -> None:
    """A viewer who may not change is told so."""
    await world.roles.bind(SYSTEM, "ada", "viewer", scope=ROOT)

    with pytest.raises(NotAllowed):
        await world.authorizer.require(
            world.who("ada"), CREATE, sees=READ, missing=Hidden("No such thing.")
        )


async def test_our_own_services_pass_and_strangers_never(world: Any) -> None:
    """A service acts for the tenant; nobody is nobody, whatever is bound to id 0."""
    await world.authorizer.require(SYSTEM, "identity.user.read")

    assert await world.authorizer.reach(SYSTEM, READ) == Reach(everywhere=True)
    assert not await world.authorizer.allows(anonymous(), READ)
    assert await world.authorizer.reach(anonymous(), READ) == Reach(everywhere=False)
    with pytest.raises(NotAllowed):
        await world.authorizer.require(anonymous(), READ)


async def test_reach_lists_where_a_permission_is_held(world: Any) -> None:
    """Projects as a whole and single environments are told apart."""
    await world.roles.bind(SYSTEM, "ada", "viewer", scope=project_scope(ONE))
    await world.roles.bind(SYSTEM, "ada", "viewer", scope=environment_scope(TWO, ONE))

    reach = await world.authorizer.reach(world.who("ada"), READ)
    assert reach == Reach(
        everywhere=False,
        projects=frozenset({ONE}),
        environments=frozenset({(TWO, ONE)}),
    )


async def test_an_environment_of_another_project_is_not_reached(world: Any) -> None:
    """Whoever may give roles in a project could name any environment there."""
    await world.roles.bind(SYSTEM, "ada", "viewer", scope=environment_scope(ONE, TWO))
    reach = await world.authorizer.reach(world.who("ada"), READ)

    assert reach.holds(ONE, TWO)
    assert not reach.holds(TWO, TWO)


async def test_bindings_are_read_once_until_one_changes(world: Any) -> None:
    """The cache answers; a change is seen by the next check."""
    ada = world.who("ada")
    for _ in range(3):
        assert not await world.authorizer.allows(ada, READ)
    assert world.store.loads == 1

    binding = await world.roles.bind(SYSTEM, "ada", "viewer", scope=ROOT)
    assert await world.authorizer.allows(ada, READ)
    await world.roles.unbind(SYSTEM, binding.id)
    assert not await world.authorizer.allows(ada, READ)


async def test_what_was_read_before_a_change_is_not_kept_after_it(world: Any) -> None:
    """A change between a reader's look and its keeping wins."""
    ada = world.who("ada")
    read = world.store.rights_of
    reading, changed = asyncio.Event(), asyncio.Event()

    async def slow(principal_id: UUID) -> Any:
        found = await read(principal_id)
        reading.set()
        await changed.wait()
        return found

    world.store.rights_of = slow
    check = asyncio.create_task(world.authorizer.allows(ada, READ))
    await reading.wait()
    world.store.rights_of = read
    await world.roles.bind(SYSTEM, "ada", "viewer", scope=ROOT)
    changed.set()
    await check

    assert await world.authorizer.allows(ada, READ)


async def test_tenants_do_not_share_what_is_known(world: Any) -> None:
    """The same principal id in another tenant is another principal."""
    ada: Principal = world.who("ada")
    await world.roles.bind(SYSTEM, "ada", "viewer", scope=ROOT)
    assert await world.authorizer.allows(ada, READ)

    assert world.cache.get(replace(ada, tenant_id=TenantId(UUID(int=99)))) is None
