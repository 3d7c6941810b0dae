"""The answer to a request, with the headers every answer has."""

import math
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import msgspec

from fairlead.adapters.http.problems import MEDIA_TYPE

Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]
Header = tuple[bytes, bytes]

UNAUTHENTICATED, TOO_LARGE = 401, 413
SECURITY_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (
        b"content-security-policy",
        (
            b"default-src 'self'; img-src 'self' data:; object-src 'none'; "
            b"base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
        ),
    ),
)
_SECURING = frozenset(name for name, _ in SECURITY_HEADERS)
PLAIN = 2
ONLY_HTTPS = (b"strict-transport-security", b"max-age=31536000")


class Answer:
    """Sends the answer, with our headers on it.

    Attributes:
        extra: Headers of this answer beside those of all.
        left, rate: What is left of the caller's rate, and the headers that say so.
    """

    __slots__ = ("_send", "extra", "left", "rate", "request_id", "status")

    def __init__(self, send: Send) -> None:
        """Send by `send`; nothing is known of the request yet."""
        self._send = send
        self.request_id = ""
        self.status = 0
        self.extra: tuple[Header, ...] = ()
        self.left: float = math.inf
        self.rate: tuple[Header, ...] = ()

    async def send(self, message: Message) -> None:
        """Pass a message on; the first one gets the headers."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = list(message.get("headers", ()))
            if len(headers) <= PLAIN:  # no more than the body's type and length
                headers += SECURITY_HEADERS
            else:
                names = {name.lower() for name, _ in headers}
                if names.isdisjoint(_SECURING):
                    headers += SECURITY_HEADERS
                else:
                    headers += [
                        each for each in SECURITY_HEADERS if each[0] not in names
                    ]
            headers.append((b"x-request-id", self.request_id.encode()))
            headers += self.extra
            headers += self.rate
            if self.status == TOO_LARGE:  # the rest of the body is not waited for
                headers.append((b"connection", b"close"))
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
        if status == UNAUTHENTICATED:
            headers.append((b"www-authenticate", b'Bearer realm="fairlead"'))
        if "retry_after" in body:
            headers.append((b"retry-after", str(body["retry_after"]).encode()))
        start = {"type": "http.response.start", "status": status, "headers": headers}
        await self.send(start)
        await self.send({"type": "http.response.body", "body": data})
