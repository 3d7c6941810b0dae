"""Schedules over gRPC say and do what HTTP does."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import pytest
import pytest_asyncio
from google.protobuf.json_format import MessageToDict
from tests.e2e.test_grpc import House, living_in, moments, refused

from fairlead.adapters.grpc.generated.operations.v1 import operations_pb2 as pb
from fairlead.testing.rpc import Client
from fairlead.testing.server import PASSWORD

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.filterwarnings(
        "ignore::litestar.exceptions.LitestarDeprecationWarning"
    ),
]

CODE = grpc.StatusCode
SCHEDULES = pb.DESCRIPTOR.services_by_name["Schedules"]
JOB = "operations.prune"
WHERE = "/api/v1/operations/schedules"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """One application for all tests of this file: admin, viewer, stranger."""
    home: Path = tmp_path_factory.mktemp("house")
    async with living_in(home) as house:
        for user, role in (("vera", "viewer"), ("sam", "")):
            await house.ask("/api/v1/users", {"name": user, "password": PASSWORD})
            if role:
                await house.ask("/api/v1/bindings", {"user": user, "role": role})
            await house.log_in(user)
        yield house


def client(house: House, user: str = "admin") -> Client:
    return Client(house.channel, SCHEDULES, house.tokens[user])


def as_over_http(message: Any) -> dict[str, Any]:
    """Return a schedule in the words of JSON, absent members as null."""
    told = _told(message, without={"last"})
    told["last"] = None
    if message.HasField("last"):
        last = told["last"] = _told(message.last, without=set())
        last["state"] = last["state"].removeprefix("OPERATION_STATE_").lower()
    return told


def _told(message: Any, *, without: set[str]) -> dict[str, Any]:
    told = MessageToDict(
        message,
        preserving_proto_field_name=True,
        always_print_fields_with_no_presence=True,
    )
    names = set(message.DESCRIPTOR.fields_by_name)
    return {**dict.fromkeys(names), **told} | dict.fromkeys(without)


def alike(message: Any, web: dict[str, Any]) -> bool:
    """Tell whether both edges say the same; times as times."""
    told = moments(as_over_http(message))
    web = moments(web)
    for each in (told, web):
        if each["last"] is not None:
            each["last"] = moments(each["last"])
    return told == web


async def test_both_edges_say_the_same_of_schedules(house: House) -> None:
    """One by id and by name, the list, and its pages."""
    web = await house.ask(f"{WHERE}/{JOB}")
    listed = await house.ask(f"{WHERE}?limit=1")
    by_name = await client(house).call("Get", schedule=JOB)
    by_id = await client(house).call("Get", schedule=by_name.id)
    page = await client(house).call("List", page={"limit": 1})
    rest = await client(house).call("List", page={"limit": 200, "after": page.next})

    assert alike(by_name, web)
    assert by_id == by_name
    assert [alike(page.items[0], listed["items"][0]), page.next] == [
        True,
        listed["next"],
    ]
    names = [each.name for each in (*page.items, *rest.items)]
    assert names == sorted(names)
    assert JOB in names
    assert not rest.HasField("next")


async def test_schedules_are_paused_and_resumed(house: House) -> None:
    """As over HTTP; twice is as once."""
    calls = client(house)
    paused = [await calls.call("Pause", schedule=JOB) for _ in range(2)]
    over_http = await house.ask(f"{WHERE}/{JOB}")
    resumed = [await calls.call("Resume", schedule=JOB) for _ in range(2)]

    assert paused[0] == paused[1]
    assert (paused[0].paused, paused[0].pause_reason) == (True, "paused by admin")
    assert not paused[0].HasField("next_at")
    assert alike(paused[0], over_http)
    assert resumed[0] == resumed[1]
    assert not resumed[0].paused
    assert resumed[0].HasField("next_at")
    assert alike(resumed[0], await house.ask(f"{WHERE}/{JOB}"))


async def test_schedules_are_run_at_once_and_once_per_key(house: House) -> None:
    """A repeated call starts nothing again; the key of another call is refused."""
    calls = client(house)
    run = await calls.call("Run", schedule=JOB, idempotency_key="one")
    operation = run.last.operation_id
    ended = await house.until(operation, "SUCCEEDED")
    again = await calls.call("Run", schedule=JOB, idempotency_key="one")
    long = await refused(calls.call("Run", schedule=JOB, idempotency_key="k" * 201))
    same = await refused(calls.call("Run", schedule=run.id, idempotency_key="one"))
    fresh = await calls.call("Run", schedule=JOB)
    await house.until(fresh.last.operation_id, "SUCCEEDED")

    assert (ended.kind, again.last.operation_id) == (JOB, operation)
    assert (long.code, long.reason) == (CODE.INVALID_ARGUMENT, "idempotency.bad_key")
    assert (same.code, same.reason) == (CODE.ABORTED, "idempotency.key_reused")
    assert fresh.last.operation_id != operation


async def test_schedules_are_shown_and_changed_by_whom_may(house: House) -> None:
    """Who may not see one is told that there is none; nobody is sent to log in."""
    seen = await refused(client(house, "vera").call("Pause", schedule=JOB))
    hidden = await refused(client(house, "sam").call("Get", schedule=JOB))
    nobody = await refused(Client(house.channel, SCHEDULES).call("List"))
    unknown = await refused(client(house).call("Get", schedule="odd"))

    assert seen.code is CODE.PERMISSION_DENIED
    assert hidden.code in {CODE.NOT_FOUND, CODE.PERMISSION_DENIED}
    assert nobody.code is CODE.UNAUTHENTICATED
    assert (unknown.code, unknown.reason) == (
        CODE.NOT_FOUND,
        "operations.schedule_not_found",
    )


async def test_documents_of_both_edges_name_the_same_members(house: House) -> None:
    """The OpenAPI schema of a schedule and the proto's message."""
    document = await house.ask("/openapi.json")
    schemas = document["components"]["schemas"]
    for name, message in (("ScheduleBody", pb.Schedule), ("LastRunBody", pb.LastRun)):
        (schema,) = (
            found
            for each, found in schemas.items()
            if each == name or each.endswith(("_" + name, "." + name))
        )
        assert set(schema["properties"]) == set(message.DESCRIPTOR.fields_by_name)
