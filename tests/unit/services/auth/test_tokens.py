"""Keys on the ring, and tokens that are known."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from fairlead.kernel.ids import new_id
from fairlead.services.auth.domain import KEY_AGE
from fairlead.services.auth.public import Unauthenticated
from fairlead.services.auth.use_cases.keys import KeyRing, NoSigningKey
from fairlead.services.auth.use_cases.tokens import EndedSessions


async def token(world: Any) -> str:
    tokens = await world.sessions.login("ada", world.password, origin=world.origin)
    access: str = tokens.access_token
    return access


async def test_a_key_is_made_once(world: Any) -> None:
    """The next start finds it; only its public half is in the store."""
    own = world.ring.own
    await world.restart()

    assert world.ring.own == own
    assert own.d not in repr(await world.keys.all())


async def test_old_keys_make_room_and_still_verify(world: Any) -> None:
    """Rotation logs nobody out."""
    old = world.ring.own
    world.clock.advance(KEY_AGE - timedelta(minutes=5))
    access = await token(world)
    world.wait(minutes=5)
    await world.restart()

    assert world.ring.own != old
    await world.verifier.principal(access, origin=world.origin)


async def test_a_lost_secret_is_replaced(world: Any) -> None:
    """A database brought back without its keys gets a new one."""
    access = await token(world)
    world.safe.secrets.clear()
    await world.restart()

    await world.verifier.principal(access, origin=world.origin)
    await token(world)


async def test_a_token_is_verified_once(world: Any) -> None:
    """After that it is known, until it expires."""
    access = await token(world)
    await world.verifier.principal(access, origin=world.origin)
    key = world.ring.signing.public
    world.ring.public[key.id] = replace(key, x="A" * 43)
    await world.verifier.principal(access, origin=world.origin)
    world.wait(minutes=15)

    with pytest.raises(Unauthenticated):
        await world.verifier.principal(access, origin=world.origin)


async def test_large_tokens_are_not_looked_at(world: Any) -> None:
    """Neither parsed nor kept."""
    with pytest.raises(Unauthenticated):
        await world.verifier.principal("x" * 5000, origin=world.origin)


def test_nobody_logs_in_before_the_keys_are_open() -> None:
    """The error says that it is too early."""
    with pytest.raises(NoSigningKey):
        _ = KeyRing().signing


async def test_ended_sessions_are_forgotten_with_their_last_token(
    world: Any,
) -> None:
    """What is kept in memory does not grow for ever."""
    ended = EndedSessions(world.lifetimes)
    first = new_id()
    ended.add(first, at=world.clock.now())
    assert first in ended
    world.wait(minutes=16)
    for _ in range(256):
        ended.add(new_id(), at=world.clock.now())

    assert first not in ended
