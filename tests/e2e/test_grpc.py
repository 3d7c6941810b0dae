"""Operations over gRPC: the whole application in process, on a real port."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import grpc
import httpx
import pytest
import pytest_asyncio
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.json_format import MessageToDict
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase,
)

from fairlead.adapters.grpc.generated.operations.v1 import operations_pb2 as pb
from fairlead.adapters.manifests.discovery import discover
from fairlead.adapters.settings.load import read_layers, typed
from fairlead.adapters.settings.part import SettingsPart
from fairlead.adapters.sql.migrate import migrate
from fairlead.adapters.sql.part import TablePart
from fairlead.adapters.sql.provider import FILE
from fairlead.app import PLATFORM_SECTIONS, PLUGINS, Application, assemble
from fairlead.kernel.engine import Engine, Json
from fairlead.kernel.ids import new_id
from fairlead.kernel.principal import service
from fairlead.services.operations.public import Feeds, Operations, Submission
from fairlead.testing.rpc import Client, refusal
from fairlead.testing.server import PASSWORD

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.filterwarnings(
        "ignore::litestar.exceptions.LitestarDeprecationWarning"
    ),
]

CODE = grpc.StatusCode
OPERATIONS = pb.DESCRIPTOR.services_by_name["Operations"]
PATIENCE = 30.0
MANIFEST = """\
name: drills
version: 1.0.0
requires: {operations: ">=1.0"}
"""
MODULE = '''
"""A workflow that waits until it is told how to end."""

from pathlib import Path

from fairlead.adapters.engine.part import EnginePart
from fairlead.adapters.manifests.reader import read_manifest
from fairlead.kernel.engine import Workflow
from fairlead.kernel.module import Module


async def wait(steps, argument):
    return await steps.signal("go")


MODULE = Module(
    manifest=read_manifest(Path(__file__).with_name("module.yaml")),
    parts=(EnginePart(workflows=(Workflow(name="drills.wait", function=wait),),
                      activities=()),),
)
'''


@dataclass(slots=True)
class House:
    """The application, a client of each edge, and its users' tokens."""

    application: Application
    web: httpx.AsyncClient
    channel: grpc.aio.Channel
    tokens: dict[str, str]

    def client(self, user: str = "admin") -> Client:
        """Return a gRPC client that is a user; "": nobody."""
        return Client(self.channel, OPERATIONS, self.tokens.get(user, ""))

    async def ask(self, path: str, body: Any = None) -> Any:
        """Ask over HTTP as the administrator."""
        token = self.tokens.get("admin")
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        method = "GET" if body is None else "POST"
        answer = await self.web.request(method, path, json=body, headers=headers)
        assert answer.is_success, answer.text
        return answer.json()

    async def log_in(self, user: str) -> None:
        body = {"username": user, "password": PASSWORD}
        told = await self.ask("/api/v1/auth/login", body)
        self.tokens[user] = told["access_token"]

    async def submit(self, subject: str = "drill", **more: Any) -> str:
        """Queue an operation that waits for `end`."""
        who = service("drills")
        submission = Submission(
            id=new_id(), kind="drills.wait", argument={}, subject=subject, **more
        )
        async with self.application.scopes.enter(who) as scope:
            operations: Operations = await scope.get(Operations)
            await operations.submit(who, submission)
        return str(submission.id)

    async def until(self, operation: str, state: str) -> Any:
        """Return the operation once it is in a state."""
        async with asyncio.timeout(PATIENCE):
            while True:
                told = await self.client().call("Get", id=operation)
                if pb.OperationState.Name(told.state).endswith(state):
                    return told
                await asyncio.sleep(0.01)

    async def end(self, operation: str, result: Json = None) -> Any:
        """Let an operation run, then succeed, and return it as it then is."""
        await self.until(operation, "RUNNING")
        engine = await self.application.container.get(Engine)
        ends = time.monotonic() + PATIENCE
        while await engine.status(operation) is None:  # recorded, about to start
            assert time.monotonic() < ends
            await asyncio.sleep(0.01)
        await engine.signal(operation, "go", result, dedup="1")
        return await self.until(operation, "SUCCEEDED")

    async def write(self, operation: str, text: str) -> None:
        feeds: Feeds = await self.application.container.get(Feeds)
        await feeds.write(UUID(operation), text, stream="drill")


def put_together(home: Path, **more: str) -> Application:
    """Join all modules of an installation, and one in its plugins folder."""
    plugin = home / PLUGINS / "drills"
    plugin.mkdir(parents=True, exist_ok=True)
    (plugin / "__init__.py").write_text("")
    (plugin / "module.py").write_text(MODULE)
    (plugin / "module.yaml").write_text(MANIFEST)
    variables = {"HOME": str(home), "GRPC__ENABLED": "true", "GRPC__PORT": "0"}
    variables |= {"ADMIN__PASSWORD": PASSWORD, **more}
    modules = discover(home / PLUGINS)
    own = {
        part.section: part.type
        for module in modules
        for part in module.each(SettingsPart)
    }
    layers = read_layers(
        {f"FAIRLEAD_{name}": value for name, value in variables.items()}
    )
    histories = [
        (module.name, part.migrations)
        for module in modules
        for part in module.each(TablePart)
    ]
    migrate(home / FILE, histories)
    return assemble(typed(layers, {**PLATFORM_SECTIONS, **own}), modules)


@asynccontextmanager
async def living_in(home: Path, **more: str) -> AsyncIterator[House]:
    application = put_together(home, **more)
    await application.open()
    try:
        await application.first_start()
        assert application.grpc is not None
        edge: Any = application.asgi
        async with (
            httpx.AsyncClient(
                transport=httpx.ASGITransport(edge), base_url="http://127.0.0.1"
            ) as web,
            grpc.aio.insecure_channel(application.grpc.address) as channel,
        ):
            house = House(application, web, channel, {})
            await house.log_in("admin")
            yield house
    finally:
        await application.close()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("house")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(home: Path) -> AsyncIterator[House]:
    """One application for all tests that do not stop it: admin, viewer, stranger."""
    async with living_in(home) as house:
        for user, role in (("vera", "viewer"), ("sam", "")):
            body = {"name": user, "password": PASSWORD}
            await house.ask("/api/v1/users", body)
            if role:
                await house.ask("/api/v1/bindings", {"user": user, "role": role})
            await house.log_in(user)
        yield house


async def refused(call: Any) -> Any:
    """Return how a call is refused."""
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await call
    return refusal(raised.value)


def as_over_http(message: Any, like: dict[str, Any]) -> dict[str, Any]:
    """Return a message in the words of JSON, absent members as null."""
    told = MessageToDict(
        message,
        preserving_proto_field_name=True,
        always_print_fields_with_no_presence=True,
    )
    told["state"] = told["state"].removeprefix("OPERATION_STATE_").lower()
    return {**dict.fromkeys(like), **told}


def moments(told: dict[str, Any]) -> dict[str, Any]:
    """Return it with its times as times: both edges may write them as they like."""
    return {
        name: datetime.fromisoformat(value) if name.endswith("_at") and value else value
        for name, value in told.items()
    }


async def test_both_edges_say_the_same(house: House) -> None:
    """Every member of an operation, queued, running or ended, and its list."""
    operation = await house.submit(project_id=UUID(int=5))
    running = await house.until(operation, "RUNNING")
    web = await house.ask(f"/api/v1/operations/{operation}")
    assert moments(as_over_http(running, web)) == moments(web)

    ended = await house.end(operation, {"n": 3, "list": [1.5, None, "x"]})
    web = await house.ask(f"/api/v1/operations/{operation}")
    assert moments(as_over_http(ended, web)) == moments(web)
    assert web["result"] == {"n": 3, "list": [1.5, None, "x"]}

    told = await house.client().call("Explain", id=operation)
    web = await house.ask(f"/api/v1/operations/{operation}/explain")
    assert list(told.sentences) == web["explanation"]
    assert (told.waited_seconds, told.ran_seconds) == (
        web["waited_seconds"],
        web["ran_seconds"],
    )
    assert told.operation == ended
    assert not told.HasField("position")

    listed = await house.client().call("List", page={"limit": 1})
    web = await house.ask("/api/v1/operations?limit=1")
    (item,) = web["items"]
    assert moments(as_over_http(listed.items[0], item)) == moments(item)
    assert listed.next == (web["next"] or "")


async def test_documents_of_both_edges_have_the_same_members(house: House) -> None:
    """The OpenAPI schema of an operation and the proto's message."""
    document = await house.ask("/openapi.json")
    (schema,) = (
        schema
        for name, schema in document["components"]["schemas"].items()
        if name.endswith("OperationBody")
    )

    assert set(schema["properties"]) == set(pb.Operation.DESCRIPTOR.fields_by_name)


async def test_lists_are_filtered_and_paged(house: House) -> None:
    project = str(new_id())
    ids = [await house.submit(project_id=UUID(project)) for _ in range(3)]
    for operation in ids:
        await house.until(operation, "RUNNING")
    await house.end(ids[0])
    client = house.client()
    wanted: dict[str, Any] = {"project_id": project, "kind": "drills.wait"}

    first = await client.call("List", filter=wanted, page={"limit": 2})
    rest = await client.call(
        "List", filter=wanted, page={"limit": 2, "after": first.next}
    )
    state = pb.OPERATION_STATE_SUCCEEDED
    done = await client.call("List", filter={**wanted, "state": state})
    for operation in ids[1:]:
        await house.end(operation)

    assert [each.id for each in (*first.items, *rest.items)] == ids[::-1]
    assert not rest.HasField("next")
    assert [each.id for each in done.items] == ids[:1]


async def test_cancelling_ends_an_operation(house: House) -> None:
    """Once; an ended one stays as it is."""
    operation = await house.submit()
    await house.until(operation, "RUNNING")

    await house.client().call("Cancel", id=operation)
    ended = await house.until(operation, "CANCELLED")
    again = await house.client().call("Cancel", id=operation)

    assert again == ended
    assert ended.HasField("ended_at")
    assert not ended.HasField("result")


async def test_failures_have_codes_and_details(house: House) -> None:
    """The same codes as over HTTP."""
    client = house.client()
    nowhere = str(new_id())
    unknown = await refused(client.call("Get", id=nowhere))
    odd = await refused(client.call("Get", id="odd"))
    limit = await refused(client.call("List", page={"limit": 201}))
    cursor = await refused(client.call("List", page={"after": "odd"}))
    state = await refused(client.call("List", filter={"state": 77}))

    assert (unknown.code, unknown.reason) == (CODE.NOT_FOUND, "operations.not_found")
    assert nowhere in unknown.message
    assert unknown.facts["request_id"]
    assert (odd.code, odd.facts["field"]) == (CODE.INVALID_ARGUMENT, "id")
    assert (limit.code, limit.facts["limit"]) == (CODE.INVALID_ARGUMENT, "201")
    assert (cursor.code, cursor.reason) == (CODE.INVALID_ARGUMENT, "page.invalid")
    assert state.facts["field"] == "filter.state"


async def test_callers_are_known_and_allowed_or_refused(house: House) -> None:
    """By the gate where the permission is nowhere, by the use case on the object."""
    operation = await house.submit()
    nobody = await refused(house.client("").call("List"))
    forged = await refused(Client(house.channel, OPERATIONS, "forged").call("List"))
    stranger = await refused(house.client("sam").call("List"))
    seen = await house.client("vera").call("Get", id=operation)
    viewer = await refused(house.client("vera").call("Cancel", id=operation))
    followed = await refused(house.client("").call("Follow", id=operation).read())
    await house.end(operation)

    assert nobody.code is CODE.UNAUTHENTICATED
    assert (followed.code, followed.reason) == (nobody.code, nobody.reason)
    assert forged.code is CODE.UNAUTHENTICATED
    assert stranger.code is CODE.PERMISSION_DENIED
    assert seen.id == operation
    assert viewer.code is CODE.PERMISSION_DENIED


async def test_hidden_operations_do_not_exist_for_others(house: House) -> None:
    """A caller of one project is not told that another's operation is there."""
    body = {"name": "ola", "password": PASSWORD}
    await house.ask("/api/v1/users", body)
    own, other = (new_id() for _ in range(2))
    bind = {"user": "ola", "role": "developer", "scope": f"/projects/{own}"}
    await house.ask("/api/v1/bindings", bind)
    await house.log_in("ola")
    mine, hidden = [
        await house.submit(project_id=project, scope=f"/projects/{project}")
        for project in (own, other)
    ]

    client = house.client("ola")
    listed = [each.id for each in (await client.call("List")).items]
    told = await refused(client.call("Get", id=hidden))
    cancelled = await refused(client.call("Cancel", id=hidden))
    followed = await refused(client.call("Follow", id=hidden).read())
    for operation in (mine, hidden):
        await house.end(operation)

    assert listed == [mine]
    assert told.code is cancelled.code is followed.code is CODE.NOT_FOUND


async def test_feeds_are_followed_live_and_resumed(house: House) -> None:
    """Nothing is lost and nothing comes twice; the last frame is the end."""
    operation = await house.submit()
    await house.write(operation, "one\n")
    call = house.client().call("Follow", id=operation)
    before = [await call.read()]
    while before[-1].data != b"one\n":
        before.append(await call.read())
    call.cancel()

    await house.write(operation, "two\n")
    after = before[-1].next
    resumed = aiter(house.client().call("Follow", id=operation, after=after))
    live = await anext(resumed)
    await house.end(operation, "done")
    rest = [live, *[frame async for frame in resumed]]
    whole = [frame async for frame in house.client().call("Follow", id=operation)]

    assert (live.data, live.stream, live.offset) == (b"two\n", "drill", after)
    assert whole == [*before, *rest]
    assert whole[-1].kind == pb.FRAME_KIND_END
    (ended,) = (frame for frame in rest if frame.kind == pb.FRAME_KIND_EVENT)
    assert json.loads(ended.data)["event"] == "operation.ended"


async def test_bad_offsets_are_refused(house: House) -> None:
    operation = await house.submit()
    await house.write(operation, "one\n")
    middle = await refused(house.client().call("Follow", id=operation, after=3).read())
    below = await refused(house.client().call("Follow", id=operation, after=-1).read())
    await house.end(operation)

    assert (middle.code, middle.reason) == (CODE.INVALID_ARGUMENT, "journal.bad_offset")
    assert (below.code, below.reason) == (CODE.INVALID_ARGUMENT, "journal.bad_offset")


async def test_a_cancelled_stream_lets_go(house: House) -> None:
    """Readers that leave leave nothing behind in the server."""
    operation = await house.submit()
    await house.write(operation, "one\n")
    tasks = len(asyncio.all_tasks())
    for _ in range(5):
        call = house.client().call("Follow", id=operation)
        await call.read()
        call.cancel()
    ends = time.monotonic() + PATIENCE
    while len(asyncio.all_tasks()) > tasks:
        assert time.monotonic() < ends
        await asyncio.sleep(0.01)
    await house.end(operation)


async def test_health_is_told_to_all(house: House) -> None:
    stub: Any = health_pb2_grpc.HealthStub(house.channel)
    whole = await stub.Check(health_pb2.HealthCheckRequest())
    name = health_pb2.HealthCheckRequest(service=OPERATIONS.full_name)
    one = await stub.Check(name)

    assert whole.status == one.status == health_pb2.HealthCheckResponse.SERVING


async def test_a_client_without_our_code_finds_its_way(house: House) -> None:
    """By reflection alone: services, messages with their comments' fields, a call."""
    assert house.application.grpc is not None

    def look(address: str) -> tuple[list[str], Any]:
        with grpc.insecure_channel(address) as channel:
            database = ProtoReflectionDescriptorDatabase(channel)
            pool = DescriptorPool(database)
            found = pool.FindServiceByName(OPERATIONS.full_name)
            return list(database.get_services()), found

    services, found = await asyncio.to_thread(look, house.application.grpc.address)
    client = Client(house.channel, found, house.tokens["admin"])
    listed = await client.call("List", page={"limit": 1})

    assert set(services) >= {
        OPERATIONS.full_name,
        "fairlead.operations.v1.Schedules",
        "grpc.health.v1.Health",
        "grpc.reflection.v1alpha.ServerReflection",
    }
    assert len(listed.items) == 1


async def test_calls_show_in_the_metrics(house: House) -> None:
    await house.client().call("List")
    page = (await house.web.get("/metrics")).text

    assert 'fairlead_grpc_calls_total{code="OK",method="fairlead.operations' in page


@pytest.mark.asyncio(loop_scope="function")
async def test_readers_resume_after_a_restart(tmp_path: Path) -> None:
    """The stopping server says so; the next one goes on from the offset."""
    async with living_in(tmp_path) as house:
        operation = await house.submit()
        await house.write(operation, "one\n")
        call = house.client().call("Follow", id=operation)
        read = [await call.read()]
        while read[-1].data != b"one\n":
            read.append(await call.read())
        await house.application.close()
        told = await refused(call.read())
    async with living_in(tmp_path) as house:
        after = read[-1].next
        resumed = house.client().call("Follow", id=operation, after=after)
        await house.write(operation, "two\n")
        await house.end(operation)
        read += [frame async for frame in resumed]
        whole = [frame async for frame in house.client().call("Follow", id=operation)]

    assert (told.code, told.reason) == (CODE.UNAVAILABLE, "grpc.stopping")
    assert whole == read
