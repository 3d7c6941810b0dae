"""What every call passes before its servicer, as requests do in `adapters.http.edge`.

It gives the call an id, finds out who is calling, opens the call's scope, asks the
gate, keeps the deadline, turns failures into statuses, and writes one log line and one
metric when it is over. Health and reflection are the platform's own and open to all.
"""

import asyncio
import math
import time
from collections.abc import AsyncIterator, Collection, Iterable, Iterator
from contextlib import aclosing, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import unquote
from uuid import UUID

import grpc
import structlog
from dishka import AsyncContainer

from fairlead.adapters.grpc.errors import (
    DETAILS,
    Failure,
    bug,
    foreseen,
    stopping,
    too_late,
)
from fairlead.adapters.grpc.loading import Admit
from fairlead.adapters.grpc.methods import Method
from fairlead.adapters.grpc.metrics import GrpcMetrics
from fairlead.adapters.grpc.rights import while_allowed
from fairlead.adapters.http.authentication import Authenticator
from fairlead.adapters.http.rates import Rates
from fairlead.adapters.http.settings import HttpSettings
from fairlead.kernel.addresses import forwarded, neighbourhood
from fairlead.kernel.errors import ErrorKind, FairleadError
from fairlead.kernel.ids import new_id
from fairlead.kernel.principal import Origin, Principal, anonymous
from fairlead.kernel.tracing import trace_id

Context = grpc.aio.ServicerContext[bytes, bytes]

log = structlog.get_logger(__name__)

REQUEST_ID = "x-request-id"
FORWARDED = "x-forwarded-for"
OK = grpc.StatusCode.OK.name


class TooManyCalls(FairleadError):
    """A caller sent more than the setting `http.requests_per_second` lets them."""

    kind = ErrorKind.THROTTLED
    code = "grpc.too_many_calls"


@dataclass(slots=True)
class Call:
    """One call while it is answered."""

    method: Method
    context: Context
    origin: Origin
    credential: str | None
    began: float = field(default_factory=time.perf_counter)


class Edge:
    """Makes handlers of methods, and stands before each of them."""

    def __init__(
        self,
        container: AsyncContainer,
        authenticator: Authenticator,
        admit: Admit,
        metrics: GrpcMetrics,
        settings: HttpSettings,
    ) -> None:
        """Ask `authenticator` about credentials and `admit` about permissions.

        Of the `settings` of HTTP, the proxies and the rate hold here, too.
        """
        self._proxies = settings.trusted_proxies
        rate = settings.requests_per_second
        self._rates = Rates(rate) if rate else None
        self._container = container
        self._authenticator = authenticator
        self._admit = admit
        self._metrics = metrics
        self._streams: set[asyncio.Task[Any]] = set()
        self._stopping = False

    def handler(
        self, method: Method, permission: str
    ) -> "grpc.RpcMethodHandler[bytes, bytes]":
        """Return what the server calls for `method`, which asks for `permission`.

        Messages reach it as bytes, so what does not parse is refused as all else is.
        """

        async def unary(data: bytes, context: Context) -> bytes:
            call = _call(method, context, self._proxies)
            return await self._answer(call, permission, data)

        async def stream(data: bytes, context: Context) -> None:
            with self._stoppable():
                call = _call(method, context, self._proxies)
                await self._answer(call, permission, data)

        if method.streams:
            return grpc.unary_stream_rpc_method_handler(stream)
        return grpc.unary_unary_rpc_method_handler(unary)

    def stop_streams(self) -> None:
        """End the streams that are open; their readers can resume elsewhere."""
        self._stopping = True
        for task in self._streams:
            task.cancel()

    async def _answer(self, call: Call, permission: str, data: bytes) -> bytes:
        """Return the answer to the request `data`, or end the call with a status."""
        code, failure = "CANCELLED", None
        try:
            answer, failure = await self._outcome(call, permission, data)
            code = OK if failure is None else failure.code.name
        finally:
            self._tell(call, code, "" if failure is None else failure.reason)
        own = (REQUEST_ID, call.origin.request_id)
        if failure is not None:
            details = (DETAILS, failure.details())
            await call.context.abort(failure.code, failure.message, (own, details))
        call.context.set_trailing_metadata((own,))
        return answer

    async def _outcome(
        self, call: Call, permission: str, data: bytes
    ) -> tuple[bytes, Failure | None]:
        request_id = call.origin.request_id
        limit = asyncio.timeout(call.context.time_remaining())
        try:
            async with limit:
                return await self._work(call, permission, data), None
        except FairleadError as error:
            return b"", foreseen(error, request_id=request_id)
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if not self._stopping or task not in self._streams:
                raise
            task.uncancel()
            return b"", stopping(request_id=request_id)
        except Exception as error:
            if isinstance(error, TimeoutError) and limit.expired():
                return b"", too_late(request_id=request_id)
            error_id = new_id()
            log.exception("rpc_failed", error_id=str(error_id), method=call.method.name)
            return b"", bug(error_id, request_id=request_id)

    async def _work(self, call: Call, permission: str, data: bytes) -> bytes:
        """Call the servicer; a stream is read after the call's scope was closed."""
        method = call.method
        self._count(neighbourhood(call.origin.address))
        async with self._entered(call, permission) as servicer:
            if method.streams:
                own = (REQUEST_ID, call.origin.request_id)
                await call.context.send_initial_metadata((own,))
            request = method.request.decode(data)
            answer = await method.call(servicer, request)
            if not method.streams:
                return method.answer.encode(answer)
        again = partial(self._again, call, permission, request)
        async with aclosing(answer), while_allowed(again):
            async for each in answer:
                await call.context.write(method.answer.encode(each))
        return b""

    async def _again(self, call: Call, permission: str, request: Any) -> None:
        """Ask for a stream as if anew, which its reader might not get any more."""
        async with self._entered(call, permission) as servicer:
            await (await call.method.call(servicer, request)).aclose()

    @asynccontextmanager
    async def _entered(self, call: Call, permission: str) -> AsyncIterator[Any]:
        """Yield the servicer, built for this caller, once the gate lets them pass."""
        who = await self._caller(call)
        if who.known:
            self._count(who.id)
        async with self._container(context={Principal: who}) as scope:
            await self._admit(scope, permission, asked=call.method.name)
            yield await scope.get(call.method.servicer)

    async def _caller(self, call: Call) -> Principal:
        if call.credential is None:
            return anonymous(call.origin)
        return await self._authenticator.principal(call.credential, origin=call.origin)

    def _count(self, caller: object) -> None:
        """Refuse a caller who sent too many calls lately."""
        wait = self._rates.take(caller).wait if self._rates else 0.0
        if wait:
            raise TooManyCalls(
                "You sent too many calls; wait a little.", retry_after=math.ceil(wait)
            )

    @contextmanager
    def _stoppable(self) -> Iterator[None]:
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("no task")
        self._streams.add(task)
        try:
            yield
        finally:
            self._streams.discard(task)

    def _tell(self, call: Call, code: str, reason: str) -> None:
        seconds = time.perf_counter() - call.began
        self._metrics.observe(call.method.name, code, seconds)
        log.info(
            "rpc",
            method=call.method.name,
            status=code,
            reason=reason,
            duration_ms=round(seconds * 1000, 2),
            request_id=call.origin.request_id,
        )


def _call(method: Method, context: Context, proxies: Collection[str]) -> Call:
    """Read who calls, and from where, off the metadata."""
    metadata = context.invocation_metadata() or ()
    sent: dict[str, Any] = dict(metadata)
    kind, _, credential = str(sent.get("authorization", "")).partition(" ")
    origin = Origin(
        address=_client(address(context.peer()), metadata, proxies),
        user_agent=str(sent.get("user-agent", ""))[:256],
        request_id=_request_id(str(sent.get(REQUEST_ID, ""))),
        trace_id=trace_id(str(sent.get("traceparent", ""))),
    )
    bearer = credential.strip() if kind.lower() == "bearer" else None
    if [name for name, _ in metadata].count("authorization") > 1:
        bearer = ""  # a proxy might have looked at the other one
    return Call(method, context, origin, bearer)


def _client(
    peer: str, metadata: Iterable[tuple[str, str | bytes]], proxies: Collection[str]
) -> str:
    """Return where a call came from: of a proxy of ours, what it says."""
    if peer not in proxies:
        return peer
    named = [str(value) for name, value in metadata if name == FORWARDED]
    return forwarded(",".join(named), proxies) or peer


def address(peer: str) -> str:
    """Return the address in what gRPC calls a peer, e.g. `ipv6:%5B::1%5D:52044`."""
    kind, _, rest = unquote(peer).partition(":")
    if kind not in {"ipv4", "ipv6"}:
        return ""
    return rest.rpartition(":")[0].strip("[]")


def _request_id(given: str) -> str:
    """Take the caller's id when it is a UUID, else make one."""
    try:
        return str(UUID(given))
    except ValueError:
        return str(new_id())
