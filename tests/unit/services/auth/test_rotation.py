"""Signing keys: rotated with an overlap, read again, and looked at by others."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.kernel.principal import DEFAULT_TENANT, Origin, Principal
from fairlead.services.auth.domain import KEY_AGE, OVERLAP, PublicKey, retired
from fairlead.services.auth.permissions import (
    CREDENTIAL_INTROSPECT,
    SIGNING_KEY_ROTATE,
)
from fairlead.services.auth.public import Unauthenticated
from fairlead.services.auth.use_cases.introspect import Introspect
from fairlead.services.auth.use_cases.keys import TendKeys
from fairlead.services.authz.public import NotAllowed
from fairlead.testing.fakes import FrozenClock, GrantList, NullWork

NOW = FrozenClock().now()
ADMIN = Principal(id=UUID(int=1), name="root")


async def token(world: Any) -> str:
    tokens = await world.sessions.login("ada", world.password, origin=world.origin)
    return str(tokens.access_token)


async def good(world: Any, access: str) -> bool:
    try:
        await world.verifier.principal(access, origin=Origin())
    except Unauthenticated:
        return False
    return True


async def test_old_tokens_outlive_a_rotation(world: Any) -> None:
    """Both verify; new ones are signed by the new key, whose secret alone is left."""
    old = await token(world)
    first = world.ring.signing.public.id
    made = await world.rotate(ADMIN)
    new = await token(world)

    assert await good(world, old)
    assert await good(world, new)
    assert world.ring.signing.public == made
    assert set(world.ring.public) == {first, made.id}
    assert set(world.safe.secrets) == {made.id}
    assert world.trail.acts[-2][1].action == "auth.signing_key.rotate"


async def test_a_stolen_key_is_out_at_once(world: Any) -> None:
    """Tokens that were verified a moment ago, too; after a restart as well."""
    old = await token(world)
    assert await good(world, old)
    await world.rotate(ADMIN, at_once=True)

    assert not await good(world, old)
    await world.restart()
    assert not await good(world, old)
    assert await good(world, await token(world))


async def test_keys_go_after_the_overlap(world: Any) -> None:
    """Two rotations more than a day apart leave the last two keys."""
    for _ in range(4):
        world.clock.advance(OVERLAP + timedelta(seconds=1))
        await world.rotate(ADMIN)

    assert len(await world.keys.all()) == 2
    assert len(world.ring.public) == 2


def tend(world: Any) -> TendKeys:
    return TendKeys(
        rotate=replace(world.rotate, authorizer=GrantList(SIGNING_KEY_ROTATE)),
        ring=world.ring,
        store=world.keys,
        trail=world.trail,
        work=NullWork(),
        clock=world.clock,
        tenant_id=DEFAULT_TENANT,
    )


async def test_keys_stay_young_while_the_server_runs(world: Any) -> None:
    """At 90 days there is a new one; the old one goes a day later, not a day before."""
    first = world.ring.signing.public.id
    world.clock.advance(KEY_AGE - timedelta(hours=1))
    await tend(world)()
    assert world.ring.signing.public.id == first

    world.clock.advance(timedelta(hours=1))
    old = await token(world)
    await tend(world)()
    second = world.ring.signing.public.id
    assert second != first
    assert await good(world, old)
    world.clock.advance(OVERLAP)
    await tend(world)()
    assert set(world.ring.public) == {first, second}
    world.clock.advance(timedelta(hours=1))
    await tend(world)()

    assert set(world.ring.public) == {second}
    assert [key.id for key in await world.keys.all()] == [second]
    assert world.ring.signing.public.id == second
    assert world.trail.acts[-1][1].action == "auth.signing_key.retire"
    assert await good(world, await token(world))


async def test_rotating_takes_a_permission(world: Any) -> None:
    """Nothing is made for those who lack it."""
    before = dict(world.safe.secrets)
    object.__setattr__(world.rotate, "authorizer", GrantList())
    with pytest.raises(NotAllowed):
        await world.rotate(ADMIN)

    assert world.safe.secrets == before


async def test_a_key_of_another_process_is_read(world: Any) -> None:
    """An unknown key id makes it look, and not again for the next ones."""
    ring = dict(world.ring.public)
    await world.rotate(ADMIN)
    new = await token(world)
    world.ring.take(ring.values(), None)

    assert await good(world, new)
    assert world.reload.times == 1
    await world.keys.remove(world.ring.signing.public.id)
    world.ring.take((), None)
    world.ring.public.clear()
    assert not await good(world, new + "x")
    assert world.reload.times == 1


async def test_others_may_ask_about_a_token(world: Any) -> None:
    """While it is good; who may not ask is told so."""
    access = await token(world)
    look = Introspect(
        verifier=world.verifier,
        keys=world.known_keys,
        runs=world.use_run_token,
        authorizer=GrantList(CREDENTIAL_INTROSPECT),
    )
    facts = await look(ADMIN, access)

    assert facts is not None
    assert (facts.name, facts.subject) == ("ada", world.directory.ada.id)
    assert facts.expires_at - facts.issued_at == world.lifetimes.access
    assert await look(ADMIN, "x.y.z") is None
    assert await look(ADMIN, "x" * 5000) is None
    world.wait(minutes=16)
    assert await look(ADMIN, access) is None
    with pytest.raises(NotAllowed):
        await replace(look, authorizer=GrantList())(ADMIN, access)


@given(st.lists(st.integers(0, 10 * 86400), max_size=8), st.integers(0, 86400))
def test_no_key_goes_while_its_tokens_live(ages: list[int], more: int) -> None:
    """The one that signed until now stays, and each whose successor is a day young."""
    keys = [
        PublicKey(id=str(age), x="x" * 43, created_at=NOW - timedelta(seconds=age))
        for age in sorted(ages)
    ]
    at = NOW + timedelta(seconds=more)
    gone = retired(keys, at=at, at_once=False)

    for key, successor in zip(keys[1:], keys, strict=False):
        assert (key in gone) >= (at - successor.created_at > OVERLAP)
    assert not keys or keys[0] not in gone or keys.count(keys[0]) > 1
    assert retired(keys, at=at, at_once=True) == tuple(keys)
