"""Operations over HTTP, on real tables and journals."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import httpx
from litestar import Litestar

from fairlead.adapters.http.problems import foreseen
from fairlead.kernel.errors import FairleadError
from fairlead.kernel.principal import Principal
from fairlead.services.operations.http import OperationController
from fairlead.services.operations.public import FeedEvent
from fairlead.testing.held_engine import HeldEngine

House = Any
Build = Callable[..., Any]
ADA = Principal(id=UUID(int=7), name="ada")
RED = UUID(int=900)


@asynccontextmanager
async def client_of(house: House) -> AsyncIterator[httpx.AsyncClient]:
    app = Litestar([OperationController], exception_handlers={FairleadError: foreseen})

    async def serve(scope: Any, receive: Any, send: Any) -> None:
        async with house.container(context={Principal: ADA}) as container:
            state = {"request_id": "r", "dishka_container": container}
            scope.setdefault("state", {}).update(state)
            await app(scope, receive, send)

    transport = httpx.ASGITransport(serve)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://test/api/v1"
    ) as client:
        yield client


async def test_operations_are_listed_and_shown(house: Build, until: Any) -> None:
    engine = HeldEngine()
    async with house(engine, limit=1) as opened, client_of(opened) as client:
        await opened.submit(1, project_id=RED)
        await opened.submit(2, kind="other.work")
        await until(lambda: engine.arguments)
        page = (await client.get("/operations?limit=1")).json()
        rest = (await client.get(f"/operations?limit=1&after={page['next']}")).json()
        filters = ("state=running", "kind=test.work", f"project={RED}")
        found = [(await client.get(f"/operations?{f}")).json() for f in filters]
        shown = (await client.get(f"/operations/{UUID(int=2)}")).json()

    assert page["items"] == [shown]
    assert shown["reason"] == ("number 1 of 1, waiting: limit 1 reached by work/1")
    assert (shown["state"], shown["requested_by"]) == ("queued", "ada")
    assert (rest["items"][0]["state"], rest["next"]) == ("running", None)
    assert [each["items"] for each in found] == [rest["items"]] * 3


async def test_the_queue_is_listed_by_turn_with_places_and_holders(
    house: Build, until: Any
) -> None:
    engine = HeldEngine()
    async with (
        house(engine, limit=3, per_project=3) as opened,
        client_of(opened) as client,
    ):
        for number in range(1, 6):
            await opened.submit(number, project_id=RED)
        await opened.submit(6, project_id=RED, priority=9)
        await until(lambda: len(engine.arguments) == 3)
        queue = (await client.get("/operations?order=turn&limit=2")).json()
        rest = await client.get(f"/operations?order=turn&after={queue['next']}")
        bad = await client.get("/operations?order=turn&after=odd")
        running = (await client.get("/operations?order=turn&state=running")).json()

    by = "waiting: project limit 3 reached by work/1, work/2 and 1 more"
    found = [*queue["items"], *rest.json()["items"]]
    assert [each["subject"] for each in found] == ["work/6", "work/4", "work/5"]
    assert [each["reason"] for each in found] == [
        f"number {place} of 3, {by}" for place in (1, 2, 3)
    ]
    assert (bad.status_code, bad.json()["code"]) == (422, "page.invalid")
    assert running["items"] == []
    assert rest.json()["next"] is None


async def test_refusals_are_problems(house: Build) -> None:
    async with house(HeldEngine()) as opened, client_of(opened) as client:
        await opened.submit(1)
        unknown = await client.get(f"/operations/{UUID(int=9)}")
        state = await client.get("/operations?state=odd")
        page = await client.get("/operations?after=odd")
        offset = await client.get(f"/operations/{UUID(int=1)}/feed?after=7")

    assert (unknown.status_code, unknown.json()["code"]) == (
        404,
        "operations.not_found",
    )
    assert (state.status_code, page.status_code) == (400, 422)
    assert (offset.status_code, offset.json()["code"]) == (422, "journal.bad_offset")


async def test_cancelling_answers_with_the_operation(house: Build, until: Any) -> None:
    engine = HeldEngine()
    async with house(engine, limit=1) as opened, client_of(opened) as client:
        await opened.submit(1)
        await opened.submit(2)
        await until(lambda: engine.arguments)
        answers = [
            await client.post(f"/operations/{UUID(int=number)}/cancel")
            for number in (2, 1)
        ]

    assert [answer.status_code for answer in answers] == [202, 202]
    assert [answer.json()["state"] for answer in answers] == ["cancelled", "running"]
    assert engine.cancelled == [str(UUID(int=1))]


async def test_a_feed_is_whole_after_the_end_and_resumes(
    house: Build, until: Any
) -> None:
    """Events and output in order, then the end; resumed exactly where it was."""
    engine = HeldEngine()
    async with house(engine) as opened, client_of(opened) as client:
        await opened.submit(1)
        await until(lambda: engine.arguments)
        await opened.feeds.publish(UUID(int=1), FeedEvent(event="step.started"))
        await opened.feeds.write(UUID(int=1), "cloning …\n", stream="checkout")
        await engine.end(str(UUID(int=1)))
        path = f"/operations/{UUID(int=1)}/feed"
        whole = (await client.get(path)).text
        ids = [line[4:] for line in whole.splitlines() if line.startswith("id: ")]
        resumed = (await client.get(path, headers={"Last-Event-ID": ids[1]})).text

    names = [line[7:] for line in whole.splitlines() if line.startswith("event: ")]
    assert names == ["event", "output", "event", "end"]
    assert '"text":"cloning …\\n"' in whole
    assert '"event":"operation.ended"' in whole
    assert resumed.count("id: ") == 2
    assert whole.endswith(resumed.removeprefix("retry: 1000\n\n"))
