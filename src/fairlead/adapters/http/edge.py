"""The one layer every request passes before the framework: a pure ASGI application.

It gives the request an id, finds out who is calling, opens the request's scope, adds
the security headers, and writes one log line and one metric when it is over.
"""

import asyncio
import math
import re
import time
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from functools import partial
from typing import Any

import structlog
from dishka import AsyncContainer
from litestar import Litestar

from fairlead.adapters.http.answer import ONLY_HTTPS, Answer
from fairlead.adapters.http.authentication import Authenticator, CookieAuthenticator
from fairlead.adapters.http.cookies import BY_COOKIE, cookie_in, note_cookie
from fairlead.adapters.http.hosts import Hosts
from fairlead.adapters.http.metrics import HttpMetrics
from fairlead.adapters.http.paths import crooked
from fairlead.adapters.http.problems import STATUS, Refused, body_of, bug
from fairlead.adapters.http.rates import Rates
from fairlead.adapters.http.rights import RIGHTS, Rights, Vouch
from fairlead.adapters.http.routes import CookieRoutes
from fairlead.adapters.http.settings import HttpSettings
from fairlead.adapters.http.sse import STREAM, TAKES_STREAMS, Followed, encode
from fairlead.adapters.http.streams import Streams
from fairlead.kernel.addresses import forwarded, neighbourhood
from fairlead.kernel.errors import FairleadError
from fairlead.kernel.ids import new_id, new_word
from fairlead.kernel.principal import Origin, Principal, anonymous
from fairlead.kernel.tracing import trace_id

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Asgi = Callable[[Scope, Receive, Send], Awaitable[None]]

log = structlog.get_logger(__name__)

_DIGITS = 15  # of a length; more is too much anyway
_KEPT = (  # while streaming
    "type",
    "method",
    "path",
    "path_template",
    "http_version",
    "query_string",
    "client",
)


class Edge:
    """Wraps the framework's application."""

    def __init__(
        self,
        app: Asgi,
        *,
        container: AsyncContainer,
        authenticator: Authenticator,
        cookies: CookieAuthenticator | None,
        settings: HttpSettings,
        metrics: HttpMetrics,
    ) -> None:
        """Ask `authenticator` about bearer tokens and `cookies` about browsers."""
        self._app = app
        self._container = container
        self._authenticator = authenticator
        self._cookies = cookies
        self._settings = settings
        self._metrics = metrics
        self._streams = Streams(encode)
        self._pages = CookieRoutes(app) if isinstance(app, Litestar) else None
        self._log = log.bind()
        self._hosts = Hosts(settings.allowed_hosts, listening=settings.host)
        rate = settings.requests_per_second
        self._rates = Rates(rate) if rate else None
        self._stopping = False

    def stop(self) -> None:
        """End the streams, whose readers resume where they are with the next server."""
        self._stopping = True
        self._streams.stop()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; other kinds of connections go straight through."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        answer = Answer(send)
        try:
            followed = await self._serve(scope, receive, answer)
            if followed is not None:
                await self._streams.serve(
                    followed.source, receive, answer.send, allowed=followed.allowed
                )
        except FairleadError as error:
            status = STATUS[error.kind]
            await answer.problem(status, body_of(error, request_id=answer.request_id))
        except Refused as error:
            await answer.problem(error.status_code, error.body(answer.request_id))
        except asyncio.CancelledError:
            if not self._stopping:
                raise
            stopped = Refused(
                503, "http.stopping", "The server is stopping.", retry_after=5
            )
            await answer.problem(503, stopped.body(answer.request_id))
        except Exception:
            error_id = new_id()
            log.exception("request_failed", error_id=str(error_id))
            await answer.problem(500, bug(error_id, answer.request_id))
        finally:
            self._tell(scope, answer.status, time.perf_counter() - began)

    async def _serve(
        self, scope: Scope, receive: Receive, answer: Answer
    ) -> Followed | None:
        """Let the framework answer; return the frames that it leaves to be streamed."""
        headers: dict[bytes, bytes] = dict(scope["headers"])  # their names are small
        origin = self._origin(scope, headers)
        state = scope.setdefault("state", {})
        state["request_id"] = answer.request_id = origin.request_id
        state[TAKES_STREAMS] = True
        if scope["scheme"] == "https":
            answer.extra = (ONLY_HTTPS,)
        self._admit(scope, headers)
        self._count(neighbourhood(origin.address), answer)
        self._measure(headers)
        who, vouch = await self._caller(scope, headers, origin)
        if who.known:
            self._count(who.id, answer)
        state["principal"] = who
        state[RIGHTS] = partial(Rights, self._container, who, vouch)
        async with self._container(context={Principal: who}) as container:
            state["dishka_container"] = container
            await self._app(scope, self._bounded(receive), answer.send)
        followed: Followed | None = state.get(STREAM)
        if (
            followed is not None
        ):  # what is left of the request is the stream's for hours
            kept = {name: scope[name] for name in _KEPT if name in scope}
            scope.clear()
            scope.update(kept, state={"request_id": answer.request_id})
        return followed

    def _admit(self, scope: Scope, headers: dict[bytes, bytes]) -> None:
        """Refuse what is not meant for us, or could be read in two ways."""
        if crooked(scope["path"], scope.get("raw_path") or b""):
            raise Refused(404, "http.not_found", "There is nothing at this address.")
        if len(headers) != len(scope["headers"]):
            _refuse_twice(scope["headers"])
        host = headers.get(b"host")
        if host is not None and not self._hosts.serve(host):
            raise Refused(
                421,
                "http.unknown_host",
                "The server is not known under this name; "
                "the setting http.allowed_hosts lists those it has.",
            )

    def _count(self, caller: object, answer: Answer) -> None:
        """Refuse a caller who sent too many requests lately."""
        if self._rates is None:
            return
        left, wait = self._rates.take(caller)
        if left < answer.left:
            answer.left = left
            answer.rate = self._rates.headers(left)
        if wait:
            raise Refused(
                429,
                "http.too_many_requests",
                "You sent too many requests; wait a little.",
                retry_after=math.ceil(wait),
            )

    def _measure(self, headers: dict[bytes, bytes]) -> None:
        length = headers.get(b"content-length")
        if length is None or not length.isdigit():
            return
        limit = self._settings.max_body_bytes
        if len(length) > _DIGITS or int(length) > limit:
            raise _too_large(limit)

    def _bounded(self, receive: Receive) -> Receive:
        """Count a body of unknown length, too."""
        limit, seen, more = self._settings.max_body_bytes, 0, True

        async def bounded() -> Message:
            nonlocal seen, more
            message = await receive()
            if message["type"] == "http.disconnect":
                if more:
                    raise Refused(400, "http.broken_off", "The request broke off.")
                return message
            seen += len(message.get("body", b""))
            more = message.get("more_body", False)
            if seen > limit:
                raise _too_large(limit)
            return message

        return bounded

    async def _caller(
        self, scope: Scope, headers: dict[bytes, bytes], origin: Origin
    ) -> tuple[Principal, Vouch | None]:
        """Return who is calling and what asks for them again.

        A cookie counts for the routes of pages only, so that no page of another site
        reaches the API with it.
        """
        header = headers.get(b"authorization")
        ask: Vouch
        if header is not None:
            kind, _, credential = header.decode("latin-1").partition(" ")
            if kind.lower() == "bearer":
                ask = partial(
                    self._authenticator.principal, credential.strip(), origin=origin
                )
                return await self._authenticator.principal(
                    credential.strip(), origin=origin
                ), ask
        cookie = cookie_in(headers, scope["scheme"])
        if cookie and self._cookies is not None and self._takes_cookie(scope):
            note_cookie(scope, cookie)
            ask = partial(self._cookies.principal, cookie, origin=origin)
            found = await ask()
            if found is not None:
                scope["state"][BY_COOKIE] = True
                return found, ask
        return anonymous(origin), None

    def _takes_cookie(self, scope: Scope) -> bool:
        return self._pages is not None and self._pages.take(
            scope["method"], scope["path"]
        )

    def _origin(self, scope: Scope, headers: dict[bytes, bytes]) -> Origin:
        client = scope.get("client") or ("", 0)
        address = str(client[0])
        if address in self._settings.trusted_proxies:
            named = headers.get(b"x-forwarded-for", b"").decode("latin-1")
            address = forwarded(named, self._settings.trusted_proxies) or address
            protocol = headers.get(b"x-forwarded-proto", b"").decode("latin-1")
            if protocol.rpartition(",")[2].strip().lower() == "https":
                scope["scheme"] = "https"
        return Origin(
            address=address,
            user_agent=headers.get(b"user-agent", b"").decode("latin-1")[:256],
            request_id=_request_id(headers),
            trace_id=trace_id(headers.get(b"traceparent", b"").decode("latin-1")),
        )

    def _tell(self, scope: Scope, status: int, seconds: float) -> None:
        route = scope.get("path_template") or "unmatched"
        self._metrics.observe(scope["method"], route, status, seconds)
        self._log.info(
            "request",
            method=scope["method"],
            path=scope["path"],
            status=status,
            duration_ms=round(seconds * 1000, 2),
            request_id=scope["state"]["request_id"],
        )


def _refuse_twice(fields: Iterable[tuple[bytes, bytes]]) -> None:
    """Refuse a field of which a proxy might have read the other one."""
    names = [name for name, _ in fields]
    for name in _ONCE:
        if names.count(name) > 1:
            text = f"The header field '{name.decode()}' stands there twice."
            raise Refused(400, "http.twice", text)


_ONCE = (b"host", b"authorization", b"content-type", b"cookie")


def _too_large(limit: int) -> Refused:
    return Refused(
        413,
        "http.body_too_large",
        f"The request's body is larger than {limit} bytes.",
    )


def _request_id(headers: dict[bytes, bytes]) -> str:
    """Take the caller's id when it is a plain word, else make one."""
    given = headers.get(b"x-request-id", b"").decode("latin-1")
    return given if given and _PLAIN.fullmatch(given) else new_word()


_PLAIN = re.compile(r"[A-Za-z0-9._-]{1,64}")
