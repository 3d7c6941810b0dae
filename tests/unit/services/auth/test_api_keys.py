"""API keys: whose they are, what narrows them, and what is kept of them."""

from dataclasses import replace
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Address, IPv6Network
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.kernel.errors import ErrorKind, FairleadError
from fairlead.kernel.paging import PageRequest
from fairlead.kernel.principal import Origin, Principal, PrincipalKind
from fairlead.services.audit.public import Outcome
from fairlead.services.auth.domain.api_keys import (
    BURST,
    ApiKey,
    KeyGates,
    KeyOrder,
    make_key,
    network,
)
from fairlead.services.auth.public import (
    AddressRefused,
    BadKey,
    KeyNotFound,
    KeyTooBusy,
    PersonNeeded,
    Unauthenticated,
)
from fairlead.services.authz.public import NotAllowed
from fairlead.services.identity.public import User
from fairlead.testing.fakes import FrozenClock, GrantList

ADA = Principal(id=UUID(int=10), name="ada", session_id=UUID(int=1))
BOB = Principal(id=UUID(int=11), name="bob", session_id=UUID(int=2))
HERE = Origin(address="203.0.113.7")
ORDER = KeyOrder(name="ci", scopes=("shop.order.read",))
PAGE = PageRequest()
NOW = FrozenClock().now()


class DatabaseAway(FairleadError):
    """Nothing can be written."""

    kind = ErrorKind.UNAVAILABLE
    code = "tests.away"


def made(**changes: Any) -> ApiKey:
    order = replace(ORDER, **changes)
    tenant, owner = ADA.tenant_id, (ADA.id, ADA.name)
    return make_key(order, tenant=tenant, owner=owner, at=NOW)[0]


async def refused(world: Any, secret: str) -> bool:
    try:
        await world.use_key(secret, origin=HERE)
    except Unauthenticated:
        return True
    return False


async def test_a_key_calls_as_itself(world: Any) -> None:
    """Under its owner's name and its own; what is kept does not open anything."""
    key, secret = await world.create_key(ADA, ORDER)
    who = await world.use_key(secret, origin=HERE)

    assert (who.id, who.name, who.kind) == (key.id, "ada/ci", PrincipalKind.API_KEY)
    assert (who.origin, who.session_id) == (HERE, None)
    assert secret.startswith(f"flk_{key.prefix}_")
    assert len(secret) == len("flk_") + 10 + 1 + 43
    kept = repr((world.api_keys.keys, world.trail.acts))
    assert secret not in kept
    assert secret[-43:] not in kept


async def test_no_other_secret_will_do(world: Any) -> None:
    """Not half a key, not another's, not one with a changed letter."""
    _, one = await world.create_key(ADA, ORDER)
    _, two = await world.create_key(ADA, ORDER)
    mixed = one[:15] + two[15:]
    last = "A" if one[-1] != "A" else "B"
    for wrong in (mixed, one[:-1] + last, one[:-1], one + "A", "flk_", "flk_é", ""):
        assert await refused(world, wrong)
    assert not await refused(world, one)


async def test_a_key_ends_with_its_time_its_owner_or_its_revocation(world: Any) -> None:
    """Each by itself."""
    _, short = await world.create_key(ADA, replace(ORDER, lifetime=timedelta(days=1)))
    key, secret = await world.create_key(ADA, ORDER)
    world.wait(days=1)
    assert await refused(world, short)
    assert not await refused(world, secret)

    ada: User = world.directory.ada
    world.directory.ada = replace(ada, disabled=True)
    assert await refused(world, secret)
    world.directory.ada = ada
    await world.revoke_key(ADA, key.id)
    assert await refused(world, secret)
    with pytest.raises(KeyNotFound):
        await world.revoke_key(ADA, key.id)
    assert world.trail.acts[-1][1].action == "auth.key.revoke"


async def test_the_old_secret_may_overlap(world: Any) -> None:
    """For as long as was asked for, and without that not at all."""
    key, first = await world.create_key(ADA, ORDER)
    _, second = await world.rotate_key(ADA, key.id, overlap=timedelta(hours=1))
    assert not await refused(world, first)
    assert not await refused(world, second)
    world.wait(hours=1)
    assert await refused(world, first)

    _, third = await world.rotate_key(ADA, key.id, overlap=timedelta())
    assert await refused(world, second)
    assert not await refused(world, third)
    with pytest.raises(BadKey):
        await world.rotate_key(ADA, key.id, overlap=timedelta(days=8))


async def test_the_last_use_is_noted_to_the_minute(world: Any) -> None:
    """When and from where."""
    key, secret = await world.create_key(ADA, ORDER)
    await world.use_key(secret, origin=HERE)
    world.wait(seconds=59)
    await world.use_key(secret, origin=Origin(address="10.0.0.9"))
    assert world.api_keys.keys[key.id].used_at == NOW
    assert world.api_keys.keys[key.id].used_address == "203.0.113.7"
    world.wait(seconds=1)
    await world.use_key(secret, origin=Origin(address="10.0.0.9"))

    assert world.api_keys.keys[key.id].used_address == "10.0.0.9"


async def test_a_key_reads_where_nothing_can_be_written(world: Any) -> None:
    """A full disk takes its last use, but not the server."""
    key, secret = await world.create_key(ADA, ORDER)

    async def full(*args: Any, **kwargs: Any) -> None:
        raise DatabaseAway("The disk is full.")

    world.api_keys.see = full
    assert (await world.use_key(secret, origin=HERE)).id == key.id


async def test_from_elsewhere_a_key_is_refused_and_that_is_recorded(world: Any) -> None:
    """Under the key's own name."""
    order = replace(ORDER, networks=("10.0.0.0/8", "2001:db8::/32"))
    _, secret = await world.create_key(ADA, order)
    await world.use_key(secret, origin=Origin(address="2001:db8::5"))
    with pytest.raises(AddressRefused):
        await world.use_key(secret, origin=HERE)

    [(who, act)] = [
        each for each in world.trail.acts if each[1].outcome is not Outcome.DONE
    ]
    assert (who.name, act.action) == ("ada/ci", "auth.key.use")
    assert act.details["reason"] == "auth.address_refused"


async def test_keys_make_no_keys(world: Any) -> None:
    """Who found one cannot keep access by it."""
    key, _ = await world.create_key(ADA, ORDER)
    caller = Principal(id=ADA.id, name="ada", kind=PrincipalKind.API_KEY)
    with pytest.raises(PersonNeeded):
        await world.create_key(caller, ORDER)
    with pytest.raises(PersonNeeded):
        await world.rotate_key(caller, key.id, overlap=timedelta())
    with pytest.raises(KeyNotFound):
        await world.revoke_key(caller, key.id)


async def test_keys_of_others_do_not_show(world: Any) -> None:
    """Without a permission they are not there."""
    key, _ = await world.create_key(ADA, ORDER)
    with pytest.raises(KeyNotFound):
        await world.revoke_key(BOB, key.id)
    with pytest.raises(NotAllowed):
        await world.list_keys(BOB, PAGE, user="ada")
    with pytest.raises(NotAllowed):
        await world.list_keys(BOB, PAGE, everybody=True)

    assert (await world.list_keys(BOB, PAGE)).items == ()
    assert (await world.list_keys(ADA, PAGE)).items == (key,)


async def test_a_key_for_another_gives_no_more_than_one_has(world: Any) -> None:
    """Or a right to make keys would be a right to everything."""
    world.grants = GrantList("auth.key.create", "auth.key.rotate", "shop.order.read")
    await world.restart()
    key, _ = await world.create_key(BOB, ORDER, user="ada")
    assert key.owner_id == ADA.id
    for scopes in (("shop.order.create",), ("*",)):
        with pytest.raises((NotAllowed, BadKey)):
            await world.create_key(BOB, replace(ORDER, scopes=scopes), user="ada")
    greater, _ = await world.create_key(
        ADA, replace(ORDER, scopes=("shop.order.create",))
    )
    with pytest.raises(NotAllowed):
        await world.rotate_key(BOB, greater.id, overlap=timedelta())


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"name": "a/b"},
        {"name": "x" * 64},
        {"scopes": ()},
        {"scopes": ("*", "shop.order.read")},
        {"scopes": ("shop.order.fly",)},
        {"networks": ("10.0.0.1/8",)},
        {"networks": ("everywhere",)},
        {"networks": ("fe80::%eth0/64",)},
        {"networks": ("::ffff:10.0.0.0/104",)},
        {"lifetime": timedelta()},
        {"lifetime": timedelta(days=400)},
        {"per_minute": -1},
        {"projects": tuple(UUID(int=n) for n in range(101))},
    ],
)
async def test_keys_that_cannot_be_are_refused(world: Any, wrong: Any) -> None:
    """With a sentence on what to write."""
    with pytest.raises(BadKey):
        await world.create_key(ADA, replace(ORDER, **wrong))

    assert world.api_keys.keys == {}


async def test_the_nearest_permission_is_told(world: Any) -> None:
    with pytest.raises(BadKey, match=r"did you mean 'shop\.order\.read'"):
        await world.create_key(ADA, replace(ORDER, scopes=("shop.order.raed",)))


V4 = st.tuples(st.ip_addresses(v=4), st.integers(0, 32))
V6 = st.tuples(st.ip_addresses(v=6), st.integers(0, 128))


@given(V4, st.ip_addresses(v=4))
def test_ipv4_networks_admit_what_is_in_them(place: Any, address: Any) -> None:
    """Also where the system shows an IPv4 caller as a mapped IPv6 one."""
    wanted = IPv4Network(place, strict=False)
    key = made(networks=(str(wanted),))

    assert key.admits(str(address)) is (address in wanted)
    assert key.admits(f"::ffff:{address}") is (address in wanted)
    assert key.admits(str(wanted[0]))


@given(V6, st.ip_addresses(v=6))
def test_ipv6_networks_admit_what_is_in_them(place: Any, address: Any) -> None:
    """Whatever the zone of a link-local address is."""
    wanted = IPv6Network(place, strict=False)
    if wanted[0].ipv4_mapped is not None:
        return
    key = made(networks=(str(wanted),))
    plain: IPv6Address = address

    if plain.ipv4_mapped is None:
        assert key.admits(f"{address}%eth0") is (address in wanted)
    assert key.admits(str(wanted[0]))


@given(st.text(max_size=40))
def test_what_is_no_address_is_nowhere(text: str) -> None:
    """A key bound to networks is never opened by nonsense."""
    key = made(networks=("0.0.0.0/0", "::/0"))
    try:
        admitted = key.admits(text)
    except ValueError:
        pytest.fail("nonsense must not raise")
    assert admitted is (text.count(".") == 3 or ":" in text) or not admitted


def test_an_address_alone_is_a_network() -> None:
    """Of one machine."""
    assert str(network("192.0.2.1")) == "192.0.2.1/32"
    assert str(network(" 2001:db8::1 ")) == "2001:db8::1/128"


@given(
    st.integers(1, 600),
    st.lists(st.floats(0, 30), min_size=1, max_size=200),
)
def test_no_minute_has_more_than_the_rate_and_a_burst(
    per_minute: int, pauses: list[float]
) -> None:
    """Whenever requests come; and a patient caller is never refused."""
    clock = [0.0]
    gates = KeyGates(lambda: clock[0])
    key = made(per_minute=per_minute)
    served: list[float] = []
    for pause in pauses:
        clock[0] += pause
        try:
            gates.take(key)
        except KeyTooBusy as error:
            wait = int(str(error.details["retry_after"]))
            assert wait >= 1
            continue
        served.append(clock[0])
    burst = max(BURST, 60 / per_minute) * per_minute / 60
    for at in served:
        within = [each for each in served if at <= each <= at + 60]
        assert len(within) <= per_minute + burst + 1

    clock[0] += 60
    gates.take(key)


@given(st.integers(1, 5), st.lists(st.booleans(), max_size=60))
def test_never_more_at_once_than_allowed(most: int, moves: list[bool]) -> None:
    """However requests begin and end; places come back."""
    gates = KeyGates()
    key = made(at_once=most)
    gates.take(key)
    held: list[Any] = []
    for begins in moves:
        if begins:
            place = gates.place(key.id)
            try:
                place.__enter__()
            except KeyTooBusy:
                assert len(held) == most
                continue
            held.append(place)
            assert len(held) <= most
        elif held:
            held.pop().__exit__(None, None, None)
    while held:
        held.pop().__exit__(None, None, None)
    with gates.place(key.id):
        pass
