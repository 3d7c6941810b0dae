"""The one layer every request passes before the framework: a pure ASGI application.

It gives the request an id, finds out who is calling, opens the request's scope, adds
the security headers, and writes one log line and one metric when it is over.
"""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from typing import Any
from uuid import UUID

import msgspec
import structlog
from dishka import AsyncContainer

from fairlead.adapters.http.authentication import Authenticator, CookieAuthenticator
from fairlead.adapters.http.metrics import HttpMetrics
from fairlead.adapters.http.problems import MEDIA_TYPE, STATUS, body_of, bug
from fairlead.adapters.http.settings import HttpSettings
from fairlead.adapters.http.sse import STREAM, TAKES_STREAMS, encode
from fairlead.adapters.http.streams import Streams
from fairlead.kernel.errors import FairleadError
from fairlead.kernel.ids import new_id
from fairlead.kernel.journal import Frame
from fairlead.kernel.principal import Origin, Principal, anonymous

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Asgi = Callable[[Scope, Receive, Send], Awaitable[None]]

log = structlog.get_logger(__name__)

COOKIE = "fairlead_session"
_KEPT = ("type", "method", "path", "path_template", "http_version")  # while streaming
SECURITY_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
)
POLICY = (
    b"content-security-policy",
    (
        b"default-src 'self'; img-src 'self' data:; object-src 'none'; "
        b"base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
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

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; other kinds of connections go straight through."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        answer = _Answer(send)
        try:
            source = await self._serve(scope, receive, answer)
            if source is not None:
                await self._streams.serve(source, receive, answer.send)
        except FairleadError as error:
            status = STATUS[error.kind]
            await answer.problem(status, body_of(error, request_id=answer.request_id))
        except Exception:
            error_id = new_id()
            log.exception("request_failed", error_id=str(error_id))
            await answer.problem(500, bug(error_id, answer.request_id))
        finally:
            self._tell(scope, answer.status, time.perf_counter() - began)

    async def _serve(
        self, scope: Scope, receive: Receive, answer: "_Answer"
    ) -> AsyncIterator[Frame] | None:
        """Let the framework answer; return the frames that it leaves to be streamed."""
        headers = _headers(scope)
        origin = self._origin(scope, headers)
        state = scope.setdefault("state", {})
        state["request_id"] = answer.request_id = origin.request_id
        state[TAKES_STREAMS] = True
        too_long = self._too_long(headers)
        if too_long is not None:
            await answer.problem(413, too_long)
            return None
        who = await self._caller(scope["path"], headers, origin)
        state["principal"] = who
        async with self._container(context={Principal: who}) as container:
            state["dishka_container"] = container
            await self._app(scope, self._bounded(receive), answer.send)
        source: AsyncIterator[Frame] | None = state.get(STREAM)
        if source is not None:  # what is left of the request is the stream's for hours
            kept = {name: scope[name] for name in _KEPT if name in scope}
            scope.clear()
            scope.update(kept, state={"request_id": answer.request_id})
        return source

    def _too_long(self, headers: dict[bytes, bytes]) -> dict[str, Any] | None:
        length = headers.get(b"content-length", b"0")
        limit = self._settings.max_body_bytes
        if not length.isdigit() or int(length) <= limit:
            return None
        return _too_large(limit)

    def _bounded(self, receive: Receive) -> Receive:
        """Count a body of unknown length, too."""
        limit, seen = self._settings.max_body_bytes, 0

        async def bounded() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > limit:
                return {"type": "http.disconnect"}
            return message

        return bounded

    async def _caller(
        self, path: str, headers: dict[bytes, bytes], origin: Origin
    ) -> Principal:
        header = headers.get(b"authorization")
        if header is not None:
            kind, _, credential = header.decode("latin-1").partition(" ")
            if kind.lower() == "bearer":
                return await self._authenticator.principal(
                    credential.strip(), origin=origin
                )
        cookie = _cookie(headers)
        if cookie and self._cookies is not None and not path.startswith("/api/"):
            found = await self._cookies.principal(cookie, origin=origin)
            if found is not None:
                return found
        return anonymous(origin)

    def _origin(self, scope: Scope, headers: dict[bytes, bytes]) -> Origin:
        client = scope.get("client") or ("", 0)
        address = str(client[0])
        if address in self._settings.trusted_proxies:
            forwarded = headers.get(b"x-forwarded-for", b"").decode("latin-1")
            address = forwarded.rpartition(",")[2].strip()[:64] or address
        return Origin(
            address=address,
            user_agent=headers.get(b"user-agent", b"").decode("latin-1")[:256],
            request_id=_request_id(headers),
        )

    def _tell(self, scope: Scope, status: int, seconds: float) -> None:
        route = scope.get("path_template") or "unmatched"
        self._metrics.observe(scope["method"], route, status, seconds)
        log.info(
            "request",
            method=scope["method"],
            path=scope["path"],
            status=status,
            duration_ms=round(seconds * 1000, 2),
            request_id=scope["state"]["request_id"],
        )


class _Answer:
    """Sends the answer, with our headers on it."""

    __slots__ = ("_send", "request_id", "status")

    def __init__(self, send: Send) -> None:
        self._send = send
        self.request_id = ""
        self.status = 0

    async def send(self, message: Message) -> None:
        """Pass a message on; the first one gets the headers."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = list(message.get("headers", ()))
            names = {name.lower() for name, _ in headers}
            headers.append((b"x-request-id", self.request_id.encode()))
            headers += [entry for entry in SECURITY_HEADERS if entry[0] not in names]
            if POLICY[0] not in names:
                headers.append(POLICY)
            message["headers"] = headers
        await self._send(message)

    async def problem(self, status: int, body: dict[str, Any]) -> None:
        """Answer with problem details, unless an answer has begun."""
        if self.status:
            return
        data = msgspec.json.encode(body)
        headers = [
            (b"content-type", MEDIA_TYPE.encode()),
            (b"content-length", str(len(data)).encode()),
        ]
        if status == STATUS_UNAUTHENTICATED:
            headers.append((b"www-authenticate", b'Bearer realm="fairlead"'))
        if "retry_after" in body:
            headers.append((b"retry-after", str(body["retry_after"]).encode()))
        start = {"type": "http.response.start", "status": status, "headers": headers}
        await self.send(start)
        await self.send({"type": "http.response.body", "body": data})


STATUS_UNAUTHENTICATED = 401


def _too_large(limit: int) -> dict[str, Any]:
    return {
        "type": "urn:fairlead:http.body_too_large",
        "title": f"The request's body is larger than {limit} bytes.",
        "status": 413,
        "code": "http.body_too_large",
    }


def _headers(scope: Scope) -> dict[bytes, bytes]:
    return {name.lower(): value for name, value in scope["headers"]}


def _cookie(headers: dict[bytes, bytes]) -> str:
    for part in headers.get(b"cookie", b"").decode("latin-1").split(";"):
        name, _, value = part.strip().partition("=")
        if name == COOKIE:
            return value
    return ""


def _request_id(headers: dict[bytes, bytes]) -> str:
    """Take the caller's id when it is a UUID, else make one."""
    given = headers.get(b"x-request-id", b"").decode("latin-1")
    try:
        return str(UUID(given))
    except ValueError:
        return str(new_id())
