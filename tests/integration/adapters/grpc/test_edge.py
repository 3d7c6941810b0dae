"""The edge and the server, with servicers that misbehave, on a real port."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar

import grpc
import pytest
import structlog
from dishka import AsyncContainer, Provider, Scope, from_context, make_async_container
from dishka import provide as provides
from grpc_health.v1 import health_pb2, health_pb2_grpc
from prometheus_client import CollectorRegistry, generate_latest
from typing_extensions import override

from fairlead.adapters.grpc.loading import GrpcListener
from fairlead.adapters.grpc.provider import GrpcProvider
from fairlead.adapters.grpc.server import CannotListen, GrpcServer
from fairlead.adapters.grpc.settings import GrpcSettings
from fairlead.adapters.http.authentication import Authenticator
from fairlead.adapters.http.settings import HttpSettings
from fairlead.kernel.errors import ErrorKind, FairleadError
from fairlead.kernel.ids import new_id
from fairlead.kernel.module import Rpc
from fairlead.kernel.principal import Origin, Principal
from fairlead.testing.protos import declare
from fairlead.testing.rpc import Client, refusal

FILE = declare(
    "fairlead.test.edge",
    """
message Word { string text = 1; }
service Drills {
  rpc Echo(Word) returns (Word);
  rpc Caller(Word) returns (Word);
  rpc Fail(Word) returns (Word);
  rpc Refuse(Word) returns (Word);
  rpc Hang(Word) returns (Word);
  rpc Count(Word) returns (stream Word);
}
""",
)
DRILLS = FILE.services_by_name["Drills"]
CODE = grpc.StatusCode


class TooMuch(FairleadError):
    kind = ErrorKind.THROTTLED
    code = "drills.too_much"


class NotYou(FairleadError):
    kind = ErrorKind.UNAUTHENTICATED
    code = "drills.not_you"


@dataclass(slots=True)
class Watched:
    """What the servicers were doing."""

    begun: int = 0
    ended: list[str] = field(default_factory=list)
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def until(self, true: Callable[[], bool]) -> None:
        async with asyncio.timeout(30), self.changed:
            await self.changed.wait_for(true)

    async def tell(self, *, ended: str = "", begun: int = 0) -> None:
        async with self.changed:
            self.begun += begun
            self.ended += [ended] if ended else []
            self.changed.notify_all()


@dataclass(frozen=True, slots=True)
class Word:
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Drills:
    service: ClassVar = DRILLS

    who: Principal
    watched: Watched

    async def echo(self, asked: Word) -> Word:
        return asked

    async def caller(self, asked: Word) -> Word:
        origin = self.who.origin
        return Word(f"{self.who.name} {origin.address} {origin.request_id}")

    async def fail(self, asked: Word) -> Word:
        raise KeyError(asked.text)

    async def refuse(self, asked: Word) -> Word:
        raise TooMuch("Come back later.", retry_after=3, limit=7)

    async def hang(self, asked: Word) -> Word:
        await self.watched.tell(begun=1)
        try:
            return await asyncio.Future()
        finally:
            await self.watched.tell(ended="hang")

    async def count(self, asked: Word) -> AsyncIterator[Word]:
        return self._numbers(int(asked.text))

    async def _numbers(self, last: int) -> AsyncIterator[Word]:
        try:
            for number in range(last):
                yield Word(str(number))
            await self.watched.tell(begun=1)
            if last > 5:
                await asyncio.Future()
        finally:
            await self.watched.tell(ended="count")


class Names(Authenticator):
    """A credential is its holder's name."""

    @override
    async def principal(self, credential: str, *, origin: Origin) -> Principal:
        if credential == "forged":
            raise NotYou("This token is not valid.")
        return Principal(id=new_id(), name=credential, origin=origin)


class Stage(Provider):
    who = from_context(Principal, scope=Scope.REQUEST)

    def __init__(self, settings: GrpcSettings) -> None:
        super().__init__()
        self._settings = settings

    @provides(scope=Scope.APP)
    def authenticator(self) -> Authenticator:
        return Names()

    @provides(scope=Scope.APP)
    def registry(self) -> CollectorRegistry:
        return CollectorRegistry()

    @provides(scope=Scope.APP)
    def watched(self) -> Watched:
        return Watched()

    @provides(scope=Scope.APP)
    def http(self) -> HttpSettings:
        return HttpSettings()

    @provides(scope=Scope.APP)
    def settings(self) -> GrpcSettings:
        return self._settings


@dataclass(slots=True)
class Open:
    """An open server and a client of it."""

    container: AsyncContainer
    server: GrpcListener
    channel: grpc.aio.Channel
    client: Client
    watched: Watched


async def admit(scope: AsyncContainer, permission: str, *, asked: str) -> None:
    """Let everybody pass."""


@asynccontextmanager
async def serving(**settings: Any) -> AsyncIterator[Open]:
    names = [method.name for method in DRILLS.methods]
    rpcs = [
        Rpc(method=f"{DRILLS.full_name}/{name}", permission="public") for name in names
    ]
    servicer = f"{__name__}:Drills"
    container = make_async_container(
        Stage(GrpcSettings(enabled=True, port=0, **settings)),
        GrpcProvider([servicer], rpcs, admit),
    )
    server = await container.get(GrpcListener)
    await server.open()
    async with grpc.aio.insecure_channel(server.address) as channel:
        yield Open(
            container,
            server,
            channel,
            Client(channel, DRILLS),
            await container.get(Watched),
        )
    await server.close()
    await container.close()


async def refused(call: Any) -> Any:
    """Return how a call is refused."""
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await call
    return refusal(raised.value)


async def test_callers_and_requests_have_a_name() -> None:
    """The principal is who the token says; the request id is the client's, or new."""
    given = str(new_id())
    async with serving() as open_:
        named = Client(open_.channel, DRILLS, token="ada")
        word = await named.call("Caller")
        call: Any = open_.channel.unary_unary(f"/{DRILLS.full_name}/Caller")
        waiting = call(
            b"", metadata=(("x-request-id", given), ("authorization", "Basic x"))
        )
        anonymous = await waiting
        trailers = dict(await waiting.trailing_metadata())

    name, address, request_id = word.text.split()
    assert (name, address, len(request_id)) == ("ada", "127.0.0.1", 36)
    assert f"anonymous 127.0.0.1 {given}" in anonymous.decode()
    assert trailers["x-request-id"] == given


async def test_failures_we_foresaw_have_details() -> None:
    async with serving() as open_:
        told = await refused(open_.client.call("Refuse"))
        forged = await refused(Client(open_.channel, DRILLS, "forged").call("Echo"))

    assert (told.code, told.message) == (CODE.RESOURCE_EXHAUSTED, "Come back later.")
    assert (told.reason, told.retry_seconds) == ("drills.too_much", 3)
    assert told.facts["limit"] == "7"
    assert (forged.code, forged.reason) == (CODE.UNAUTHENTICATED, "drills.not_you")


async def test_bugs_are_logged_once_and_not_shown() -> None:
    with structlog.testing.capture_logs() as logs:
        async with serving() as open_:
            told = await refused(open_.client.call("Fail", text="secret"))

    (failed,) = (entry for entry in logs if entry["event"] == "rpc_failed")
    (line,) = (entry for entry in logs if entry["event"] == "rpc")
    assert told.code is CODE.INTERNAL
    assert "secret" not in f"{told.message} {told.facts}"
    assert told.facts["error_id"] == failed["error_id"]
    assert failed["exc_info"]
    assert (line["status"], line["method"]) == ("INTERNAL", f"{DRILLS.full_name}/Fail")


async def test_deadlines_end_the_work() -> None:
    """The servicer is stopped, too, not only the waiting client."""
    async with serving() as open_:
        told = await refused(open_.client.call("Hang", seconds=0.3))
        await open_.watched.until(
            lambda: len(open_.watched.ended) == open_.watched.begun
        )

    assert told.code is CODE.DEADLINE_EXCEEDED


async def test_deadlines_of_the_wire_are_kept_by_the_server() -> None:
    """Also when the client itself keeps no time: gRPC or the edge, whoever is first."""
    async with serving() as open_:
        raw: Any = open_.channel.unary_unary(f"/{DRILLS.full_name}/Hang")
        told = await refused(raw(b"", metadata=(("grpc-timeout", "200m"),)))
        # A busy machine may let the time pass before the call begins at all.
        await open_.watched.until(
            lambda: len(open_.watched.ended) == open_.watched.begun
        )

    assert told.code is CODE.DEADLINE_EXCEEDED


async def test_cancelled_calls_end_the_work() -> None:
    async with serving() as open_:
        call = open_.client.call("Hang")
        await open_.watched.until(lambda: open_.watched.begun == 1)
        call.cancel()
        await open_.watched.until(lambda: open_.watched.ended == ["hang"])


async def test_streams_end_and_are_closed() -> None:
    """All of a short one arrives; a cancelled one closes its source."""
    async with serving() as open_:
        short = [word.text async for word in open_.client.call("Count", text="3")]
        long = open_.client.call("Count", text="1000")
        first = await long.read()
        headers = dict(await long.initial_metadata())
        long.cancel()
        await open_.watched.until(lambda: len(open_.watched.ended) == 2)

    assert short == ["0", "1", "2"]
    assert first.text == "0"
    assert len(headers["x-request-id"]) == 36


async def test_a_closing_server_ends_its_streams_at_once() -> None:
    """And tells their readers to resume, instead of keeping them in the dark."""
    async with serving() as open_:
        call = open_.client.call("Count", text="6")
        read = [await call.read() for _ in range(6)]
        await open_.watched.until(lambda: open_.watched.begun == 1)
        await open_.server.close()
        told = await refused(call.read())

    assert len(read) == 6
    assert (told.code, told.reason) == (CODE.UNAVAILABLE, "grpc.stopping")
    assert open_.watched.ended == ["count"]


async def test_health_is_told_until_the_server_closes() -> None:
    """Those who watch are told, and do not keep it waiting."""
    async with serving() as open_:
        stub: Any = health_pb2_grpc.HealthStub(open_.channel)
        unknown = await refused(stub.Check(health_pb2.HealthCheckRequest(service="x")))
        watching = stub.Watch(health_pb2.HealthCheckRequest(service=DRILLS.full_name))
        first = await watching.read()
        await open_.server.close()
        last, end = await watching.read(), await watching.read()

    assert unknown.code is CODE.NOT_FOUND
    assert first.status == health_pb2.HealthCheckResponse.SERVING
    assert last.status == health_pb2.HealthCheckResponse.NOT_SERVING
    assert end is grpc.aio.EOF


async def test_what_does_not_parse_is_refused() -> None:
    async with serving() as open_:
        raw: Any = open_.channel.unary_unary(f"/{DRILLS.full_name}/Echo")
        told = await refused(raw(b"\xff\xff"))
        streamed = await refused(open_.client.call("Count", text="x").read())
        nothing: Any = open_.channel.unary_unary("/no.Such/Method")
        unknown = await refused(nothing(b""))

    assert (told.code, told.reason) == (CODE.INVALID_ARGUMENT, "grpc.bad_message")
    assert streamed.code is CODE.INTERNAL
    assert unknown.code is CODE.UNIMPLEMENTED


async def test_large_messages_and_too_many_calls_are_refused() -> None:
    async with serving(max_message_bytes=2048, max_concurrent_calls=1) as open_:
        large = await refused(open_.client.call("Echo", text="x" * 4096))
        hanging = open_.client.call("Hang")
        await open_.watched.until(lambda: open_.watched.begun == 1)
        many = await refused(open_.client.call("Echo"))
        hanging.cancel()

    assert large.code is CODE.RESOURCE_EXHAUSTED
    assert many.code is CODE.RESOURCE_EXHAUSTED


async def test_a_taken_port_is_said() -> None:
    """Two servers never share a port in silence."""
    async with serving() as open_:
        port = int(open_.server.address.rpartition(":")[2])
        second = GrpcServer(GrpcSettings(port=port), {}, lambda: None)
        with pytest.raises(CannotListen, match=str(port)):
            await second.open()
        await second.close()


async def test_calls_are_counted() -> None:
    async with serving() as open_:
        await open_.client.call("Echo", text="x")
        await refused(open_.client.call("Refuse"))
        page = generate_latest(await open_.container.get(CollectorRegistry)).decode()

    name = f'method="{DRILLS.full_name}/'
    assert f'fairlead_grpc_calls_total{{code="OK",{name}Echo"}} 1.0' in page
    assert f'fairlead_grpc_calls_total{{code="RESOURCE_EXHAUSTED",{name}Refuse"' in page
