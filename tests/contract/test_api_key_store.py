"""Every store of API keys keeps the promises of its port."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from fairlead.adapters.sql.work import SqlUnitOfWork
from fairlead.kernel.paging import BadPage, PageRequest
from fairlead.kernel.principal import DEFAULT_TENANT, TenantId
from fairlead.kernel.work import UnitOfWork
from fairlead.services.auth.domain.api_keys import ApiKey, KeyOrder, make_key
from fairlead.services.auth.memory import MemoryApiKeyStore
from fairlead.services.auth.ports import ApiKeyStore
from fairlead.services.auth.sql import SqlApiKeyStore
from fairlead.testing.database import BACKENDS, OpenDatabase
from fairlead.testing.fakes import FrozenClock, NullWork

OTHER = TenantId(UUID(int=2))
NOW = FrozenClock().now()
HOUR = timedelta(hours=1)
ADA, BOB = (UUID(int=10), "ada"), (UUID(int=11), "bob")
ORDER = KeyOrder(
    name="ci",
    scopes=("shop.order.read", "shop.order.create"),
    projects=(UUID(int=7), UUID(int=8)),
    networks=("10.0.0.0/8", "2001:db8::/32"),
    per_minute=60,
    at_once=2,
)
Made = tuple[ApiKeyStore, UnitOfWork]
Make = Callable[[TenantId], Made]


def key(
    owner: tuple[UUID, str] = ADA, tenant: TenantId = DEFAULT_TENANT, hours: int = 0
) -> ApiKey:
    return make_key(ORDER, tenant=tenant, owner=owner, at=NOW + hours * HOUR)[0]


async def keep(made: Made, *keys: ApiKey) -> None:
    store, work = made
    async with work:
        for each in keys:
            await store.add(each)


@pytest.fixture(params=["memory", *BACKENDS])
async def make(
    request: pytest.FixtureRequest, open_database: OpenDatabase
) -> AsyncIterator[Make]:
    if request.param == "memory":
        made = {
            each: (MemoryApiKeyStore(), NullWork()) for each in (DEFAULT_TENANT, OTHER)
        }
        yield made.__getitem__
        return
    async with open_database(request.param, ["auth"]) as database:

        def sql(tenant: TenantId) -> Made:
            connection = database.connection(tenant)
            return SqlApiKeyStore(connection, tenant), SqlUnitOfWork(connection)

        yield sql


async def test_a_key_comes_back_whole(make: Make) -> None:
    """By its id and by its prefix; other tenants have none of it."""
    mine, bare = key(), replace(key(BOB), projects=(), networks=(), scopes=("*",))
    await keep(make(DEFAULT_TENANT), mine, bare)
    store, _ = make(DEFAULT_TENANT)
    other, _ = make(OTHER)

    assert await store.get(mine.id) == mine
    assert await store.by_prefix(bare.prefix) == bare
    assert await store.by_prefix("a" * 10) is None
    assert await other.get(mine.id) is None
    assert await other.by_prefix(mine.prefix) is None


async def test_changes_replace_the_key(make: Make) -> None:
    """A rotation, a use, a revocation."""
    mine = key()
    await keep(make(DEFAULT_TENANT), mine)
    store, work = make(DEFAULT_TENANT)
    rotated, _ = mine.rotated(at=NOW, overlap=HOUR)
    gone = replace(rotated, revoked_at=NOW + HOUR)
    async with work:
        await store.save(rotated)
        await store.see(mine.id, at=NOW + HOUR, address="2001:db8::1")
    seen = replace(rotated, used_at=NOW + HOUR, used_address="2001:db8::1")
    assert await store.get(mine.id) == seen

    async with work:
        await store.save(gone)
    assert await store.get(mine.id) == gone


async def test_keys_are_listed_newest_first(make: Make) -> None:
    """Of one owner or of all, in pages, without those that were revoked."""
    first, second, bobs = key(), key(hours=1), key(BOB, hours=2)
    gone = replace(key(hours=3), revoked_at=NOW)
    await keep(make(DEFAULT_TENANT), second, gone, bobs, first)
    await keep(make(OTHER), key(tenant=OTHER))
    store, _ = make(DEFAULT_TENANT)

    everybody = await store.kept(None, page=PageRequest())
    one = await store.kept(ADA[0], page=PageRequest(limit=1))
    two = await store.kept(ADA[0], page=PageRequest(limit=1, after=one.next))
    assert everybody.items == (bobs, second, first)
    assert (one.items, two.items, two.next) == ((second,), (first,), None)
    with pytest.raises(BadPage):
        await store.kept(None, page=PageRequest(after="nonsense"))


async def test_old_keys_are_forgotten(make: Make) -> None:
    """Those that expired or were revoked before then; of this tenant alone."""
    live, expired = key(), replace(key(), expires_at=NOW - HOUR)
    revoked = replace(key(), revoked_at=NOW - HOUR)
    late = replace(key(), revoked_at=NOW)
    foreign = replace(key(tenant=OTHER), expires_at=NOW - HOUR)
    await keep(make(DEFAULT_TENANT), live, expired, revoked, late)
    await keep(make(OTHER), foreign)
    store, work = make(DEFAULT_TENANT)
    async with work:
        assert await store.purge(NOW) == 2

    assert await store.get(live.id) == live
    assert await store.get(late.id) == late
    assert await store.get(expired.id) is None
    assert await make(OTHER)[0].get(foreign.id) == foreign
