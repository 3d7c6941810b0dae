"""Every LinkStore keeps the promises of its port."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from fairlead.adapters.sql.work import SqlUnitOfWork
from fairlead.kernel.principal import DEFAULT_TENANT, TenantId
from fairlead.kernel.work import UnitOfWork
from fairlead.services.identity.domain import Link, Purpose
from fairlead.services.identity.memory import MemoryLinkStore
from fairlead.services.identity.ports import LinkStore
from fairlead.services.identity.sql import SqlLinkStore
from fairlead.testing.database import BACKENDS, OpenDatabase
from fairlead.testing.fakes import FrozenClock, NullWork

OTHER = TenantId(UUID(int=2))
NOW = FrozenClock().now()
ADA, BOB = UUID(int=11), UUID(int=12)

Make = Callable[[TenantId], tuple[LinkStore, UnitOfWork]]


def link(user: UUID, digest: str, purpose: Purpose = Purpose.RESET) -> Link:
    return Link(
        user_id=user, purpose=purpose, digest=digest, email="a@b.c", expires_at=NOW
    )


@pytest.fixture(params=["memory", *BACKENDS])
async def make(
    request: pytest.FixtureRequest, open_database: OpenDatabase
) -> AsyncIterator[Make]:
    if request.param == "memory":
        made = {
            each: (MemoryLinkStore(), NullWork()) for each in (DEFAULT_TENANT, OTHER)
        }
        yield made.__getitem__
        return
    async with open_database(request.param, ["identity"]) as database:

        def sql(tenant: TenantId) -> tuple[LinkStore, UnitOfWork]:
            connection = database.connection(tenant)
            return SqlLinkStore(connection, tenant), SqlUnitOfWork(connection)

        yield sql


async def test_a_token_is_taken_once(make: Make) -> None:
    """For its purpose, and by its own tenant."""
    store, work = make(DEFAULT_TENANT)
    theirs, their_work = make(OTHER)
    async with work:
        await store.save(link(ADA, "d1"))
    async with their_work:
        assert await theirs.take("d1", Purpose.RESET) is None
    async with work:
        assert await store.take("d1", Purpose.VERIFY) is None
        assert await store.find("d1", Purpose.RESET) == link(ADA, "d1")
        assert await store.take("d1", Purpose.RESET) == link(ADA, "d1")
        assert await store.take("d1", Purpose.RESET) is None
    assert await store.find("d1", Purpose.RESET) is None


async def test_a_token_replaces_the_last_one_for_its_purpose(make: Make) -> None:
    """Those for other purposes and of other users stay."""
    store, work = make(DEFAULT_TENANT)
    async with work:
        for each in (
            link(ADA, "d1"),
            link(ADA, "d2", Purpose.VERIFY),
            link(BOB, "d3"),
            link(ADA, "d4"),
        ):
            await store.save(each)

    assert await store.find("d1", Purpose.RESET) is None
    assert await store.find("d2", Purpose.VERIFY) is not None
    assert await store.find("d3", Purpose.RESET) is not None
    assert await store.find("d4", Purpose.RESET) is not None


async def test_tokens_are_dropped_and_purged(make: Make) -> None:
    """All of a user; all that expired."""
    store, work = make(DEFAULT_TENANT)
    later = replace(link(BOB, "d3"), expires_at=NOW + timedelta(hours=1))
    async with work:
        for each in (link(ADA, "d1"), link(ADA, "d2", Purpose.VERIFY), later):
            await store.save(each)
        await store.drop(ADA)
        await store.save(link(ADA, "d4"))
        await store.purge(NOW + timedelta(minutes=1))

    for digest in ("d1", "d4"):
        assert await store.find(digest, Purpose.RESET) is None
    assert await store.find("d2", Purpose.VERIFY) is None
    assert await store.find("d3", Purpose.RESET) == later


async def test_tokens_for_one_purpose_are_dropped(make: Make) -> None:
    """Those for the other stay."""
    store, work = make(DEFAULT_TENANT)
    async with work:
        await store.save(link(ADA, "d1"))
        await store.save(link(ADA, "d2", Purpose.VERIFY))
        await store.drop(ADA, Purpose.RESET)

    assert await store.find("d1", Purpose.RESET) is None
    assert await store.find("d2", Purpose.VERIFY) is not None
