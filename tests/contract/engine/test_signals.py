"""The engine port: signals and sleeps, across restarts."""

import time

import pytest

from fairlead.kernel.engine import (
    Json,
    SignalTimeout,
    Steps,
    Workflow,
    WorkflowUnknown,
)
from fairlead.testing.engine import (
    DEADLINE,
    EngineHarness,
    Scripted,
    echo,
    eventually,
    hold,
)


async def test_signals_are_read_in_order_and_once(
    harness: EngineHarness, script: Scripted
) -> None:
    """Early, late and repeated signals: each is read once, in the order sent."""

    async def flow(steps: Steps, argument: Json) -> Json:
        await steps.run(hold(), key="before")
        return [await steps.signal("go") for _ in range(3)]

    flows = [Workflow(name="flow", function=flow)]
    engine = await harness.open(flows, script.activities())
    await engine.start("flow", None, id="w")
    await engine.signal("w", "go", 1, dedup="a")
    await engine.signal("w", "other", 0, dedup="o")
    await engine.signal("w", "go", 1, dedup="a")
    await engine.signal("w", "go", 2, dedup="b")
    engine = await harness.open(flows, script.activities())
    script.gate.set()
    await engine.signal("w", "go", 2, dedup="b")
    await script.started("before")
    await engine.signal("w", "go", 3, dedup="c")

    assert await engine.result("w", timeout_seconds=DEADLINE) == [1, 2, 3]
    with pytest.raises(WorkflowUnknown):
        await engine.signal("w", "go", 4, dedup="d")


async def test_read_signals_stay_read_after_a_restart(
    harness: EngineHarness, script: Scripted
) -> None:
    """A replay reads the signals the workflow had read, then the next."""

    async def flow(steps: Steps, argument: Json) -> Json:
        first = await steps.signal("go")
        await steps.run(hold(first), key="between")
        return [first, await steps.signal("go")]

    flows = [Workflow(name="flow", function=flow)]
    engine = await harness.open(flows, script.activities())
    await engine.start("flow", None, id="w")
    await engine.signal("w", "go", 1, dedup="a")
    await script.started("between")
    engine = await harness.open(flows, script.activities())
    await engine.signal("w", "go", 1, dedup="a")
    await engine.signal("w", "go", 2, dedup="b")
    script.gate.set()

    assert await engine.result("w", timeout_seconds=DEADLINE) == [1, 2]


async def test_missing_signals_time_out_for_good(
    harness: EngineHarness, script: Scripted
) -> None:
    """A time-out is recorded: a signal that comes later does not undo it."""

    async def flow(steps: Steps, argument: Json) -> Json:
        try:
            await steps.signal("go", timeout_seconds=0.02)
        except SignalTimeout:
            late = await steps.run(hold("none"), key="after")
            return [late, await steps.signal("go", timeout_seconds=DEADLINE)]

    flows = [Workflow(name="flow", function=flow)]
    engine = await harness.open(flows, script.activities())
    await engine.start("flow", None, id="w")
    await script.started("after")
    await engine.signal("w", "go", 1, dedup="a")
    engine = await harness.open(flows, script.activities())
    script.gate.set()

    assert await engine.result("w", timeout_seconds=DEADLINE) == ["none", 1]


async def test_sleeps_are_not_begun_anew_by_a_restart(
    harness: EngineHarness, script: Scripted
) -> None:
    """A sleep that was due while the engine was down is over at once."""

    async def flow(steps: Steps, argument: Json) -> Json:
        await steps.run(echo(), key="before")
        await steps.sleep(2.0, key="nap")
        return "awake"

    flows = [Workflow(name="flow", function=flow)]
    engine = await harness.open(flows, script.activities())
    began = time.monotonic()
    await engine.start("flow", None, id="w")
    await script.started("before")
    with pytest.raises(TimeoutError):
        await engine.result("w", timeout_seconds=0.3)
    await harness.close()
    await eventually(lambda: time.monotonic() > began + 2.2)
    engine = await harness.open(flows, script.activities())

    assert await engine.result("w", timeout_seconds=1.9) == "awake"
    assert time.monotonic() - began >= 2.0
