"""Answers in JSON, as most of ours are, without the framework's way to the bytes."""

from typing import Any, TypeVar

from litestar import Request
from litestar import Response as FrameworkResponse
from litestar.enums import MediaType
from litestar.response.base import ASGIResponse
from litestar.serialization import default_serializer, encode_json
from litestar.types import Receive, Scope, Send
from typing_extensions import override

T = TypeVar("T")

OK = 200
JSON = MediaType.JSON.value
_KIND = (b"content-type", JSON.encode())
_BODYLESS = frozenset({204, 304})
_DESCRIBING = frozenset({b"content-type", b"content-length"})


class Response(FrameworkResponse[T]):
    """The framework's response; quick where it is a body in JSON and some headers."""

    def __init__(
        self,
        content: T,
        *,
        headers: Any = None,
        media_type: Any = None,
        status_code: int | None = None,
        **rare: Any,
    ) -> None:
        """Take what the framework's response takes."""
        if any(rare.values()) or not (headers is None or type(headers) is dict):
            super().__init__(
                content,
                headers=headers,
                media_type=media_type,
                status_code=status_code,
                **rare,
            )
            return
        self.content = content
        self.background = None
        self.cookies = []
        self.encoding = "utf-8"
        self.headers = {} if headers is None else dict(headers)
        self.media_type = media_type
        self.status_code = status_code
        self.response_type_encoders = {}

    @override
    def to_asgi_response(
        self, app: Any, request: Request[Any, Any, Any], **options: Any
    ) -> ASGIResponse:
        kind = self.media_type or options.get("media_type") or JSON
        status = self.status_code or options.get("status_code") or OK
        given = options.get("headers")
        headers = _encoded({**given, **self.headers} if given else self.headers)
        if headers is None or kind != JSON or self._is_more(status, options):
            return super().to_asgi_response(app, request, **options)
        body = (
            self.render(self.content, JSON, default_serializer)
            if isinstance(self.content, (str, bytes))
            else encode_json(self.content, default_serializer)
        )
        headers += (_KIND, (b"content-length", b"%d" % len(body)))
        return _Ready(status, headers, body)

    def _is_more(self, status: int, options: dict[str, Any]) -> bool:
        """Tell whether it is more than a body and headers."""
        given = options.get
        return bool(
            status in _BODYLESS
            or self.cookies
            or self.background
            or self.response_type_encoders
            or given("cookies")
            or given("background")
            or given("type_encoders")
            or given("encoded_headers")
            or given("is_head_response")
        )


def _encoded(headers: dict[str, Any]) -> list[tuple[bytes, bytes]] | None:
    """Return them as they are sent; None: they describe the body."""
    sent = []
    for name, value in headers.items():
        encoded = name.lower().encode("latin-1")
        if encoded in _DESCRIBING:
            return None
        sent.append((encoded, value.encode("latin-1")))
    return sent


class _Ready(ASGIResponse):
    """Sends what is complete."""

    __slots__ = ("_encoded",)

    def __init__(
        self, status: int, headers: list[tuple[bytes, bytes]], body: bytes
    ) -> None:
        self.status_code = status
        self.body = body
        self._encoded = headers

    @override
    def encode_headers(self) -> list[tuple[bytes, bytes]]:
        return self._encoded

    @override
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send(
            {
                "type": "http.response.start",
                "status": self.status_code,
                "headers": self._encoded,
            }
        )
        await send(
            {"type": "http.response.body", "body": self.body, "more_body": False}
        )
