"""The engine port: limits, retention, watchers."""

import asyncio
from contextlib import suppress

import pytest

from fairlead.kernel.engine import (
    MAX_PAYLOAD,
    Call,
    Json,
    Node,
    PayloadTooLarge,
    Steps,
    Workflow,
    WorkflowState,
    WorkflowStatus,
)
from fairlead.testing.engine import (
    DEADLINE,
    EngineHarness,
    Scripted,
    echo,
    ended,
    eventually,
    hold,
)


async def two_steps(steps: Steps, argument: Json) -> Json:
    first = await steps.run(echo(argument), key="first")
    second = await steps.run(hold([first, 2]), key="second")
    return {"got": second}


TWO_STEPS = Workflow(name="two_steps", function=two_steps)


async def test_large_payloads_are_refused(
    harness: EngineHarness, script: Scripted
) -> None:
    """Arguments, results and signals are limited; blobs are for the rest."""
    large = "x" * MAX_PAYLOAD

    async def long_argument(steps: Steps, argument: Json) -> Json:
        return await steps.run(echo(large), key="only")

    async def long_result(steps: Steps, argument: Json) -> Json:
        return large

    async def listen(steps: Steps, argument: Json) -> Json:
        return await steps.signal("go")

    async def enlarge(_: object) -> Json:
        return large

    async def long_answer(steps: Steps, argument: Json) -> Json:
        return await steps.run(Call(activity="enlarge", argument=None), key="only")

    flows = {
        "long_argument": long_argument,
        "long_result": long_result,
        "long_answer": long_answer,
        "listen": listen,
    }
    engine = await harness.open(
        [Workflow(name=name, function=flow) for name, flow in flows.items()],
        {**script.activities(), "enlarge": enlarge},
    )
    with pytest.raises(PayloadTooLarge):
        await engine.start("listen", large, id="large")
    await engine.start("listen", None, id="w")
    with pytest.raises(PayloadTooLarge):
        await engine.signal("w", "go", large, dedup="1")
    for name in ("long_argument", "long_result", "long_answer"):
        await engine.start(name, None, id=name)
        status = await ended(engine, name)

        assert status.error is not None
        assert status.error["code"] == "engine.payload_too_large"
    assert await engine.status("large") is None


async def test_ended_workflows_are_removed_after_a_while(
    harness: EngineHarness, script: Scripted
) -> None:
    """What ended longer ago than the retention is gone; what runs stays."""
    engine = await harness.open([TWO_STEPS], script.activities())
    script.gate.set()
    await engine.start("two_steps", 1, id="old")
    await ended(engine, "old")
    script.gate.clear()
    await engine.start("two_steps", 1, id="w")
    engine = await harness.open([TWO_STEPS], script.activities(), retention_seconds=0.0)

    async with asyncio.timeout(DEADLINE):
        while await engine.status("old") is not None:  # noqa: ASYNC110 - no event
            await asyncio.sleep(0.01)
    assert await engine.status("w") is not None
    assert await engine.start("two_steps", 1, id="old")


async def test_endless_histories_fail_loudly(
    harness: EngineHarness, script: Scripted
) -> None:
    """A workflow with more records than the cap fails, even if it catches all."""

    async def flow(steps: Steps, argument: Json) -> Json:
        for number in range(1000):
            with suppress(Exception):
                await steps.run(echo(number), key=f"step{number}")

    engine = await harness.open(
        [Workflow(name="flow", function=flow)], script.activities(), history=20
    )
    await engine.start("flow", None, id="w")
    status = await ended(engine)

    assert status.error is not None
    assert status.error["code"] == "engine.history_cap"
    assert len(script.attempts) <= 20


async def test_watchers_hear_of_every_end(
    harness: EngineHarness, script: Scripted
) -> None:
    """Every end is told once it is durable; an end taken in is not told again."""
    heard: list[tuple[str, WorkflowState]] = []

    async def listen(status: WorkflowStatus) -> None:
        heard.append((status.id, status.state))

    engine = await harness.open([TWO_STEPS], script.activities(), listener=listen)
    await engine.start("two_steps", 1, id="cancelled")
    await script.started("second")
    await engine.cancel("cancelled")
    await ended(engine, "cancelled")
    script.gate.set()
    await engine.start("two_steps", 1, id="well")
    await ended(engine, "well")
    await eventually(lambda: len(heard) == 2)
    await harness.open([TWO_STEPS], script.activities(), listener=listen)
    await engine.close()

    assert heard == [
        ("cancelled", WorkflowState.CANCELLED),
        ("well", WorkflowState.SUCCEEDED),
    ]


async def test_ends_not_taken_in_are_told_again(
    harness: EngineHarness, script: Scripted
) -> None:
    """A watcher that raised hears of the end after the next open."""
    heard: list[str] = []
    tried: list[str] = []

    async def refuse(status: WorkflowStatus) -> None:
        tried.append(status.id)
        raise RuntimeError("not now")

    async def listen(status: WorkflowStatus) -> None:
        heard.append(status.id)

    engine = await harness.open([TWO_STEPS], script.activities(), listener=refuse)
    script.gate.set()
    await engine.start("two_steps", 1, id="w")
    await eventually(lambda: tried)
    await harness.open([TWO_STEPS], script.activities(), listener=listen)
    await eventually(lambda: heard)

    assert heard == ["w"]


async def test_a_limited_number_of_activities_runs_at_once(
    harness: EngineHarness, script: Scripted
) -> None:
    """Activities beyond the limit wait for a place."""

    async def flow(steps: Steps, argument: Json) -> Json:
        nodes = {f"n{number}": Node(call=hold()) for number in range(6)}
        return len(await steps.graph(nodes))

    engine = await harness.open(
        [Workflow(name="flow", function=flow)], script.activities(), at_once=2
    )
    await engine.start("flow", None, id="w")
    await eventually(lambda: len(script.attempts) == 2)
    with pytest.raises(TimeoutError):
        await engine.result("w", timeout_seconds=0.05)
    assert len(script.attempts) == 2
    script.gate.set()

    assert await engine.result("w", timeout_seconds=DEADLINE) == 6
