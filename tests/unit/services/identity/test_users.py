"""Managing users, over memory."""

import re
from typing import Any
from uuid import UUID

import pytest
from typing_extensions import override

from fairlead.kernel.paging import PageRequest
from fairlead.kernel.principal import Principal, service
from fairlead.services.audit.public import Outcome
from fairlead.services.authz.public import LastAdministrator, NotAllowed
from fairlead.services.identity.memory import PlainHasher
from fairlead.services.identity.public import (
    BadToken,
    BadUserName,
    Outranked,
    PasswordChanged,
    UserDisabled,
    UserNameTaken,
    UserNotFound,
    WeakPassword,
    WrongCredentials,
)
from fairlead.services.identity.use_cases.profiles import Changes
from fairlead.testing.fakes import GrantList

NEXT = "another good password"
RESET = "what the administrator set"


def ada_of(world: Any, user_id: UUID) -> Principal:
    return Principal(id=user_id, name="ada", origin=world.origin())


def refusals(world: Any) -> list[tuple[str, str]]:
    """Return the refused acts and what they were to be done to."""
    return [
        (act.action, act.target)
        for _, act in world.trail.acts
        if act.outcome is Outcome.REFUSED
    ]


async def test_names_are_unique_whatever_their_case(world: Any) -> None:
    """Ada and ada are one."""
    with pytest.raises(UserNameTaken):
        await world.users.create(world.root, "ADA", world.password)

    assert refusals(world)[-1:] == [("identity.user.create", "users/ada")]


async def test_bad_names_and_passwords_are_refused(world: Any) -> None:
    """Nothing is stored."""
    with pytest.raises(BadUserName):
        await world.users.create(world.root, "a b", world.password)
    with pytest.raises(WeakPassword):
        await world.users.create(world.root, "bob", "short")
    with pytest.raises(WeakPassword, match="breaches"):
        await world.users.create(world.root, "bob", "ChangeMe ChangeMe")

    page = await world.users.list(world.root, PageRequest())
    assert [user.name for user in page.items] == ["ada"]


async def test_our_own_code_passes_on_what_the_operator_chose(world: Any) -> None:
    """The password in the settings is the operator's; an empty one is none."""
    await world.users.create(service("auth"), "bob", "short")
    with pytest.raises(WeakPassword):
        await world.users.create(service("auth"), "eve", "")


async def test_who_may_not_is_refused(world: Any) -> None:
    """Every intention asks first; one's own account may be seen."""
    ada = ada_of(world, (await world.directory.find("ada")).id)
    world.access = GrantList()
    for attempt in (
        world.users.create(ada, "bob", world.password),
        world.users.list(ada, PageRequest()),
        world.users.get(ada, "root"),
        world.users.set_disabled(ada, "ada", disabled=True),
        world.users.set_password(ada, "root", NEXT, old=None),
    ):
        with pytest.raises(NotAllowed):
            await attempt

    assert (await world.users.get(ada, "ada")).name == "ada"


async def test_pages_hold_everybody_once(world: Any) -> None:
    """By name, page after page."""
    for name in ("dan", "bob", "cal"):
        await world.users.create(world.root, name, world.password)

    names: list[str] = []
    after = None
    while True:
        page = await world.users.list(world.root, PageRequest(limit=3, after=after))
        names += [user.name for user in page.items]
        after = page.next
        if after is None:
            break

    assert names == ["ada", "bob", "cal", "dan"]


async def test_disabling_tells_the_others(world: Any) -> None:
    """Once, however often it is asked for; audited."""
    user = await world.users.set_disabled(world.root, "ada", disabled=True)
    await world.users.set_disabled(world.root, "ada", disabled=True)

    assert user.disabled
    [event] = world.outbox.events
    assert isinstance(event, UserDisabled)
    assert event.user_id == user.id
    act = world.trail.acts[-1][1]
    assert (act.action, act.target) == ("identity.user.update", "users/ada")
    assert not (
        await world.users.set_disabled(world.root, "ada", disabled=False)
    ).disabled


async def test_who_is_needed_stays(world: Any) -> None:
    """The last administrator cannot be shut out."""
    user = await world.directory.find("ada")
    world.departures.needed.add(user.id)

    with pytest.raises(LastAdministrator):
        await world.users.set_disabled(world.root, "ada", disabled=True)
    assert not (await world.directory.find("ada")).disabled
    assert refusals(world) == [("identity.user.update", "users/ada")]


async def test_ones_own_password_needs_the_old_one(world: Any) -> None:
    """A session left open does not give the account away."""
    ada = ada_of(world, (await world.directory.find("ada")).id)
    for old in (None, "a wrong one"):
        with pytest.raises(WrongCredentials):
            await world.users.set_password(ada, "ada", NEXT, old=old)
    assert refusals(world) == [("identity.user.set_password", "users/ada")] * 2
    await world.users.set_password(ada, "ada", NEXT, old=world.password)

    await world.directory.verify("ada", NEXT, origin=world.origin())
    changed = [e for e in world.outbox.events if isinstance(e, PasswordChanged)]
    assert len(changed) == 1


class Overtaken(PlainHasher):
    """Somebody else sets a password while one is hashed."""

    def __init__(self, world: Any) -> None:
        """Hash everything anew, for it was hashed otherwise."""
        super().__init__("anew")
        self.world = world

    @override
    async def hash(self, password: str) -> str:
        user = await self.world.directory.find("ada")
        await self.world.store.set_hash(user.id, f"anew:{RESET}")
        return await super().hash(password)


async def test_an_old_password_does_not_replace_a_newer_one(world: Any) -> None:
    """Neither by a change nor by a log-in that hashes it anew, begun before."""
    ada = ada_of(world, (await world.directory.find("ada")).id)
    world.hasher = Overtaken(world)

    stale = await world.directory.verify("ada", world.password, origin=world.origin())
    now = await world.directory.get(ada.id)
    assert stale.password_mark != now.password_mark
    await world.directory.verify("ada", RESET, origin=world.origin())

    await world.store.set_hash(ada.id, f"anew:{world.password}")
    with pytest.raises(WrongCredentials):
        await world.users.set_password(ada, "ada", NEXT, old=world.password)
    await world.directory.verify("ada", RESET, origin=world.origin())


async def test_a_new_password_forgives_wrong_guesses(world: Any) -> None:
    """A user who was locked out gets in with what an administrator set."""
    for _ in range(5):
        with pytest.raises(WrongCredentials):
            await world.directory.verify("ada", "wrong", origin=world.origin())
    await world.users.set_password(world.root, "ada", NEXT, old=None)

    await world.directory.verify("ada", NEXT, origin=world.origin())


async def test_unknown_users_are_not_changed(world: Any) -> None:
    """Each intention says that there is no such user."""
    for attempt in (
        world.users.get(world.root, "eve"),
        world.users.set_disabled(world.root, "eve", disabled=True),
        world.users.set_password(world.root, "eve", NEXT, old=None),
    ):
        with pytest.raises(UserNotFound):
            await attempt


async def test_no_password_reaches_the_trail(world: Any) -> None:
    """Neither old nor new."""
    await world.users.set_password(world.root, "ada", NEXT, old=None)

    assert NEXT not in repr(world.trail.acts)
    assert world.password not in repr(world.trail.acts)


async def test_a_user_is_found_by_address(world: Any) -> None:
    """Whatever its spelling; what is no address is nobody's."""
    create, find = world.users.create_user, world.users.list_users.by_email
    bob = await create(world.root, "bob", world.password, email="Bob@Example.org")

    for text in ("bob@example.org", "BOB@EXAMPLE.ORG"):
        assert await find(world.root, text) == (bob,)
    for text in ("eve@example.org", "@", "bob@", "b\0b@example.org", "bob", ""):
        assert await find(world.root, text) == ()


async def test_others_are_not_found_by_address(world: Any) -> None:
    """Who may not see users learns of no address, not even that it is one's own."""
    ada = ada_of(world, (await world.directory.find("ada")).id)
    world.access = GrantList()
    for text in ("bob@example.org", "eve@example.org"):
        with pytest.raises(NotAllowed):
            await world.users.list_users.by_email(ada, text)


@pytest.mark.parametrize("name", ["a\0b", "\ud800", "", "a b", "x" * 70, "\uff41da"])
async def test_what_is_no_name_is_looked_up_nowhere(world: Any, name: str) -> None:
    """Not every database takes every text."""
    with pytest.raises(UserNotFound):
        await world.directory.find(name)
    with pytest.raises(UserNotFound):
        await world.users.get(world.root, name)
    with pytest.raises(UserNotFound):
        await world.users.set_disabled(world.root, name, disabled=True)


async def test_nobody_becomes_somebody_who_may_more(world: Any) -> None:
    """A password, an address or a lost second factor is no way to others' rights."""
    world.takeovers.above.add("ada")
    with pytest.raises(Outranked):
        await world.users.set_password(world.root, "ada", NEXT, old=None)
    changes = Changes(email="root@example.org")
    with pytest.raises(Outranked):
        await world.update(world.root, "ada", changes, password=None)

    assert refusals(world) == [
        ("identity.user.set_password", "users/ada"),
        ("identity.user.update", "users/ada"),
    ]
    changes = Changes(locale="de", email="")
    user = await world.update(world.root, "ada", changes, password=None)
    assert user.locale == "de"


async def test_a_new_password_ends_the_letter_that_offered_one(world: Any) -> None:
    """Who reads old mail cannot set another."""
    create = world.users.create_user
    bob = await create(world.root, "bob", world.password, email="bob@example.org")
    [letter] = await world.deliver()
    await world.verify(token_in(letter.text), origin=world.origin())
    await world.ask_reset("bob@example.org", origin=world.origin())
    [letter] = await world.deliver()
    await world.users.set_password(world.root, "bob", NEXT, old=None)

    with pytest.raises(BadToken):
        await world.reset(token_in(letter.text), NEXT, origin=world.origin())
    assert (await world.directory.get(bob.id)).email_verified


def token_in(text: str) -> str:
    found = re.search(r"[\w-]{43}", text)
    assert found is not None
    return found[0]
