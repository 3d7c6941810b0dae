"""The engine port: what is known of steps that are tried again."""

import asyncio
import time

from fairlead.kernel.engine import (
    Attempt,
    Call,
    Engine,
    Json,
    Retried,
    RetryPolicy,
    Steps,
    Workflow,
)
from fairlead.testing.engine import (
    DEADLINE,
    EngineHarness,
    Refused,
    Scripted,
    ended,
    fail,
)

LATER = RetryPolicy(max_attempts=5, initial_seconds=600.0, max_seconds=600.0)
SOON = RetryPolicy(max_attempts=24, initial_seconds=0.01, told=4)


async def known(engine: Engine, *, times: int = 1) -> tuple[Retried, ...]:
    """Return what is known once so many steps were tried again."""
    until = time.monotonic() + DEADLINE
    while len(found := await engine.retried("w")) < times:
        assert time.monotonic() < until
        await asyncio.sleep(0.01)
    return found


async def test_a_step_that_waits_for_its_next_attempt_says_why(
    harness: EngineHarness, script: Scripted
) -> None:
    """Which attempt it is, of how many, and when it comes; also after a restart."""

    async def flow(steps: Steps, argument: Json) -> Json:
        return await steps.run(fail(retry=LATER), key="do")

    flows = [Workflow(name="flow", function=flow)]
    script.errors = [Refused("Not now.")]
    engine = await harness.open(flows, script.activities())
    assert await engine.retried("w") == ()
    await engine.start("flow", None, id="w")
    (first,) = await known(engine)
    engine = await harness.open(flows, script.activities())
    (again,) = await known(engine)
    await engine.cancel("w")
    await ended(engine)

    assert (first.step, first.attempt, first.attempts) == ("do", 2, 5)
    assert (first.code, first.message) == (Refused.code, "Not now.")
    assert first.cut_off == 0
    assert first.due_at is not None
    assert 0 < first.due_at - time.time() <= 600
    assert again == first
    assert await engine.retried("w") == ()


async def test_a_step_that_runs_again_says_so(
    harness: EngineHarness, script: Scripted
) -> None:
    """It waits for nothing; steps at their first attempt are left out."""
    held = Scripted()

    async def again(attempt: Attempt) -> Json:
        if attempt.number <= 2:
            raise Refused("Again.")
        return await held.hold(attempt)

    async def flow(steps: Steps, argument: Json) -> Json:
        call = Call(activity="again", argument=None, retry=SOON)
        return await steps.run(call, key="do")

    flows = [Workflow(name="flow", function=flow)]
    engine = await harness.open(flows, {"again": again})
    await engine.start("flow", None, id="w")
    await held.started("do")
    (running,) = await known(engine)
    held.gate.set()
    await ended(engine)

    assert (running.attempt, running.attempts, running.due_at) == (3, 4, None)
    assert (running.code, running.cut_off) == (Refused.code, 0)
