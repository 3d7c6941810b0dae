"""The identity of a step: good while it runs, for its own project."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from fairlead.kernel.principal import Origin, PrincipalKind
from fairlead.services.auth.permissions import CREDENTIAL_INTROSPECT
from fairlead.services.auth.public import RunOrder, Unauthenticated
from fairlead.services.auth.use_cases.introspect import Introspect
from fairlead.services.authz.public import Delegation
from fairlead.testing.fakes import GrantList

ORDER = RunOrder(
    key="run/build/compile/1",
    operation_id=UUID(int=5),
    project_id=UUID(int=6),
    project="shop",
    environment="dev",
    step="build/compile",
    lifetime=timedelta(minutes=10),
)
HERE = Origin(address="127.0.0.1")


async def dead(world: Any, token: str) -> bool:
    try:
        await world.use_run_token(token, origin=HERE)
    except Unauthenticated:
        return True
    return False


async def test_a_step_calls_as_itself(world: Any) -> None:
    """With a fixed role on its project, whoever started the run; nothing opens it."""
    token = await world.run_identities.begin(ORDER)
    who = await world.use_run_token(token, origin=HERE)

    assert (who.name, who.kind) == ("shop/build/compile", PrincipalKind.RUN)
    assert await world.delegations.of(who) == Delegation(
        role="viewer", projects=frozenset({ORDER.project_id})
    )
    assert token not in repr((world.steps.identities, world.trail.acts))
    assert world.trail.acts[-1][1].action == "auth.run.begin"


async def test_its_token_is_dead_when_the_step_ends(world: Any) -> None:
    """And its rights with it; the others of the run go on."""
    token = await world.run_identities.begin(ORDER)
    other = await world.run_identities.begin(replace(ORDER, key="run/test/unit/1"))
    who = await world.use_run_token(token, origin=HERE)
    await world.run_identities.end(ORDER.key)

    assert await dead(world, token)
    assert await world.delegations.of(who) is None
    assert not await dead(world, other)
    await world.run_identities.end_all(ORDER.operation_id)
    assert await dead(world, other)
    await world.run_identities.end(ORDER.key)


async def test_a_token_outlives_neither_its_step_nor_the_longest_time(
    world: Any,
) -> None:
    """Minutes, also where nobody could tell that the step ended."""
    token = await world.run_identities.begin(ORDER)
    long = replace(ORDER, key="run/test/long/1", lifetime=timedelta(days=1))
    longest = await world.run_identities.begin(long)
    world.wait(minutes=10)
    assert await dead(world, token)
    assert not await dead(world, longest)
    world.wait(minutes=50)

    assert await dead(world, longest)
    await world.run_identities.begin(ORDER)
    assert len(world.steps.identities) == 1


async def test_beginning_again_takes_the_first_token_back(world: Any) -> None:
    """After a crash between the two."""
    first = await world.run_identities.begin(ORDER)
    second = await world.run_identities.begin(ORDER)

    assert await dead(world, first)
    assert not await dead(world, second)
    for wrong in ("flr_", second + "x", second[:-1], "flr_é" + "x" * 42):
        assert await dead(world, wrong)


async def test_others_see_what_a_step_is_bound_to(world: Any) -> None:
    """Operation, project and environment."""
    token = await world.run_identities.begin(ORDER)
    look = Introspect(
        verifier=world.verifier,
        keys=world.known_keys,
        runs=world.use_run_token,
        authorizer=GrantList(CREDENTIAL_INTROSPECT),
    )
    caller = await world.use_run_token(token, origin=HERE)
    facts = await look(caller, token)

    assert facts is not None
    assert facts.facts == {
        "operation": str(ORDER.operation_id),
        "project": str(ORDER.project_id),
        "environment": "dev",
    }
    await world.run_identities.end(ORDER.key)
    with pytest.raises(Unauthenticated):
        await world.use_run_token(token, origin=HERE)
    assert await look(caller, token) is None
