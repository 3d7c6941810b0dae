"""Streams over gRPC end with their reader's rights, as over HTTP."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest
import pytest_asyncio
from tests.e2e.test_grpc import OPERATIONS, PATIENCE, House, living_in, refused

from fairlead.testing.rpc import Client
from fairlead.testing.server import PASSWORD

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.filterwarnings(
        "ignore::litestar.exceptions.LitestarDeprecationWarning"
    ),
]

CODE = grpc.StatusCode


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("fairlead.adapters.grpc.rights.LOOK_SECONDS", 0.1)
        async with living_in(tmp_path_factory.mktemp("house")) as house:
            yield house


async def viewer(house: House, name: str) -> str:
    """Add somebody who may read, and return the id of their binding."""
    await house.ask("/api/v1/users", {"name": name, "password": PASSWORD})
    bound = await house.ask("/api/v1/bindings", {"user": name, "role": "viewer"})
    await house.log_in(name)
    return str(bound["id"])


async def ended(call: Any) -> Any:
    """Return with what status a stream ends, after the frames that come before."""

    async def to_the_end() -> None:
        while await call.read() is not grpc.aio.EOF:
            pass

    async with asyncio.timeout(PATIENCE):
        return await refused(to_the_end())


async def test_who_is_shut_out_reads_no_further(house: House) -> None:
    """Their session ends; the frames that come after are not for them."""
    operation = await house.submit()
    await house.write(operation, "one\n")
    await viewer(house, "vera")
    call = house.client("vera").call("Follow", id=operation)
    await call.read()
    await house.ask("/api/v1/users/vera/disable", {})
    told = await ended(call)
    await house.end(operation)

    assert (told.code, told.reason) == (CODE.UNAUTHENTICATED, "auth.unauthenticated")


async def test_who_loses_the_right_reads_no_further(house: House) -> None:
    """By the gate, while others, and the reader of a key that is busy, go on."""
    operation = await house.submit()
    await house.write(operation, "one\n")
    binding = await viewer(house, "vito")
    order = {"name": "reader", "scopes": ["operations.operation.read"], "per_minute": 3}
    made = await house.ask("/api/v1/auth/api-keys", order)
    key = Client(house.channel, OPERATIONS, made["secret"])
    busy = key.call("Follow", id=operation)
    users = ("vito", "admin")
    calls = [house.client(user).call("Follow", id=operation) for user in users]
    for call in (busy, *calls):
        await call.read()
    path = f"/api/v1/bindings/{binding}"
    headers = {"Authorization": f"Bearer {house.tokens['admin']}"}
    assert (await house.web.delete(path, headers=headers)).is_success
    told = await ended(calls[0])
    await house.end(operation)

    assert (told.code, told.reason) == (CODE.PERMISSION_DENIED, "authz.not_allowed")
    async with asyncio.timeout(PATIENCE):
        for call in (busy, calls[1]):
            while await call.read() is not grpc.aio.EOF:
                pass
            assert await call.code() is CODE.OK
