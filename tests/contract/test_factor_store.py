"""Every FactorStore keeps the promises of its port."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from uuid import UUID

import pytest

from fairlead.adapters.sql.work import SqlUnitOfWork
from fairlead.kernel.principal import DEFAULT_TENANT, TenantId
from fairlead.kernel.work import UnitOfWork
from fairlead.services.identity.domain import Factor
from fairlead.services.identity.memory import MemoryFactorStore
from fairlead.services.identity.ports import FactorStore
from fairlead.services.identity.sql import SqlFactorStore
from fairlead.testing.database import BACKENDS, OpenDatabase
from fairlead.testing.fakes import NullWork

OTHER = TenantId(UUID(int=2))
ADA, BOB = UUID(int=11), UUID(int=12)

Make = Callable[[TenantId], tuple[FactorStore, UnitOfWork]]


@pytest.fixture(params=["memory", *BACKENDS])
async def make(
    request: pytest.FixtureRequest, open_database: OpenDatabase
) -> AsyncIterator[Make]:
    if request.param == "memory":
        tenants = (DEFAULT_TENANT, OTHER)
        made = {each: (MemoryFactorStore(), NullWork()) for each in tenants}
        yield made.__getitem__
        return
    async with open_database(request.param, ["identity"]) as database:

        def sql(tenant: TenantId) -> tuple[FactorStore, UnitOfWork]:
            connection = database.connection(tenant)
            return SqlFactorStore(connection, tenant), SqlUnitOfWork(connection)

        yield sql


async def test_a_factor_is_replaced_and_its_steps_go_forward(make: Make) -> None:
    """Each step is taken once, by its own tenant."""
    store, work = make(DEFAULT_TENANT)
    theirs, their_work = make(OTHER)
    first = Factor(user_id=ADA, sealed="s1")
    second = replace(first, sealed="s2", confirmed=True)
    async with work:
        await store.save(first)
        await store.save(second)
        assert await store.take_step(ADA, 7)
        assert not await store.take_step(ADA, 7)
        assert not await store.take_step(ADA, 6)
        assert not await store.take_step(BOB, 8)
    async with their_work:
        assert not await theirs.take_step(ADA, 8)

    assert await store.find(ADA) == replace(second, last_step=7)
    assert await store.find(BOB) is None
    assert await theirs.find(ADA) is None


async def test_recovery_codes_are_replaced_and_taken_once(make: Make) -> None:
    """Another user's and another tenant's are others; removal takes all."""
    store, work = make(DEFAULT_TENANT)
    theirs, their_work = make(OTHER)
    async with work:
        await store.save(Factor(user_id=ADA, sealed="s"))
        await store.set_codes(ADA, ("a", "b"))
        await store.set_codes(ADA, ("b", "c"))
        await store.set_codes(BOB, ("c",))
        assert not await store.take_code(ADA, "a")
        assert await store.take_code(ADA, "c")
        assert not await store.take_code(ADA, "c")
    async with their_work:
        assert not await theirs.take_code(ADA, "b")
    assert await store.codes_left(ADA) == 1

    async with work:
        await store.remove(ADA)
    assert await store.codes_left(ADA) == 0
    assert await store.find(ADA) is None
    assert await store.codes_left(BOB) == 1
