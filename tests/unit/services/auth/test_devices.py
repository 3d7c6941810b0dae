"""Where somebody is logged in, and ending that."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from fairlead.kernel.paging import PageRequest
from fairlead.kernel.principal import Origin, Principal, PrincipalKind
from fairlead.services.auth.domain import device_of
from fairlead.services.auth.public import (
    PersonNeeded,
    SessionNotFound,
    Unauthenticated,
)
from fairlead.services.authz.public import NotAllowed
from fairlead.testing.fakes import GrantList

PAGE = PageRequest()
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/143.0.0.0 Safari/537.36"
)
BOB = Principal(id=UUID(int=11), name="bob")


async def log_in(world: Any, address: str = "10.0.0.1", agent: str = FIREFOX) -> Any:
    origin = Origin(address=address, user_agent=agent)
    tokens = await world.sessions.login("ada", world.password, origin=origin)
    who = await world.verifier.principal(tokens.access_token, origin=origin)
    return who, tokens


async def ids(world: Any, who: Principal) -> list[UUID]:
    page = await world.list_sessions(who, PAGE)
    return [each.id for each in page.items]


async def test_sessions_say_where_they_are_used(world: Any) -> None:
    """The log-in first, then wherever it was renewed last."""
    ada, tokens = await log_in(world)
    world.wait(minutes=10)
    elsewhere = Origin(address="10.9.9.9", user_agent=CHROME)
    await world.sessions.refresh(tokens.refresh_token, origin=elsewhere)

    [found] = (await world.list_sessions(ada, PAGE)).items
    assert (found.address, device_of(found.user_agent)) == (
        "10.9.9.9",
        "Chrome on Windows",
    )
    assert found.used_at == world.clock.now()


async def test_one_session_is_ended(world: Any) -> None:
    """Its access token stops at once; the others go on, and it is recorded."""
    ada, _ = await log_in(world)
    other, lost = await log_in(world)
    await world.revoke_session(ada, other.session_id)

    assert await ids(world, ada) == [ada.session_id]
    with pytest.raises(Unauthenticated):
        await world.verifier.principal(lost.access_token, origin=Origin())
    who, act = world.trail.acts[-1]
    assert (who, act.target) == (ada, f"sessions/{other.session_id}")


async def test_sessions_of_others_do_not_show(world: Any) -> None:
    """Without a permission they are not there; with one they can be ended."""
    ada, _ = await log_in(world)
    with pytest.raises(SessionNotFound):
        await world.revoke_session(BOB, ada.session_id)
    with pytest.raises(NotAllowed):
        await world.list_sessions(BOB, PAGE, user="ada")

    world.grants = GrantList("auth.session.read", "auth.session.revoke")
    await world.restart()
    assert len((await world.list_sessions(BOB, PAGE, user="ada")).items) == 1
    await world.revoke_session(BOB, ada.session_id)
    with pytest.raises(SessionNotFound):
        await world.revoke_session(BOB, UUID(int=99))
    assert await ids(world, ada) == []


async def test_logging_out_everywhere_may_spare_the_caller(world: Any) -> None:
    """First the others, then this one, too."""
    ada, tokens = await log_in(world)
    await log_in(world)
    await log_in(world)

    assert await world.logout_everywhere(ada, spare_own=True) == 2
    assert await ids(world, ada) == [ada.session_id]
    assert await world.logout_everywhere(ada) == 1
    with pytest.raises(Unauthenticated):
        await world.sessions.refresh(tokens.refresh_token, origin=Origin())


async def test_keys_and_runs_have_no_sessions(world: Any) -> None:
    """Somebody who found a key sees and ends none of its owner's."""
    ada, _ = await log_in(world)
    for kind in (PrincipalKind.API_KEY, PrincipalKind.RUN):
        key = replace(ada, kind=kind, session_id=None)
        with pytest.raises(PersonNeeded):
            await world.list_sessions(key, PAGE)
        with pytest.raises(PersonNeeded):
            await world.logout_everywhere(key)
        with pytest.raises(SessionNotFound):
            await world.revoke_session(key, ada.session_id)


async def test_a_clock_set_back_resurrects_no_spent_token(world: Any) -> None:
    """An hour after its use it is taken for stolen, whatever the time of day says."""
    _, tokens = await log_in(world)
    await world.sessions.refresh(tokens.refresh_token, origin=Origin())
    world.wait(hours=1)
    world.set_clock(hours=-1)

    with pytest.raises(Unauthenticated):
        await world.sessions.refresh(tokens.refresh_token, origin=Origin())
    [session] = world.store.sessions.values()
    assert session.ended_at is not None


async def test_nor_does_one_set_back_before_the_server_started(world: Any) -> None:
    """Spent in what is now the future: nobody knows how long ago that was."""
    _, tokens = await log_in(world)
    await world.sessions.refresh(tokens.refresh_token, origin=Origin())
    world.set_clock(seconds=-10)
    await world.restart()

    with pytest.raises(Unauthenticated):
        await world.sessions.refresh(tokens.refresh_token, origin=Origin())


async def test_a_slow_step_of_the_clock_ends_nobody(world: Any) -> None:
    """Time servers set clocks back by moments; a retry right then is no theft."""
    _, tokens = await log_in(world)
    first = await world.sessions.refresh(tokens.refresh_token, origin=Origin())
    world.set_clock(seconds=-1)
    again = await world.sessions.refresh(tokens.refresh_token, origin=Origin())

    assert again.refresh_token == first.refresh_token


@pytest.mark.parametrize(
    ("user_agent", "device"),
    [
        (FIREFOX, "Firefox on Linux"),
        (CHROME, "Chrome on Windows"),
        ("fairlead", "fairlead command line"),
        ("curl/8.9.1", "curl"),
        ("python-httpx/0.28", "python-httpx"),
        ("", "unknown"),
        ("/", "unknown"),
    ],
)
def test_devices_have_names_people_know(user_agent: str, device: str) -> None:
    """Guessed from what the program says of itself."""
    assert device_of(user_agent) == device
