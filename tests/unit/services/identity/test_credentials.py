"""Checking credentials, over memory."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from typing_extensions import override

from fairlead.services.identity.memory import PlainHasher
from fairlead.services.identity.public import (
    TooManyAttempts,
    UserNotFound,
    WrongCredentials,
)
from fairlead.services.identity.use_cases.turnstile import QUEUE


async def test_the_right_password_gives_the_user(world: Any) -> None:
    """Whatever the case of the name."""
    user = await world.directory.verify("ADA", world.password, origin=world.origin())

    assert user.name == "ada"
    assert await world.directory.get(user.id) == user
    assert await world.directory.find("Ada") == user


async def test_unknown_users_take_the_same_path(world: Any) -> None:
    """A hash is compared for everybody: for nobody's, with one that has no password."""
    for name in ("eve", "not a name", "ada"):
        with pytest.raises(WrongCredentials):
            await world.directory.verify(name, "a wrong one", origin=world.origin())

    assert world.hasher.compared == [None, None, f"plain:{world.password}"]


async def test_the_refusal_does_not_say_what_was_wrong(world: Any) -> None:
    """Unknown, wrong and disabled look the same."""
    await world.users.create(world.root, "bob", world.password)
    await world.users.set_disabled(world.root, "bob", disabled=True)
    told = set()
    for name, password in (("eve", "x"), ("ada", "x"), ("bob", world.password)):
        with pytest.raises(WrongCredentials) as refused:
            await world.directory.verify(name, password, origin=world.origin())
        told.add((refused.value.message, tuple(refused.value.details)))

    assert len(told) == 1


async def test_too_long_passwords_are_not_hashed(world: Any) -> None:
    """They cannot be right, and hashing them would be work for an attacker."""
    with pytest.raises(WrongCredentials):
        await world.directory.verify("ada", "x" * 2000, origin=world.origin())

    assert world.hasher.compared == []


async def test_five_wrong_guesses_lock_the_pair(world: Any) -> None:
    """The right password, too, must wait; other addresses need not."""
    for _ in range(5):
        with pytest.raises(WrongCredentials):
            await world.directory.verify("ada", "wrong", origin=world.origin())

    with pytest.raises(TooManyAttempts):
        await world.directory.verify("ada", world.password, origin=world.origin())
    await world.directory.verify("ada", world.password, origin=world.origin("10.9.9.9"))


async def test_unknown_users_are_locked_alike(world: Any) -> None:
    """Being locked does not tell that an account exists."""
    for _ in range(5):
        with pytest.raises(WrongCredentials):
            await world.directory.verify("eve", "wrong", origin=world.origin())

    with pytest.raises(TooManyAttempts):
        await world.directory.verify("eve", "wrong", origin=world.origin())


async def test_success_forgives(world: Any) -> None:
    """After the right password five more guesses are free."""
    for _ in range(3):
        for _ in range(4):
            with pytest.raises(WrongCredentials):
                await world.directory.verify("ada", "wrong", origin=world.origin())
        await world.directory.verify("ada", world.password, origin=world.origin())


async def test_the_wait_ends(world: Any) -> None:
    """A second after the fifth wrong guess the sixth may come."""
    for _ in range(5):
        with pytest.raises(WrongCredentials):
            await world.directory.verify("ada", "wrong", origin=world.origin())
    world.clock.advance(timedelta(seconds=1))

    await world.directory.verify("ada", world.password, origin=world.origin())


class SlowHasher(PlainHasher):
    """Answers when told to."""

    def __init__(self) -> None:
        """Wait."""
        super().__init__()
        self.told = asyncio.Event()

    @override
    async def matches(self, password: str, password_hash: str | None) -> bool:
        await self.told.wait()
        return await super().matches(password, password_hash)


async def burst(world: Any, size: int, *, right: int = -1) -> list[Any]:
    """Return what became of `size` guesses that came at once, one of them right."""
    world.hasher = SlowHasher()
    directories = [world.directory, world.directory]  # as of two processes
    guesses = [
        asyncio.create_task(
            directories[each % 2].verify(
                "ada" if each % 3 else "ADA",
                world.password if each == right else "wrong",
                origin=world.origin(),
            )
        )
        for each in range(size)
    ]
    for _ in range(10):
        await asyncio.sleep(0)
    world.hasher.told.set()
    return await asyncio.gather(*guesses, return_exceptions=True)


async def test_a_burst_gains_nothing(world: Any) -> None:
    """Guesses queue, so each is counted before the next is looked at."""
    results = await burst(world, 20)

    assert sum(isinstance(each, WrongCredentials) for each in results) == 5
    assert sum(isinstance(each, TooManyAttempts) for each in results) == 15


async def test_a_burst_from_a_trusted_address_gains_nothing_either(world: Any) -> None:
    """It is hashed at once, but after five wrong ones no answer tells anything."""
    await world.directory.verify("ada", world.password, origin=world.origin())
    results = await burst(world, 50, right=40)

    assert sum(isinstance(each, WrongCredentials) for each in results) == 5
    assert sum(isinstance(each, TooManyAttempts) for each in results) == 45


async def test_the_right_one_of_a_few_at_once_passes(world: Any) -> None:
    """Who logs in several times at once, and mistypes once, is let in."""
    await world.directory.verify("ada", world.password, origin=world.origin())
    results = await burst(world, 3, right=2)

    assert results[2].name == "ada"


async def test_the_queue_is_bounded(world: Any) -> None:
    """What does not fit is refused at once."""
    results = await burst(world, 120)

    refused = [each for each in results if isinstance(each, TooManyAttempts)]
    assert sum("at once" in each.message for each in refused) == 120 - 2 * (1 + QUEUE)


@pytest.mark.parametrize(
    "name", ["ADA", "aDa", "\uff41da", "ada ", " ada", "ada\0", "\u0430da", "ad\u0101"]
)
async def test_no_spelling_of_a_name_has_guesses_of_its_own(
    world: Any, name: str
) -> None:
    """It is the same account, or it is nobody's and opens nothing."""
    for _ in range(5):
        with pytest.raises(WrongCredentials):
            await world.directory.verify("ada", "wrong", origin=world.origin())

    with pytest.raises((TooManyAttempts, WrongCredentials)):
        await world.directory.verify(name, world.password, origin=world.origin())


async def test_a_network_of_ipv6_is_one_guesser(world: Any) -> None:
    """Whoever has one has more addresses than can be counted."""
    for end in range(5):
        origin = world.origin(f"2001:db8:0:7::{end:x}")
        with pytest.raises(WrongCredentials):
            await world.directory.verify("ada", "wrong", origin=origin)

    origin = world.origin("2001:db8:0:7:ffff::1")
    with pytest.raises(TooManyAttempts):
        await world.directory.verify("ada", world.password, origin=origin)
    await world.directory.verify(
        "ada", world.password, origin=world.origin("2001:db8:0:8::1")
    )


async def test_outdated_hashes_are_renewed(world: Any) -> None:
    """At the next log-in, when the password is at hand."""
    world.hasher = PlainHasher("newer")
    await world.directory.verify("ada", world.password, origin=world.origin())

    account = await world.store.find("ada")
    assert account.password_hash == f"newer:{world.password}"


async def test_a_clean_log_in_writes_nothing(world: Any) -> None:
    """From a trusted address with nothing counted there is nothing to save."""
    await world.directory.verify("ada", world.password, origin=world.origin())
    commits = world.work.commits
    await world.directory.verify("ada", world.password, origin=world.origin())

    assert world.work.commits == commits


async def test_unknown_ids_and_names_are_said_to_be_missing(world: Any) -> None:
    """The directory invents nobody."""
    with pytest.raises(UserNotFound):
        await world.directory.get(replace(world.root).id)
    with pytest.raises(UserNotFound):
        await world.directory.find("eve")
