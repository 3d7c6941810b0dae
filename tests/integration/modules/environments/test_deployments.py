"""Deployments, with the real engine, launcher and database."""

import asyncio
from dataclasses import replace
from typing import Any

from fairlead.modules.environments.public import Workloads, WorkloadState
from fairlead.services.operations.public import Operations, OperationState

Platform = Any  # of conftest.py


async def test_a_first_release_answers_at_its_url(platform: Platform) -> None:
    script = await platform.script()
    command = ("python", "server.py", "${PORT}")
    operation = await platform.deploy(1, replace(script, command=command))

    told = await platform.told(operation)
    assert operation.state is OperationState.SUCCEEDED, (operation.error, told)
    workload = await platform.web()
    assert operation.result == {
        "workloads": [{"id": str(workload.id), "name": "web", "url": workload.url}]
    }
    assert workload.state is WorkloadState.HEALTHY
    assert workload.release == 1
    assert await platform.look(workload.url) == (200, "one")
    assert "starting 1 replica\n" in told
    assert "waiting for GET /healthz, up to 20 s\n" in told
    assert f"release 1 serves at {workload.url}\n" in told


async def test_a_release_is_replaced_without_a_failed_request(
    platform: Platform,
) -> None:
    """Two replicas give way to two others while somebody keeps asking."""
    first = replace(await platform.script(), replicas=2)
    await platform.deploy(1, first)
    url = (await platform.web()).url
    old = await platform.keys()
    answers: list[tuple[int, str]] = []

    async def ask() -> None:
        while not answers or answers[-1][1] != "two":
            answers.append(await platform.look(url))

    asking = asyncio.create_task(ask())
    operation = await platform.deploy(2, replace(first, env={"WORD": "two"}))
    await asyncio.wait_for(asking, 30)

    told = await platform.told(operation)
    assert {status for status, _ in answers} == {200}
    assert "starting 2 replicas beside release 1\n" in told
    assert "draining release 1\n" in told
    assert (await platform.web()).release == 2
    new = await platform.keys()
    assert len(new) == 2
    assert not new & old


async def test_the_old_release_serves_on_when_the_new_one_never_answers(
    platform: Platform,
) -> None:
    first = await platform.script()
    await platform.deploy(1, first)
    before = await platform.keys()
    await platform.close(stop_workloads=False)
    platform.settings = replace_settings(platform, health_timeout_seconds=0.8)
    await platform.open()

    operation = await platform.deploy(2, replace(first, env={"MOOD": "ill"}))

    assert operation.state is OperationState.FAILED
    assert operation.error.code == "environments.never_answered"
    assert "did not answer GET /healthz on port" in operation.error.message
    workload = await platform.web()
    assert (workload.state, workload.release) == (WorkloadState.HEALTHY, 1)
    assert await platform.look(workload.url) == (200, "one")
    assert await platform.keys() == before
    assert "release 1 keeps serving\n" in await platform.told(operation)


async def test_a_replica_that_ends_at_once_fails_the_deployment_at_once(
    platform: Platform,
) -> None:
    first = await platform.script()
    await platform.deploy(1, first)
    before = await platform.keys()

    operation = await platform.deploy(2, replace(first, env={"MOOD": "dead"}))

    assert operation.error.code == "environments.replica_ended"
    assert "ended with code 4" in operation.error.message
    assert "cannot start: no heart" in operation.error.message
    assert await platform.keys() == before


def replace_settings(platform: Platform, **changes: Any) -> Any:
    """Return the platform's settings with changes."""
    fields = {
        name: getattr(platform.settings, name)
        for name in platform.settings.__struct_fields__
    }
    return type(platform.settings)(**{**fields, **changes})


async def test_a_first_release_that_fails_leaves_a_failed_workload(
    platform: Platform,
) -> None:
    operation = await platform.deploy(1, await platform.script(MOOD="dead"))

    assert operation.state is OperationState.FAILED
    workload = await platform.web()
    assert workload.state is WorkloadState.FAILED
    assert "no heart" in workload.reason
    assert workload.url == ""
    assert await platform.keys() == set()


async def test_an_older_run_does_not_replace_a_newer_one(platform: Platform) -> None:
    first = await platform.script()
    await platform.deploy(5, first)

    operation = await platform.deploy(4, replace(first, env={"WORD": "old"}))

    assert operation.state is OperationState.FAILED
    assert operation.error.code == "environments.superseded"
    workload = await platform.web()
    assert (workload.release, workload.run_id.int) == (1, 5)
    assert await platform.look(workload.url) == (200, "one")


async def test_deployments_of_one_workload_take_turns(platform: Platform) -> None:
    first = await platform.script()
    orders = [
        await platform.order(number, replace(first, env={"WORD": f"run {number}"}))
        for number in (1, 2, 3)
    ]

    operations = [await platform.ended(one) for one in orders]

    workload = await platform.web()
    assert operations[2].state is OperationState.SUCCEEDED
    assert workload.run_id.int == 3
    assert await platform.look(workload.url) == (200, "run 3")
    assert len(await platform.keys()) == 1


async def test_a_cancelled_deployment_leaves_the_old_release(
    platform: Platform,
) -> None:
    first = await platform.script()
    await platform.deploy(1, first)
    before = await platform.keys()

    ill = replace(first, env={"WORD": "two", "MOOD": "ill"})
    operation_id = await platform.order(2, ill)
    await platform.until(lambda: two_run(platform), "the new replica runs")
    await platform.ask(Operations, "cancel", platform.ada, operation_id)
    operation = await platform.ended(operation_id)

    assert operation.state is OperationState.CANCELLED
    workload = await platform.web()
    assert (workload.state, workload.release) == (WorkloadState.HEALTHY, 1)
    assert await platform.keys() == before


async def two_run(platform: Platform) -> bool:
    """Tell whether two replicas run."""
    return len(await platform.keys()) == 2


async def test_a_deployment_under_way_goes_on_after_a_restart(
    platform: Platform,
) -> None:
    """A server that stops while a replica is waited for takes up where it was."""
    first = await platform.script()
    await platform.deploy(1, first)
    slow = replace(first, env={"WORD": "two", "MOOD": "slow"})
    operation_id = await platform.order(2, slow)
    await platform.until(lambda: two_run(platform), "the new replica runs")

    await platform.close()
    await platform.open()
    operation = await platform.ended(operation_id)

    assert operation.state is OperationState.SUCCEEDED, operation.error
    workload = await platform.web()
    assert await platform.look(workload.url) == (200, "two")
    assert len(await platform.keys()) == 1


async def test_a_restart_replaces_every_replica(platform: Platform) -> None:
    await platform.deploy(1, await platform.script())
    before = await platform.keys()

    await platform.ask(Workloads, "restart", platform.ada, "hello:dev:web")

    async def renewed() -> bool:
        now = await platform.keys()
        return len(now) == 1 and not now & before

    await platform.until(renewed, "another replica serves")
    workload = await platform.web()
    assert (workload.release, workload.state) == (1, WorkloadState.HEALTHY)
    assert await platform.look(workload.url) == (200, "one")
