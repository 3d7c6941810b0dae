"""Logging in and out, over memory."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from fairlead.services.audit.public import Outcome
from fairlead.services.auth.domain import GRACE, Verdict
from fairlead.services.auth.public import Unauthenticated
from fairlead.services.identity.public import (
    SecondFactorNeeded,
    WrongCode,
    WrongCredentials,
)


async def login(world: Any) -> Any:
    return await world.sessions.login("ada", world.password, origin=world.origin)


async def who(world: Any, tokens: Any) -> Any:
    return await world.verifier.principal(tokens.access_token, origin=world.origin)


async def test_a_log_in_gives_a_token_that_says_who_it_is(world: Any) -> None:
    """Name, tenant and session come out of the token; the origin is the request's."""
    tokens = await login(world)
    ada = await who(world, tokens)

    assert (ada.id, ada.name) == (world.directory.ada.id, "ada")
    assert ada.session_id in world.store.sessions
    assert ada.origin == world.origin
    assert tokens.access_expires_at - world.clock.now() == world.lifetimes.access
    assert tokens.refresh_expires_at - world.clock.now() == world.lifetimes.session


async def test_a_second_factor_is_asked_for(world: Any) -> None:
    """To be asked is no refusal; a wrong code is one."""
    world.directory.code = "123456"
    with pytest.raises(SecondFactorNeeded):
        await login(world)
    assert world.trail.acts == []
    with pytest.raises(WrongCode):
        await world.sessions.login("ada", world.password, origin=world.origin, code="1")
    assert world.trail.acts[-1][1].details["reason"] == "identity.wrong_code"

    assert await world.sessions.login(
        "ada", world.password, origin=world.origin, code="123456"
    )


async def test_a_log_in_is_recorded_without_its_secrets(world: Any) -> None:
    """Done by the user, in the session it began."""
    tokens = await login(world)

    [(actor, act)] = world.trail.acts
    assert (actor.name, act.action, act.outcome) == (
        "ada",
        "auth.session.login",
        Outcome.DONE,
    )
    assert tokens.refresh_token not in repr((world.trail.acts, world.store.tokens))


async def test_refused_log_ins_are_recorded(world: Any) -> None:
    """Alike for all names that do not exist, so that the trail can thin them out."""
    for name in ("ada", "eve", "mallory"):
        with pytest.raises(WrongCredentials):
            await world.sessions.login(name, "wrong", origin=world.origin)

    known, unknown, another = (act for _, act in world.trail.acts)
    assert (known.target, known.outcome) == ("users/ada", Outcome.REFUSED)
    assert unknown.target == "users/unknown"
    assert unknown == another


@pytest.mark.parametrize("days", [None, 400])
async def test_refused_refreshes_are_recorded(world: Any, days: int | None) -> None:
    """Whether the token never was one of ours, or its session is over."""
    token = "nonsense"
    if days is not None:
        tokens = await login(world)
        token = tokens.refresh_token
        world.wait(seconds=days * 86_400)
    world.trail.acts.clear()
    with pytest.raises(Unauthenticated):
        await world.sessions.refresh(token, origin=world.origin)

    [(who, act)] = world.trail.acts
    assert (who.known, act.action) == (False, "auth.session.refresh")
    assert (act.target, act.outcome) == ("sessions/unknown", Outcome.REFUSED)
    assert token not in repr(act)


async def test_a_password_typed_as_a_name_is_not_recorded(world: Any) -> None:
    """Only names that exist reach the trail."""
    with pytest.raises(WrongCredentials):
        await world.sessions.login("my-secret-phrase", "x", origin=world.origin)

    assert world.trail.acts[0][1].target == "users/unknown"


@pytest.mark.parametrize(
    "change", [{"disabled": True}, {"id": UUID(int=99)}, {"password_mark": "new"}]
)
async def test_a_user_shut_out_during_the_log_in_stays_out(
    world: Any, change: dict[str, Any]
) -> None:
    """Disabled or removed meanwhile, or with another password than was checked."""
    verify = world.directory.verify

    async def overtaken(*args: Any, **kwargs: Any) -> Any:
        user = await verify(*args, **kwargs)
        world.directory.ada = replace(user, **change)
        return user

    world.directory.verify = overtaken
    with pytest.raises(WrongCredentials):
        await login(world)

    assert world.store.sessions == {}
    act = world.trail.acts[-1][1]
    assert (act.action, act.outcome) == ("auth.session.login", Outcome.REFUSED)


async def test_access_ends_when_the_token_expires(world: Any) -> None:
    """Known or not, a token is refused from that instant on."""
    tokens = await login(world)
    await who(world, tokens)
    world.wait(minutes=15)

    with pytest.raises(Unauthenticated):
        await who(world, tokens)


async def test_a_refresh_gives_a_new_pair_of_the_same_session(world: Any) -> None:
    """The end of the whole session does not move."""
    first = await login(world)
    world.wait(hours=1)
    second = await world.sessions.refresh(first.refresh_token, origin=world.origin)

    assert second.refresh_token != first.refresh_token
    assert second.refresh_expires_at == first.refresh_expires_at
    assert (await who(world, second)).session_id in world.store.sessions


async def test_a_lost_answer_is_given_again(world: Any) -> None:
    """Within the grace, also after a restart, and to several tabs at once."""
    first = await login(world)
    second = await world.sessions.refresh(first.refresh_token, origin=world.origin)
    await world.restart()
    world.clock.advance(GRACE)
    again = await world.sessions.refresh(first.refresh_token, origin=world.origin)

    assert again.refresh_token == second.refresh_token


async def test_reuse_ends_the_whole_family(world: Any) -> None:
    """Thief and owner are both out, access tokens included, and it is recorded."""
    first = await login(world)
    second = await world.sessions.refresh(first.refresh_token, origin=world.origin)
    world.clock.advance(GRACE)
    world.wait(seconds=1)
    with pytest.raises(Unauthenticated):
        await world.sessions.refresh(first.refresh_token, origin=world.origin)

    with pytest.raises(Unauthenticated):
        await world.sessions.refresh(second.refresh_token, origin=world.origin)
    for tokens in (first, second):
        with pytest.raises(Unauthenticated):
            await who(world, tokens)
    acts = [(act.action, act.outcome) for _, act in world.trail.acts]
    assert acts[-2:] == [
        ("auth.session.reuse", Outcome.REFUSED),
        ("auth.session.refresh", Outcome.REFUSED),
    ]
    assert str(Verdict.REUSED) == "reused"


async def test_a_session_does_not_outlive_its_week(world: Any) -> None:
    """However often it is renewed; the last access token ends with it."""
    tokens = await login(world)
    world.wait(days=6, hours=23, minutes=55)
    tokens = await world.sessions.refresh(tokens.refresh_token, origin=world.origin)
    assert tokens.access_expires_at == tokens.refresh_expires_at
    world.wait(minutes=5)

    with pytest.raises(Unauthenticated):
        await world.sessions.refresh(tokens.refresh_token, origin=world.origin)


@pytest.mark.parametrize("token", ["", "x", "a" * 43, "ä" * 43, "a" * 100_000, "a\n"])
async def test_other_refresh_tokens_are_refused(world: Any, token: str) -> None:
    """Malformed and unknown ones alike."""
    with pytest.raises(Unauthenticated):
        await world.sessions.refresh(token, origin=world.origin)


async def test_logging_out_stops_access_at_once(world: Any) -> None:
    """Also for tokens that were verified before, and after a restart."""
    tokens, other = await login(world), await login(world)
    await world.sessions.logout(await who(world, tokens))

    for _ in range(2):
        with pytest.raises(Unauthenticated):
            await who(world, tokens)
        await who(world, other)
        await world.restart()
    with pytest.raises(Unauthenticated):
        await world.sessions.refresh(tokens.refresh_token, origin=world.origin)
    actions = [act.action for _, act in world.trail.acts]
    assert actions[-2:] == ["auth.session.logout", "auth.session.refresh"]


async def test_a_disabled_user_cannot_renew(world: Any) -> None:
    """Even before the sessions were ended: the refresh ends this one."""
    tokens = await login(world)
    world.directory.ada = replace(world.directory.ada, disabled=True)

    with pytest.raises(Unauthenticated):
        await world.sessions.refresh(tokens.refresh_token, origin=world.origin)
    with pytest.raises(Unauthenticated):
        await who(world, tokens)

    [session] = world.store.sessions.values()
    act = world.trail.acts[-1][1]
    assert session.ended_at == world.clock.now()
    assert (act.action, act.outcome) == ("auth.session.end", Outcome.REFUSED)


async def test_ending_a_users_sessions_spares_what_came_later(world: Any) -> None:
    """And the one it was asked from; doing it again records nothing more."""
    old, mine = await login(world), await login(world)
    asked_at = world.clock.now()
    world.wait(seconds=1)
    later = await login(world)
    ada = await who(world, mine)
    for _ in range(2):
        await world.end_sessions(ada, ada.id, begun_by=asked_at, but=ada.session_id)

    await who(world, mine)
    await who(world, later)
    with pytest.raises(Unauthenticated):
        await who(world, old)
    ends = [act for _, act in world.trail.acts if act.action == "auth.session.end"]
    assert len(ends) == 1


async def test_expired_sessions_are_forgotten(world: Any) -> None:
    """A log-in clears away what ended a day ago, so the table stays small."""
    await login(world)
    world.wait(days=8, seconds=1)
    await login(world)

    assert len(world.store.sessions) == len(world.store.tokens) == 1
