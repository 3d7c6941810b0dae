"""The second factor, over memory."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fairlead.kernel.principal import Principal, PrincipalKind
from fairlead.services.authz.public import NotAllowed
from fairlead.services.identity.domain import (
    code_at,
    enrolment,
    new_recovery_codes,
    recovery_digest,
    step_of,
)
from fairlead.services.identity.public import (
    BadCode,
    NoSecondFactor,
    Outranked,
    SecondFactorNeeded,
    SecondFactorThere,
    TooManyAttempts,
    UserNotFound,
    WeakPassword,
    WrongCode,
    WrongCredentials,
)
from fairlead.services.identity.use_cases.factors import (
    BeginSecondFactor,
    ConfirmSecondFactor,
    NewRecoveryCodes,
    RemoveSecondFactor,
    ShowAccount,
)
from fairlead.testing.fakes import GrantList

SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"


async def ada_of(world: Any) -> Principal:
    user = await world.directory.find("ada")
    return Principal(id=user.id, name="ada", origin=world.origin())


def parts(world: Any) -> dict[str, Any]:
    return {
        "own": world.own,
        "factors": world.factors,
        "trail": world.trail,
        "work": world.work,
    }


def now_code(world: Any, secret: str, away: int = 0) -> str:
    return code_at(secret, int(world.clock.now().timestamp()) // 30 + away)


async def begun(world: Any) -> str:
    begin = BeginSecondFactor(safe=world.safe, **parts(world))
    secret, address = await begin(await ada_of(world), world.password)
    assert secret in address
    return secret


async def confirmed(world: Any) -> tuple[str, tuple[str, ...]]:
    secret = await begun(world)
    confirm = ConfirmSecondFactor(second=world.second, **parts(world))
    code = now_code(world, secret)
    made = await confirm(await ada_of(world), code)
    world.clock.advance(timedelta(seconds=60))
    return secret, made


def removal(world: Any) -> RemoveSecondFactor:
    return RemoveSecondFactor(
        access=world.access,
        takeovers=world.takeovers,
        store=world.store,
        **parts(world),
    )


async def log_in(world: Any, code: str = "") -> Any:
    return await world.directory.verify(
        "ada", world.password, origin=world.origin(), code=code
    )


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1234567890, "005924"),
        (20000000000, "353130"),
    ],
)
def test_codes_are_those_of_rfc_6238(seconds: int, code: str) -> None:
    """The last six digits of its vectors; a step away counts, two do not."""
    assert code_at(SECRET, seconds // 30) == code
    at = datetime.fromtimestamp(seconds, UTC)
    assert step_of(SECRET, f"{code[:3]} {code[3:]}", at=at) == seconds // 30
    later = at + timedelta(seconds=30)
    assert step_of(SECRET, code, at=later) == seconds // 30
    assert step_of(SECRET, code, at=at + timedelta(seconds=60)) is None
    assert step_of(SECRET, "\ud800", at=at) is None


def test_recovery_codes_are_found_however_they_are_typed() -> None:
    """Ten different ones of 80 bits."""
    made = new_recovery_codes()

    assert len(set(made)) == 10
    assert recovery_digest(made[0].upper().replace("-", " ")) == recovery_digest(
        made[0]
    )
    assert enrolment(SECRET, "a:b").startswith("otpauth://totp/Fairlead%3Aa%3Ab?")


async def test_until_it_is_confirmed_no_code_is_asked_for(world: Any) -> None:
    """A wrong code confirms nothing, and who begins gives the password."""
    begin = BeginSecondFactor(safe=world.safe, **parts(world))
    ada = await ada_of(world)
    with pytest.raises(WrongCredentials):
        await begin(ada, "wrong")
    confirm = ConfirmSecondFactor(second=world.second, **parts(world))
    with pytest.raises(NoSecondFactor):
        await confirm(await ada_of(world), "123456")
    await begun(world)
    with pytest.raises(BadCode):
        await confirm(await ada_of(world), "000000x")

    assert await log_in(world)


async def test_a_code_is_asked_for_and_counts_once(world: Any) -> None:
    """Also the one it was confirmed with, and earlier ones."""
    secret, _ = await confirmed(world)
    with pytest.raises(SecondFactorNeeded):
        await log_in(world)
    code = now_code(world, secret)
    assert await log_in(world, code)
    for used in (code, now_code(world, secret, -1)):
        with pytest.raises(WrongCode):
            await log_in(world, used)
    with pytest.raises(SecondFactorThere):
        await begun(world)


async def test_a_recovery_code_counts_once(world: Any) -> None:
    """And the account says how many are left; new ones replace them all."""
    _, codes = await confirmed(world)
    assert await log_in(world, codes[0])
    with pytest.raises(WrongCode):
        await log_in(world, codes[0])
    ada = await ada_of(world)
    show = ShowAccount(own=world.own, factors=world.factors)
    assert (await show(ada))[1:] == (True, 9)

    new = await NewRecoveryCodes(**parts(world))(ada, world.password)
    with pytest.raises(WrongCode):
        await log_in(world, codes[1])
    assert await log_in(world, new[0])


async def test_wrong_codes_are_counted_like_wrong_passwords(world: Any) -> None:
    """Who has the password does not get to guess codes."""
    await confirmed(world)
    for _ in range(5):
        with pytest.raises(WrongCode):
            await log_in(world, "1")
    with pytest.raises(TooManyAttempts):
        await log_in(world, "1")


async def test_a_wrong_password_tells_nothing_of_a_second_factor(world: Any) -> None:
    """No code is taken with it."""
    secret, _ = await confirmed(world)
    code = now_code(world, secret)
    with pytest.raises(WrongCredentials) as caught:
        await world.directory.verify("ada", "wrong", origin=world.origin(), code=code)
    assert type(caught.value) is WrongCredentials
    assert await log_in(world, code)


async def test_beside_a_second_factor_eight_characters_are_enough(world: Any) -> None:
    """And then it cannot be given up before the password is longer."""
    with pytest.raises(WeakPassword):
        await world.users.set_password(world.root, "ada", "only wor", old=None)
    await confirmed(world)
    await world.users.set_password(world.root, "ada", "only wor", old=None)

    ada = await ada_of(world)
    with pytest.raises(WeakPassword):
        await removal(world).mine(ada, "only wor")
    await world.users.set_password(world.root, "ada", world.password, old=None)
    await removal(world).mine(ada, world.password)
    assert await log_in(world)


async def test_an_administrator_takes_a_lost_one_away(world: Any) -> None:
    """Others may not, and keys have no account."""
    _, codes = await confirmed(world)
    ada = await ada_of(world)
    await removal(world).of(world.root, "Ada")
    assert await log_in(world)
    assert await world.factors.codes_left(ada.id) == 0
    assert codes

    with pytest.raises(UserNotFound):
        await removal(world).of(world.root, "nobody")
    key = Principal(id=ada.id, name="ada", kind=PrincipalKind.API_KEY)
    with pytest.raises(UserNotFound):
        await ShowAccount(own=world.own, factors=world.factors)(key)
    world.access = GrantList()
    with pytest.raises(NotAllowed):
        await removal(world).of(ada, "root")


async def test_codes_guessed_at_once_are_counted_one_by_one(world: Any) -> None:
    """Also from an address that is trusted, with the right password."""
    await log_in(world)
    await confirmed(world)
    verify, origin = world.directory.verify, world.origin()
    guesses = [
        verify("ada", world.password, origin=origin, code=f"{each:06}")
        for each in range(30)
    ]
    results = await asyncio.gather(*guesses, return_exceptions=True)

    assert sum(isinstance(each, WrongCode) for each in results) == 5
    assert sum(isinstance(each, TooManyAttempts) for each in results) == 25


async def test_codes_guessed_from_everywhere_are_slowed_for_an_hour(
    world: Any,
) -> None:
    """Who has the password has addresses, too; places the user came from are free."""
    await log_in(world)
    secret, _ = await confirmed(world)

    async def guess(number: int, *, wait: timedelta) -> None:
        world.clock.advance(wait)
        there = world.origin(f"10.9.{number // 250}.{number % 250}")
        await world.directory.verify(
            "ada", world.password, origin=there, code=f"{number:06}"
        )

    for number in range(22):
        with pytest.raises(WrongCode):
            await guess(number, wait=timedelta(hours=1 if number >= 10 else 0))
    with pytest.raises(TooManyAttempts):
        await guess(22, wait=timedelta(minutes=59))
    await log_in(world, now_code(world, secret))


async def test_a_stronger_users_second_factor_stays(world: Any) -> None:
    """Who may change users cannot become one who may more."""
    await confirmed(world)
    world.takeovers.above.add("ada")
    with pytest.raises(Outranked):
        await removal(world).of(world.root, "ada")

    assert (await world.factors.find((await ada_of(world)).id)).confirmed
