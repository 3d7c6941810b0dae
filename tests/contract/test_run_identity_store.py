"""Every store of the identities of steps keeps the promises of its port."""

from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from uuid import UUID

import pytest

from fairlead.adapters.sql.work import SqlUnitOfWork
from fairlead.kernel.principal import DEFAULT_TENANT, TenantId
from fairlead.kernel.work import UnitOfWork
from fairlead.services.auth.domain.runs import RunIdentity, identify
from fairlead.services.auth.memory import MemoryRunIdentityStore
from fairlead.services.auth.ports import RunIdentityStore
from fairlead.services.auth.public import RunOrder
from fairlead.services.auth.sql import SqlRunIdentityStore
from fairlead.testing.database import BACKENDS, OpenDatabase
from fairlead.testing.fakes import FrozenClock, NullWork

OTHER = TenantId(UUID(int=2))
NOW = FrozenClock().now()
HOUR = timedelta(hours=1)
Made = tuple[RunIdentityStore, UnitOfWork]
Make = Callable[[TenantId], Made]


def identity(
    key: str, *, run: int = 5, tenant: TenantId = DEFAULT_TENANT, hours: int = 1
) -> RunIdentity:
    order = RunOrder(
        key=key,
        operation_id=UUID(int=run),
        project_id=UUID(int=6),
        project="shop",
        environment="dev",
        step="build/compile",
        lifetime=hours * HOUR,
    )
    return identify(order, tenant=tenant, at=NOW, longest=24 * HOUR)[0]


@pytest.fixture(params=["memory", *BACKENDS])
async def make(
    request: pytest.FixtureRequest, open_database: OpenDatabase
) -> AsyncIterator[Make]:
    if request.param == "memory":
        tenants = (DEFAULT_TENANT, OTHER)
        made = {each: (MemoryRunIdentityStore(), NullWork()) for each in tenants}
        yield made.__getitem__
        return
    async with open_database(request.param, ["auth"]) as database:

        def sql(tenant: TenantId) -> Made:
            connection = database.connection(tenant)
            return SqlRunIdentityStore(connection, tenant), SqlUnitOfWork(connection)

        yield sql


async def test_identities_are_found_until_they_are_dropped(make: Make) -> None:
    """By id and by token; of one attempt, of one run, or of those that expired."""
    store, work = make(DEFAULT_TENANT)
    others, other_work = make(OTHER)
    one, two, three = identity("1"), identity("2"), identity("3", run=9)
    short = identity("4", run=9, hours=0)
    foreign = identity("1", tenant=OTHER)
    async with work:
        for each in (one, two, three, short):
            await store.add(each)
    async with other_work:
        await others.add(foreign)
    assert await store.get(one.id) == one
    assert await store.by_digest(two.digest) == two
    assert await store.by_digest("0" * 64) is None
    assert await store.get(foreign.id) is None

    async with work:
        await store.drop("1")
        await store.drop("unknown")
        await store.purge(NOW)
    assert await store.get(one.id) is None
    assert await store.get(short.id) is None
    assert await others.get(foreign.id) == foreign
    async with work:
        await store.drop_all(UUID(int=5))
    assert await store.get(two.id) is None
    assert await store.get(three.id) == three
