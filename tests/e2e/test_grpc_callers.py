"""Where calls over gRPC come from, and how many are taken: as over HTTP."""

from pathlib import Path
from typing import Any

import grpc
import pytest
from tests.e2e.test_grpc import OPERATIONS, House, living_in, refused

from fairlead.testing.rpc import Client

pytestmark = [
    pytest.mark.asyncio,
    pytest.mark.filterwarnings(
        "ignore::litestar.exceptions.LitestarDeprecationWarning"
    ),
]

CODE = grpc.StatusCode
PROXIES = {"HTTP__TRUSTED_PROXIES": '["127.0.0.1"]'}


async def key_for(house: House, network: str) -> Client:
    order = {"name": "near", "scopes": ["*"], "networks": [network]}
    made = await house.ask("/api/v1/auth/api-keys", order)
    return Client(house.channel, OPERATIONS, made["secret"])


def from_there(client: Client, *named: str) -> Any:
    """Call as a proxy on this machine does for somebody else."""
    return client.call("List", sent=tuple(("x-forwarded-for", each) for each in named))


async def test_behind_a_proxy_a_key_is_used_from_where_its_holder_is(
    tmp_path: Path,
) -> None:
    """Else a key for this machine would be good for all the proxy serves."""
    async with living_in(tmp_path, **PROXIES) as house:
        here, there = [
            await key_for(house, network) for network in ("127.0.0.1", "203.0.113.0/24")
        ]
        stranger = await refused(from_there(here, "203.0.113.9"))
        forged = await refused(from_there(here, "127.0.0.1", "203.0.113.9"))
        assert (await from_there(there, "10.0.0.9, 203.0.113.9")) is not None

    assert stranger.reason == forged.reason == "auth.address_refused"


async def test_others_are_not_believed(tmp_path: Path) -> None:
    async with living_in(tmp_path) as house:
        there = await key_for(house, "203.0.113.0/24")
        told = await refused(from_there(there, "203.0.113.9"))

    assert (told.code, told.reason) == (CODE.PERMISSION_DENIED, "auth.address_refused")


async def test_too_many_calls_are_refused(tmp_path: Path) -> None:
    """Of an address, also of those nobody vouched for."""
    async with living_in(tmp_path, HTTP__REQUESTS_PER_SECOND="1") as house:
        told = [await refused(house.client("").call("List")) for _ in range(12)]

    assert told[0].code is CODE.UNAUTHENTICATED
    assert (told[-1].code, told[-1].reason) == (
        CODE.RESOURCE_EXHAUSTED,
        "grpc.too_many_calls",
    )
    assert told[-1].retry_seconds == 1


async def test_a_call_with_two_credentials_has_none(tmp_path: Path) -> None:
    """A proxy might have looked at the other one."""
    async with living_in(tmp_path) as house:
        other = (("authorization", "Bearer other"),)
        told = await refused(house.client().call("List", sent=other))

    assert told.code is CODE.UNAUTHENTICATED
