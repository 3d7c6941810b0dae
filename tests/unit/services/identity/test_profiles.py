"""Changing profiles and deleting users, over memory."""

from typing import Any

import pytest
from typing_extensions import override

from fairlead.kernel.principal import Principal
from fairlead.services.authz.public import LastAdministrator, NotAllowed
from fairlead.services.identity.memory import PlainHasher
from fairlead.services.identity.public import (
    BadEmail,
    EmailChanged,
    EmailTaken,
    NoPassword,
    TooManyAttempts,
    UserDeleted,
    UserNotFound,
    WrongCredentials,
)
from fairlead.services.identity.use_cases.profiles import Changes
from fairlead.testing.fakes import GrantList

MAIL = "ada@example.org"


async def ada_of(world: Any) -> Principal:
    user = await world.directory.find("ada")
    return Principal(id=user.id, name="ada", origin=world.origin())


async def test_preferences_of_ones_own_need_nothing(world: Any) -> None:
    """Neither a permission nor the password."""
    world.access = GrantList()
    changes = Changes(locale="de-CH", time_zone="Europe/Zurich")
    user = await world.update(await ada_of(world), "ada", changes, password=None)

    assert (user.locale, user.time_zone) == ("de-CH", "Europe/Zurich")
    assert await world.directory.find("ada") == user


async def test_ones_own_address_needs_the_password(world: Any) -> None:
    """A stolen session does not become an account; the new one is to be verified."""
    ada = await ada_of(world)
    for wrong in (None, "wrong"):
        with pytest.raises(WrongCredentials):
            await world.update(ada, "ada", Changes(email=MAIL), password=wrong)
    assert world.trail.acts[-1][1].outcome == "refused"

    user = await world.update(
        ada, "ada", Changes(email="ADA@example.org"), password=world.password
    )
    assert (user.email, user.email_verified) == (MAIL, False)
    assert EmailChanged in [type(each) for each in world.outbox.events]
    assert MAIL not in str(world.trail.acts)


async def test_nobody_is_flooded_with_letters_by_changing_addresses(world: Any) -> None:
    """Three letters to one mailbox in a quarter of an hour, whoever asks."""
    ada = await ada_of(world)
    for _ in range(3):
        for email in (MAIL, ""):
            changes = Changes(email=email)
            await world.update(ada, "ada", changes, password=world.password)

    changes = Changes(email=MAIL)
    with pytest.raises(TooManyAttempts, match="letters"):
        await world.update(ada, "ada", changes, password=world.password)


async def test_what_others_change_meanwhile_stays(world: Any) -> None:
    """While a password is hashed, everything else goes on."""
    ada = await ada_of(world)

    class Meddling(PlainHasher):
        @override
        async def matches(self, password: str, password_hash: str | None) -> bool:
            changes = Changes(locale="de", time_zone="UTC")
            await world.update(world.root, "ada", changes, password=None)
            return await super().matches(password, password_hash)

    world.hasher = Meddling()
    changes = Changes(email=MAIL, locale="fr")
    user = await world.update(ada, "ada", changes, password=world.password)

    assert (user.email, user.locale, user.time_zone) == (MAIL, "fr", "UTC")
    assert await world.directory.find("ada") == user


async def test_addresses_are_unique_whatever_their_case(world: Any) -> None:
    """Also between a new user and an old one."""
    await world.update(world.root, "ada", Changes(email=MAIL), password=None)

    with pytest.raises(EmailTaken):
        await world.users.create_user(
            world.root, "bob", world.password, email="Ada@Example.org"
        )
    with pytest.raises(BadEmail):
        await world.update(world.root, "ada", Changes(email="x"), password=None)


async def test_an_address_is_taken_away(world: Any) -> None:
    """With an empty text; what is left out stays."""
    await world.update(world.root, "ada", Changes(email=MAIL), password=None)
    kept = await world.update(world.root, "ada", Changes(locale="de"), password=None)
    gone = await world.update(world.root, "ada", Changes(email=""), password=None)

    assert kept.email == MAIL
    assert gone.email is None


async def test_who_may_not_is_refused(world: Any) -> None:
    """Others' profiles, and all deletion."""
    ada = await ada_of(world)
    world.access = GrantList()
    with pytest.raises(NotAllowed):
        await world.update(ada, "root", Changes(locale="de"), password=None)
    with pytest.raises(NotAllowed):
        await world.forget(ada, "ada")


async def test_a_deleted_user_is_gone_and_others_hear_of_it(world: Any) -> None:
    """The credentials stop at once; the name is free."""
    await world.forget(world.root, "Ada")

    assert [type(each) for each in world.outbox.events] == [UserDeleted]
    with pytest.raises(WrongCredentials):
        await world.directory.verify("ada", world.password, origin=world.origin())
    with pytest.raises(UserNotFound):
        await world.forget(world.root, "ada")
    await world.users.create(world.root, "ada", world.password)


async def test_the_last_administrator_stays(world: Any) -> None:
    """The refusal is recorded and nothing is removed."""
    user = await world.directory.find("ada")
    world.departures.needed.add(user.id)
    with pytest.raises(LastAdministrator):
        await world.forget(world.root, "ada")

    assert await world.directory.find("ada") == user
    assert world.trail.acts[-1][1].outcome == "refused"


async def test_a_service_account_has_no_password(world: Any) -> None:
    """Nobody logs in as it, and none can be given."""
    made = await world.users.create_user(world.root, "builder", None)

    assert made.service
    for guess in ("", world.password):
        with pytest.raises(WrongCredentials):
            await world.directory.verify("builder", guess, origin=world.origin())
    with pytest.raises(NoPassword):
        await world.users.set_password(
            world.root, "builder", "another good password", old=None
        )
