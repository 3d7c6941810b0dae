"""Our answers in JSON are the framework's, byte for byte."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from litestar import Request
from litestar import Response as FrameworkResponse
from litestar.background_tasks import BackgroundTask
from litestar.datastructures import Cookie
from litestar.exceptions import SerializationException
from msgspec import Struct

from fairlead.adapters.http.response import Response


class Boat(Struct):
    id: UUID
    at: datetime


BOAT = Boat(UUID(int=7), datetime(2026, 1, 2, tzinfo=UTC))


async def sent(kind: type[FrameworkResponse[Any]], given: Any) -> list[Any]:
    content, options, more = given
    scope: Any = {"type": "http", "method": "GET", "headers": []}
    answer = kind(content, **options).to_asgi_response(
        app=None, request=Request[Any, Any, Any](scope), **more
    )
    messages: list[Any] = []

    async def receive() -> Any:
        raise AssertionError

    async def send(message: Any) -> None:
        if "headers" in message:
            message["headers"] = sorted(message["headers"])
        messages.append(message)

    await answer(scope, receive, send)
    return messages


async def nothing() -> None:
    pass


@pytest.mark.parametrize(
    "given",
    [
        (BOAT, {}, {}),
        (BOAT, {"status_code": 201, "headers": {"ETag": '"x"'}}, {}),
        (BOAT, {}, {"status_code": 202, "headers": {"X-Given": "1"}}),
        (
            [BOAT, None, "é"],
            {"headers": {"X-Given": "2"}},
            {"headers": {"X-Given": "1"}},
        ),
        (None, {}, {"status_code": 200}),
        (None, {"status_code": 204}, {}),
        ("text", {"media_type": "text/plain"}, {}),
        ("text", {}, {"media_type": "text/html"}),
        ("text", {}, {}),
        (b"raw", {}, {}),
        (b"raw", {"media_type": "application/octet-stream"}, {}),
        ({"a": 1}, {"media_type": "application/problem+json", "status_code": 404}, {}),
        ({"a": 1}, {"headers": {"Content-Type": "application/x+json"}}, {}),
        ({"a": 1}, {"cookies": [Cookie(key="a", value="b")]}, {}),
        ({"a": 1}, {}, {"cookies": [Cookie(key="a", value="b")]}),
        ({"a": 1}, {"background": BackgroundTask(nothing)}, {}),
        ({"a": UUID(int=1)}, {"type_encoders": {UUID: lambda _: "id"}}, {}),
    ],
)
async def test_it_is_what_the_framework_sends(given: Any) -> None:
    assert await sent(Response, given) == await sent(FrameworkResponse, given)


async def test_what_is_no_json_is_our_fault_as_before() -> None:
    for kind in (Response, FrameworkResponse):
        with pytest.raises(SerializationException):
            await sent(kind, (object(), {}, {}))
