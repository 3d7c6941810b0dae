"""Runs over HTTP, on the real platform."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from litestar import Litestar
from litestar.exceptions import HTTPException
from tests.integration.modules.pipelines.rig import ADA, Rig

from fairlead.adapters.http.problems import foreseen, unparsed
from fairlead.kernel.errors import FairleadError
from fairlead.kernel.principal import Principal
from fairlead.modules.pipelines.http import ProjectRunController, RunController

pytestmark = pytest.mark.asyncio(loop_scope="module")
Make = Callable[..., Path]
Client = httpx.AsyncClient
START = "/api/v1/projects/hello/runs"
TEXT = """
version: 1
build:
  steps:
    - name: make
      run: printf made > out.txt; printf '\\033[31mred\\033[0m\\n'
    - {name: quiet, run: "true"}
  outputs: [{name: text, type: file, path: out.txt}]
"""
NEEDED = {"name", "state", "exit_code", "attempts", "duration_seconds"}


@pytest_asyncio.fixture(loop_scope="module")
async def client(rig: Rig) -> AsyncIterator[Client]:
    app = Litestar(
        [ProjectRunController, RunController],
        exception_handlers={FairleadError: foreseen, HTTPException: unparsed},
    )

    async def serve(scope: Any, receive: Any, send: Any) -> None:
        async with rig.container(context={Principal: ADA}) as container:
            state = {"request_id": "r", "dishka_container": container}
            scope.setdefault("state", {}).update(state)
            await app(scope, receive, send)

    transport = httpx.ASGITransport(serve)
    async with Client(transport=transport, base_url="http://test") as client:
        yield client


async def finished(rig: Rig, client: Client) -> dict[str, Any]:
    """Start a run, wait for its end, return it as it is shown."""
    started = (await client.post(START)).json()
    await rig.ended(await rig.get(started["id"]))
    shown: dict[str, Any] = (await client.get(f"/api/v1/runs/{started['id']}")).json()
    return shown


def ids_of(events: str) -> list[str]:
    return [line[4:] for line in events.splitlines() if line.startswith("id: ")]


async def test_started_run_has_a_place(rig: Rig, make: Make, client: Client) -> None:
    """202, with the address of the run, whose id is its operation's."""
    make(TEXT)

    answer = await client.post(START, json={"revision": "main"})

    run = answer.json()
    assert answer.status_code == 202
    assert answer.headers["location"] == f"/api/v1/runs/{run['id']}"
    assert (run["state"], run["revision"], run["number"]) == ("queued", "main", 1)
    assert run["operation_id"] == run["id"]
    await rig.ended(await rig.get(run["id"]))


async def test_run_is_shown_in_the_promised_form(
    rig: Rig, make: Make, client: Client
) -> None:
    """With stages, jobs and steps; by id, by number, by project and number."""
    make(TEXT)

    run = await finished(rig, client)

    assert (run["state"], len(run["commit"])) == ("succeeded", 40)
    steps = run["stages"][0]["jobs"][0]["steps"]
    assert [step["name"] for step in steps] == ["make", "quiet"]
    assert all(step.keys() >= NEEDED for step in steps)
    assert all(step["duration_seconds"] >= 0 for step in steps)
    for path in (f"{START}/1", "/api/v1/runs/hello:1"):
        assert (await client.get(path)).json() == run
    listed = (await client.get("/api/v1/runs?project=hello&limit=1")).json()
    assert [one["id"] for one in listed["items"]] == [run["id"]]
    assert listed["next"] is None


async def test_output_and_events_can_be_read(
    rig: Rig, make: Make, client: Client
) -> None:
    """As text, of one step or all, and as events that resume where one stopped."""
    make(TEXT)
    run = await finished(rig, client)
    path = f"/api/v1/runs/{run['id']}"

    events = await client.get(f"{path}/logs")
    one = await client.get(f"{path}/output?stream=build/make")
    everything = await client.get(f"{path}/output")

    assert one.text.endswith("\n\x1b[31mred\x1b[0m\n")
    assert one.text in everything.text
    assert "Cloning into 'source'" in everything.text
    assert events.headers["content-type"].startswith("text/event-stream")
    assert '"event":"run.started"' in events.text
    assert events.text.rstrip().rpartition("\n\n")[2].splitlines()[1] == "event: end"
    ids = ids_of(events.text)
    rest = await client.get(f"{path}/logs", headers={"Last-Event-ID": ids[-3]})
    assert ids_of(rest.text) == ids[-2:]
    bad = await client.get(f"{path}/logs?after=3")
    assert (bad.status_code, bad.json()["code"]) == (422, "journal.bad_offset")


async def test_artifacts_can_be_downloaded(
    rig: Rig, make: Make, client: Client
) -> None:
    """By name or id; an unknown one is not found."""
    make(TEXT)
    run = await finished(rig, client)
    path = f"/api/v1/runs/{run['id']}/artifacts"

    by_name = await client.get(f"{path}/text")
    by_id = await client.get(f"{path}/{run['artifacts'][0]['id']}")
    missing = await client.get(f"{path}/other")

    assert by_name.content == by_id.content == b"made"
    assert "out.txt" in by_name.headers["content-disposition"]
    assert (missing.status_code, missing.json()["code"]) == (
        404,
        "pipelines.artifact_not_found",
    )


async def test_same_key_is_the_same_run(rig: Rig, make: Make, client: Client) -> None:
    """And 409 with another body."""
    make(TEXT)
    key = {"Idempotency-Key": "once"}

    answers = [await client.post(START, json={}, headers=key) for _ in range(2)]
    other = await client.post(START, json={"revision": "x"}, headers=key)

    assert answers[0].json()["id"] == answers[1].json()["id"]
    assert (other.status_code, other.json()["code"]) == (409, "idempotency.key_reused")
    await rig.ended(await rig.get(answers[0].json()["id"]))


async def test_ended_run_cancelled_stays(rig: Rig, make: Make, client: Client) -> None:
    """202, and the run as it is."""
    make(TEXT)
    run = await finished(rig, client)

    answer = await client.post(f"/api/v1/runs/{run['id']}/cancel")

    assert (answer.status_code, answer.json()["state"]) == (202, "succeeded")


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/api/v1/runs/none", None, 404),
        ("GET", "/api/v1/runs/hello:99", None, 404),
        ("GET", "/api/v1/runs?limit=0", None, 422),
        ("GET", "/api/v1/runs?project=other", None, 404),
        ("POST", "/api/v1/projects/other/runs", {}, 404),
        ("POST", START, {"branch": "x"}, 400),
        ("POST", START, {"revision": "-x"}, 422),
        ("GET", "/api/v1/runs/none/logs", None, 404),
        ("POST", "/api/v1/runs/none/cancel", None, 404),
    ],
)
async def test_refusals_are_problems(
    make: Make, client: Client, method: str, path: str, body: Any, status: int
) -> None:
    """Each with its status and a code."""
    make(TEXT)

    answer = await client.request(method, path, json=body)

    assert answer.status_code == status
    assert answer.json()["code"]
