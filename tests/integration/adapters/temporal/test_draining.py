"""A server that stops lets activities end and begins no others."""

from pathlib import Path

from fairlead.kernel.engine import Json, Steps, Workflow
from fairlead.testing.engine import (
    DEADLINE,
    Scripted,
    echo,
    ended,
    eventually,
    hold,
)
from fairlead.testing.temporal import TemporalHarness
from fairlead.testing.temporal_server import TemporalServer


async def flow(steps: Steps, argument: Json) -> Json:
    await steps.run(hold(), key="a")
    return await steps.run(echo("done"), key="b")


FLOW = Workflow(name="flow", function=flow)


async def test_draining_ends_what_runs_and_begins_nothing(
    temporal: TemporalServer, tmp_path: Path
) -> None:
    """The step in flight is recorded; the next one runs after the next start."""
    script = Scripted()
    harness = TemporalHarness(temporal.address, tmp_path)
    engine = await harness.open([FLOW], script.activities())
    await engine.start("flow", None, id="w")
    await script.started("a")
    assert engine.busy() == 1
    await engine.drain(0.05, patient=lambda: 0)
    script.gate.set()
    await engine.drain(DEADLINE, patient=lambda: 0)
    await eventually(lambda: engine.busy() == 0)
    await harness.close()

    assert script.keys() == ["a"]

    engine = await harness.open([FLOW], script.activities())
    assert await engine.result("w", timeout_seconds=DEADLINE) == "done"
    assert script.keys() == ["a", "b"]
    await harness.close()


async def test_kept_attempts_can_be_cancelled(
    temporal: TemporalServer, tmp_path: Path
) -> None:
    """A cancel while draining ends the workflow without the step."""
    script = Scripted()
    harness = TemporalHarness(temporal.address, tmp_path)
    engine = await harness.open([FLOW], script.activities())
    await engine.drain(DEADLINE, patient=lambda: 0)
    await engine.start("flow", None, id="w")
    await engine.cancel("w")

    assert (await ended(engine)).state == "cancelled"
    assert script.keys() == []
    await harness.close()
