"""One request and its answer on a connection: uvicorn's, with less work for the same.

An answer's head waits for the first part of its body, as ASGI has it, so that a short
answer is one write; and headers that are the same in every answer are checked once.
"""

from typing import Any

from typing_extensions import override
from uvicorn.protocols.http.httptools_impl import (
    HEADER_RE,
    HEADER_VALUE_RE,
    STATUS_LINE,
    RequestResponseCycle,
)

from fairlead.adapters.http.answer import SECURITY_HEADERS, Header

_BODYLESS = frozenset({204, 304})


def _line(name: bytes, value: bytes) -> bytes:
    """Return a header as it is sent.

    Raises:
        RuntimeError: it has characters that headers cannot have.
    """
    if HEADER_RE.search(name):
        raise RuntimeError("Invalid HTTP header name.")
    if HEADER_VALUE_RE.search(value):
        raise RuntimeError("Invalid HTTP header value.")
    return b"%s: %s\r\n" % (name, value)


_SAME: dict[Header, bytes] = {
    header: _line(*header)
    for header in (*SECURITY_HEADERS, (b"content-type", b"application/json"))
}


class Cycle(RequestResponseCycle):
    """One request; the protocol makes one for each."""

    _head: bytes | None = None  # of an answer whose body has not begun

    @override
    async def send(self, message: Any) -> None:
        if not self.response_started and message["type"] == "http.response.start":
            self._head = self._begun(message)
            return
        head, self._head = self._head, None
        if head is None:
            await super().send(message)
            return
        if self.flow.write_paused and not self.disconnected:
            await self.flow.drain()
        if self.disconnected:
            return
        if self._is_whole(message):
            self.transport.write(head + message["body"])
            self._finish()
        else:
            self.transport.write(head)
            await super().send(message)

    def _begun(self, message: Any) -> bytes:
        """Return the answer's head and note what it says of the body."""
        self.response_started = True
        self.waiting_for_100_continue = False
        status = message["status"]
        headers = (*self.default_headers, *message.get("headers", ()))
        lines = [STATUS_LINE[status]]
        lines += [_SAME.get(header) or self._noted(*header) for header in headers]
        if not self.keep_alive:
            lines.append(b"connection: close\r\n")
        bodyless = self.scope["method"] == "HEAD" or status in _BODYLESS
        if self.chunked_encoding is None and not bodyless:
            self.chunked_encoding = True
            lines.append(b"transfer-encoding: chunked\r\n")
        lines.append(b"\r\n")
        return b"".join(lines)

    def _noted(self, name: bytes, value: bytes) -> bytes:
        name = name.lower()
        line = _line(name, value)
        if name == b"content-length" and self.chunked_encoding is None:
            self.expected_content_length = int(value)
            self.chunked_encoding = False
        elif name == b"transfer-encoding" and value.lower() == b"chunked":
            self.expected_content_length = 0
            self.chunked_encoding = True
        elif name == b"connection" and b"close" in value.lower():
            self.keep_alive = False
            return b""  # said once, at the end
        return line

    def _is_whole(self, message: Any) -> bool:
        return (
            not message.get("more_body")
            and self.chunked_encoding is False
            and message["type"] == "http.response.body"
            and len(message.get("body", b"")) == self.expected_content_length > 0
            and self.scope["method"] != "HEAD"
        )

    def _finish(self) -> None:
        self.expected_content_length = 0
        self.response_complete = True
        self.message_event.set()
        if not self.keep_alive:
            self.transport.close()
        self.on_response()
