"""Waits of days, on the server that skips time."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from temporalio.testing import WorkflowEnvironment

from fairlead.adapters.temporal.connection import Place
from fairlead.adapters.temporal.payloads import CONVERTER
from fairlead.adapters.temporal.workers import Limits, Workers
from fairlead.kernel.engine import (
    Attempt,
    Call,
    Json,
    RetryPolicy,
    SignalTimeout,
    Steps,
    Workflow,
)
from fairlead.testing.engine import Refused

DAY = 86_400.0
PLACE = Place(address="", namespace="default", task_queue="long")


@pytest.fixture
async def skipping(
    component: Callable[[str], Path],
) -> AsyncIterator[WorkflowEnvironment]:
    """A Temporal server whose time passes as soon as nothing else happens."""
    program = str(component("temporal-test-server"))
    async with await WorkflowEnvironment.start_time_skipping(
        test_server_existing_path=program, data_converter=CONVERTER
    ) as environment:
        yield environment


async def test_waits_of_days_end_when_they_are_due(
    skipping: WorkflowEnvironment,
) -> None:
    """A sleep, a retry and a signal's time-out each take the days they were given."""
    errors = [Refused("Not today."), Refused("Nor tomorrow.")]

    async def work(attempt: Attempt) -> Json:
        if errors:
            raise errors.pop()
        return attempt.number

    async def flow(steps: Steps, argument: Json) -> Json:
        await steps.sleep(30 * DAY, key="month")
        retry = RetryPolicy(initial_seconds=DAY, max_seconds=10 * DAY)
        number = await steps.run(
            Call(activity="work", argument=1, retry=retry), key="a"
        )
        try:
            await steps.signal("never", timeout_seconds=7 * DAY)
        except SignalTimeout:
            return number

    workers = Workers(
        PLACE,
        workflows=[Workflow(name="flow", function=flow)],
        activities={"work": work},
        limits=Limits(),
    )
    await workers.open(skipping.client)
    handle = await skipping.client.start_workflow(
        "flow",
        {"version": 1, "argument": None},
        id="long/w",
        task_queue=PLACE.task_queue,
    )
    result = await asyncio.wait_for(handle.result(), 60)
    shown = await handle.describe()
    await workers.close()

    assert result == 3
    assert shown.close_time is not None
    took = shown.close_time - shown.start_time
    assert 40 * DAY <= took.total_seconds() < 41 * DAY
