"""The engine port: a server that stops lets steps end, and begins no others."""

import asyncio
import time

from fairlead.kernel.engine import Engine, Json, Steps, Workflow, WorkflowState
from fairlead.testing.engine import (
    DEADLINE,
    EngineHarness,
    Scripted,
    echo,
    ended,
    eventually,
    hold,
)


async def flow(steps: Steps, argument: Json) -> Json:
    await steps.run(hold(), key="a")
    return await steps.run(echo("done"), key="b")


FLOW = Workflow(name="flow", function=flow)


async def held(harness: EngineHarness, script: Scripted) -> Engine:
    """Open an engine and have a step of `w` run until the gate opens."""
    engine = await harness.open([FLOW], script.activities())
    await engine.start("flow", None, id="w")
    await script.started("a")
    await eventually(lambda: engine.busy() == 1)
    return engine


async def test_draining_ends_what_runs_and_begins_nothing(
    harness: EngineHarness, script: Scripted
) -> None:
    """The step in flight is recorded; the next one runs after the next start."""
    engine = await held(harness, script)
    draining = asyncio.create_task(engine.drain(DEADLINE, patient=lambda: 0))
    await asyncio.sleep(0.3)  # long enough for it to be interrupted, were it so
    assert not draining.done()
    script.gate.set()
    began = time.monotonic()
    await draining
    took = time.monotonic() - began
    await eventually(lambda: engine.busy() == 0)
    await harness.close()

    assert took < DEADLINE / 2
    assert (script.keys(), script.interrupted) == (["a"], [])

    engine = await harness.open([FLOW], script.activities())
    assert await engine.result("w", timeout_seconds=DEADLINE) == "done"
    assert script.keys() == ["a", "b"]


async def test_a_drained_engine_hands_over_what_did_not_end(
    harness: EngineHarness, script: Scripted
) -> None:
    """When time is up the step is interrupted and made again by the next one."""
    engine = await held(harness, script)
    await engine.drain(0.2, patient=lambda: 0)
    assert script.interrupted == []
    await harness.close()
    assert script.interrupted == ["w/a"]

    script.gate.set()
    engine = await harness.open([FLOW], script.activities())
    assert await engine.result("w", timeout_seconds=DEADLINE) == "done"
    numbers = [attempt.number for attempt in script.attempts]
    assert (script.keys(), numbers) == (["a", "a", "b"], [1, 2, 1])


async def test_draining_does_not_wait_for_those_that_only_wait(
    harness: EngineHarness, script: Scripted
) -> None:
    """A step that waits for other workflows would wait for good."""
    engine = await held(harness, script)
    began = time.monotonic()
    await engine.drain(DEADLINE, patient=lambda: 1)

    assert time.monotonic() - began < DEADLINE / 2
    assert script.interrupted == []


async def test_steps_kept_while_draining_can_be_cancelled(
    harness: EngineHarness, script: Scripted
) -> None:
    """The workflow ends without the step."""
    engine = await harness.open([FLOW], script.activities())
    await engine.drain(DEADLINE, patient=lambda: 0)
    await engine.start("flow", None, id="w")
    await engine.cancel("w")

    assert (await ended(engine)).state is WorkflowState.CANCELLED
    assert script.keys() == []
