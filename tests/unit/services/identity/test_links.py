"""Verifying addresses and resetting passwords, over memory."""

import re
from datetime import timedelta
from typing import Any

import pytest

from fairlead.kernel.mail import Letter
from fairlead.kernel.principal import Principal
from fairlead.services.audit.public import Outcome
from fairlead.services.identity.public import (
    BadEmail,
    BadToken,
    NoEmail,
    PasswordChanged,
    TooManyAttempts,
    WeakPassword,
    WrongCredentials,
)
from fairlead.services.identity.use_cases.profiles import Changes

MAIL = "ada@example.org"
NEXT = "another good password"


def token_of(letter: Letter) -> str:
    found = re.search(r"--url http://x (\S{43})\n", letter.text)
    assert found
    return found[1]


async def set_mail(world: Any, email: str = MAIL) -> Letter:
    await world.update(world.root, "ada", Changes(email=email), password=None)
    (letter,) = await world.deliver()
    return letter  # type: ignore[no-any-return]


async def verified(world: Any) -> None:
    await world.verify(token_of(await set_mail(world)), origin=world.origin())


async def ada_of(world: Any) -> Principal:
    user = await world.directory.find("ada")
    return Principal(id=user.id, name="ada", origin=world.origin())


async def test_a_new_address_is_verified_by_its_letter(world: Any) -> None:
    """Once, by the token alone."""
    letter = await set_mail(world)
    assert letter.to == MAIL
    assert not (await world.directory.find("ada")).email_verified

    await world.verify(token_of(letter), origin=world.origin())
    assert (await world.directory.find("ada")).email_verified
    with pytest.raises(BadToken):
        await world.verify(token_of(letter), origin=world.origin())


async def test_another_letter_replaces_the_first(world: Any) -> None:
    """And when the address is verified there is nothing to ask for."""
    first = await set_mail(world)
    ada = await ada_of(world)
    await world.ask_verification(ada)
    (second,) = await world.deliver()

    with pytest.raises(BadToken):
        await world.verify(token_of(first), origin=world.origin())
    await world.verify(token_of(second), origin=world.origin())
    with pytest.raises(NoEmail):
        await world.ask_verification(ada)


async def test_a_token_is_for_the_address_it_went_to(world: Any) -> None:
    """Not for the one that came after, and not for a day later."""
    first = await set_mail(world)
    await world.update(world.root, "ada", Changes(email="b@x.org"), password=None)
    with pytest.raises(BadToken):
        await world.verify(token_of(first), origin=world.origin())

    (second,) = await world.deliver()
    world.clock.advance(timedelta(hours=24))
    with pytest.raises(BadToken):
        await world.verify(token_of(second), origin=world.origin())


async def test_a_password_is_reset_by_letter(world: Any) -> None:
    """Once; wrong guesses are forgiven and others hear that sessions should end."""
    await verified(world)
    await world.ask_reset("ADA@Example.org", origin=world.origin())
    (letter,) = await world.deliver()
    with pytest.raises(WeakPassword):
        await world.reset(token_of(letter), "short", origin=world.origin())

    await world.reset(token_of(letter), NEXT, origin=world.origin())
    changed = world.outbox.events[-1]
    assert isinstance(changed, PasswordChanged)
    assert changed.actor.session_id is None
    assert await world.directory.verify("ada", NEXT, origin=world.origin())
    with pytest.raises(WrongCredentials):
        await world.directory.verify("ada", world.password, origin=world.origin())
    with pytest.raises(BadToken):
        await world.reset(token_of(letter), NEXT, origin=world.origin())


async def test_unknown_addresses_are_answered_alike(world: Any) -> None:
    """The same event and the same entry; unverified and shut out get no letter."""
    await world.ask_reset("nobody@example.org", origin=world.origin("10.0.0.2"))
    unknown = (len(world.outbox.events), world.trail.acts[-1][1])
    assert await world.deliver() == []

    await set_mail(world)
    await world.ask_reset(MAIL, origin=world.origin("10.0.0.2"))
    assert (len(world.outbox.events), world.trail.acts[-1][1]) == unknown
    assert await world.deliver() == []

    (user,) = [await world.directory.find("ada")]
    await world.ask_verification(await ada_of(world))
    await world.verify(token_of((await world.deliver())[0]), origin=world.origin())
    await world.store.set_disabled(user.id, disabled=True)
    await world.ask_reset(MAIL, origin=world.origin("10.0.0.3"))
    assert await world.deliver() == []


async def test_a_reset_is_for_half_an_hour_and_for_who_may_log_in(world: Any) -> None:
    """Too late, or shut out meanwhile: the token is bad."""
    await verified(world)
    await world.ask_reset(MAIL, origin=world.origin())
    (letter,) = await world.deliver()
    user = await world.directory.find("ada")
    await world.store.set_disabled(user.id, disabled=True)
    with pytest.raises(BadToken):
        await world.reset(token_of(letter), NEXT, origin=world.origin())

    await world.store.set_disabled(user.id, disabled=False)
    world.clock.advance(timedelta(minutes=30))
    with pytest.raises(BadToken):
        await world.reset(token_of(letter), NEXT, origin=world.origin())
    assert world.trail.acts[-1][1].outcome is Outcome.REFUSED


async def test_a_verification_token_resets_nothing(world: Any) -> None:
    """Each token is for one purpose."""
    letter = await set_mail(world)
    with pytest.raises(BadToken):
        await world.reset(token_of(letter), NEXT, origin=world.origin())
    with pytest.raises(BadToken):
        await world.reset("\ud800", NEXT, origin=world.origin())


async def test_letters_are_asked_for_a_few_times(world: Any) -> None:
    """To one mailbox from anywhere, and by one address to anybody; then it waits."""
    for number in range(3):
        await world.ask_reset(MAIL, origin=world.origin(f"10.0.0.{number}"))
    with pytest.raises(TooManyAttempts) as caught:
        await world.ask_reset(MAIL, origin=world.origin("10.0.0.9"))
    assert caught.value.details["retry_after"] == 901

    for number in range(20):
        await world.ask_reset(f"u{number}@x.org", origin=world.origin("10.0.1.1"))
    with pytest.raises(TooManyAttempts):
        await world.ask_reset("other@x.org", origin=world.origin("10.0.1.1"))

    world.clock.advance(timedelta(minutes=15))
    await world.ask_reset(MAIL, origin=world.origin("10.0.0.9"))
    with pytest.raises(BadEmail):
        await world.ask_reset("x", origin=world.origin())


async def test_a_new_place_is_told_once(world: Any) -> None:
    """With what the browser said of itself, on one line; known places are not."""
    await verified(world)
    origin = Principal(id=(await ada_of(world)).id, name="x").origin
    for _ in range(2):
        await world.directory.verify("ada", world.password, origin=origin)
    (letter,) = await world.deliver()

    assert letter.subject == "New login"
    assert world.password not in letter.text


async def test_a_letter_that_is_refused_for_good_is_recorded(world: Any) -> None:
    """Nothing is tried again."""
    world.refused.add(MAIL)
    await world.update(world.root, "ada", Changes(email=MAIL), password=None)

    assert await world.deliver() == []
    _, act = world.trail.acts[-1]
    assert (act.action, act.outcome) == ("identity.letter.send", Outcome.REFUSED)


async def test_tokens_of_a_deleted_user_are_bad(world: Any) -> None:
    """They go with the user."""
    letter = await set_mail(world)
    await world.forget(world.root, "ada")
    with pytest.raises(BadToken):
        await world.verify(token_of(letter), origin=world.origin())
