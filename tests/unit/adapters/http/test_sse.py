"""Journals as server-sent events."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from litestar import Litestar, Request, get
from litestar.response import Stream
from litestar.testing import AsyncTestClient

from fairlead.adapters.http import sse
from fairlead.adapters.http.problems import foreseen
from fairlead.kernel.errors import FairleadError
from fairlead.kernel.journal import Frame, FrameKind


def frame(kind: FrameKind, data: bytes, *, offset: int) -> Frame:
    return Frame(
        offset=offset, next=offset + 10, kind=kind, at=1.5, stream="build/x", data=data
    )


async def three() -> AsyncIterator[Frame]:
    yield frame(FrameKind.OUTPUT, b"one\ntwo \xff\n", offset=0)
    yield frame(FrameKind.EVENT, b'{"event":"step.ended","code":0}', offset=10)
    yield frame(FrameKind.END, b"", offset=20)


@get("/feed")
async def feed(request: Request[Any, Any, Any]) -> Stream:
    sse.offset(request)
    return await sse.frames(three())


def parse(text: str) -> list[tuple[int, str, dict[str, Any]]]:
    events = []
    for block in text.split("\n\n"):
        fields = dict(
            line.split(": ", 1) for line in block.splitlines() if ": " in line
        )
        if "data" in fields:
            events.append(
                (int(fields["id"]), fields["event"], json.loads(fields["data"]))
            )
    return events


async def test_frames_become_events_with_offsets_as_ids() -> None:
    async with AsyncTestClient(Litestar([feed])) as client:
        answer = await client.get("/feed")
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert parse(answer.text) == [
        (10, "output", {"stream": "build/x", "at": 1.5, "text": "one\ntwo \ufffd\n"}),
        (
            20,
            "event",
            {"stream": "build/x", "at": 1.5, "event": "step.ended", "code": 0},
        ),
        (30, "end", {"at": 1.5}),
    ]


@pytest.mark.parametrize("after", ["-1", "x", "1.5", "٣", "9" * 19, "1" * 5000])
async def test_bad_resume_is_refused(after: str) -> None:
    web = Litestar([feed], exception_handlers={FairleadError: foreseen})
    async with AsyncTestClient(web) as client:
        answer = await client.get("/feed", params={"after": after})
    assert answer.status_code == 422
    assert answer.json()["code"] == "journal.bad_resume"
