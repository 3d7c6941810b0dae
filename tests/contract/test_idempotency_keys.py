"""Request keys stand for one piece of work each."""

from collections.abc import AsyncIterator
from dataclasses import replace
from uuid import UUID

import pytest

from fairlead.adapters.sql.connection import Connection
from fairlead.adapters.sql.idempotency import SqlIdempotencyKeys
from fairlead.adapters.sql.work import SqlUnitOfWork
from fairlead.kernel.idempotency import KeyReused, RequestKey
from fairlead.kernel.principal import Principal, TenantId, service
from fairlead.testing.database import BACKENDS, OpenDatabase
from fairlead.testing.fakes import FrozenClock

OURS, THEIRS = TenantId(UUID(int=1)), TenantId(UUID(int=2))
ADA = Principal(id=UUID(int=7), name="ada", tenant_id=OURS)
KEY = RequestKey(key="k-1", digest="d-1")
FIRST, SECOND = UUID(int=11), UUID(int=12)


@pytest.fixture(params=BACKENDS)
async def connection(
    request: pytest.FixtureRequest, open_database: OpenDatabase
) -> AsyncIterator[Connection]:
    async with open_database(request.param) as database:
        yield database.connection()


async def claim(
    connection: Connection,
    new: UUID,
    *,
    who: Principal = ADA,
    action: str = "runs.start",
    request: RequestKey = KEY,
) -> UUID:
    keys = SqlIdempotencyKeys(connection, who.tenant_id, FrozenClock())
    async with SqlUnitOfWork(connection):
        return await keys.claim(who, action, request, new=new)


async def test_the_second_claim_gets_the_first_id(connection: Connection) -> None:
    """The same key and body stand for the work claimed first."""
    assert await claim(connection, FIRST) == FIRST
    assert await claim(connection, SECOND) == FIRST


async def test_another_body_is_refused(connection: Connection) -> None:
    """A key cannot be used for something else."""
    await claim(connection, FIRST)
    with pytest.raises(KeyReused):
        await claim(connection, SECOND, request=replace(KEY, digest="d-2"))


async def test_keys_belong_to_caller_action_and_tenant(connection: Connection) -> None:
    """The same key elsewhere is another key."""
    await claim(connection, FIRST)
    bob = replace(ADA, id=UUID(int=8))

    assert await claim(connection, SECOND, who=bob) == SECOND
    assert await claim(connection, SECOND, action="projects.create") == SECOND
    assert await claim(connection, SECOND, who=replace(ADA, tenant_id=THEIRS)) == SECOND
    assert await claim(connection, SECOND, who=service("a", OURS)) == SECOND
    assert await claim(connection, FIRST, who=service("b", OURS)) == FIRST


async def test_a_claim_goes_with_its_unit_of_work(connection: Connection) -> None:
    """A request that failed can be sent again under the same key."""
    keys = SqlIdempotencyKeys(connection, OURS, FrozenClock())
    await connection.begin()
    await keys.claim(ADA, "runs.start", KEY, new=FIRST)
    connection.rollback()

    assert await claim(connection, SECOND) == SECOND
