"""Environments and workloads over HTTP, on the real platform."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from litestar import Litestar

from fairlead.adapters.http.problems import foreseen
from fairlead.kernel.errors import FairleadError
from fairlead.kernel.principal import Principal
from fairlead.modules.environments.http import (
    EnvironmentController,
    WorkloadController,
)

Platform = Any  # of conftest.py
Client = httpx.AsyncClient


@pytest.fixture
async def client(platform: Platform) -> AsyncIterator[Client]:
    app = Litestar(
        [EnvironmentController, WorkloadController],
        exception_handlers={FairleadError: foreseen},
    )

    async def serve(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        async with platform.container(context={Principal: platform.ada}) as container:
            state = {"request_id": "r", "dishka_container": container}
            scope.setdefault("state", {}).update(state)
            await app(scope, receive, send)

    transport = httpx.ASGITransport(serve)
    async with Client(transport=transport, base_url="http://test") as client:
        yield client


async def test_workloads_are_listed_shown_and_read(
    platform: Platform, client: Client
) -> None:
    await platform.deploy(1, await platform.script())
    workload = await platform.web()

    listed = (await client.get("/api/v1/workloads?project=hello&limit=1")).json()
    shown = (await client.get("/api/v1/workloads/hello:dev:web")).json()

    assert listed == {"items": [shown], "next": None}
    for name in ("id", "name", "project", "environment", "state", "url", "run_id"):
        assert shown[name] == str(getattr(workload, name))
    environments = (await client.get("/api/v1/environments")).json()
    assert [one["name"] for one in environments["items"]] == ["dev"]
    nothing = await client.get("/api/v1/workloads?project=other")
    assert nothing.json()["items"] == []

    async def said() -> bool:
        answer = await client.get(f"/api/v1/workloads/{workload.id}/output")
        assert answer.headers["content-type"] == "text/plain; charset=utf-8"
        return answer.text == "hello from one\n"

    await platform.until(said, "its output is there")
    events = await client.get("/api/v1/workloads/hello:dev:web/logs?follow=false")
    assert 'event: output\ndata: {"stream":"1/1"' in events.text


async def test_refusals_are_problems(platform: Platform, client: Client) -> None:
    unknown = await client.get("/api/v1/workloads/hello:dev:web")
    page = await client.get("/api/v1/workloads?limit=0")

    assert unknown.status_code == 404
    assert unknown.json()["code"] == "environments.workload_not_found"
    assert page.status_code == 422


async def test_restarting_and_deleting(platform: Platform, client: Client) -> None:
    await platform.deploy(1, await platform.script())
    before = await platform.keys()
    path = "/api/v1/workloads/hello:dev:web"

    key = {"Idempotency-Key": "again"}
    answers = [await client.post(f"{path}/restart", headers=key) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [202, 202]

    async def renewed() -> bool:
        now: set[str] = await platform.keys()
        return len(now) == 1 and not now & before

    await platform.until(renewed, "another replica serves")
    assert (await client.delete(path)).status_code == 204
    assert (await client.get(path)).status_code == 404
    assert await platform.keys() == set()
