"""The engine port: results, restarts, retries, failures."""

import asyncio
import time

import pytest

from fairlead.kernel.engine import (
    ONCE,
    Call,
    Json,
    RetryPolicy,
    StepFailed,
    Steps,
    Workflow,
    WorkflowFailed,
    WorkflowState,
    WorkflowStatus,
    WorkflowUnknown,
)
from fairlead.testing.engine import (
    DEADLINE,
    QUICK,
    EngineHarness,
    Refused,
    Scripted,
    echo,
    ended,
    eventually,
    fail,
    hold,
)


async def two_steps(steps: Steps, argument: Json) -> Json:
    first = await steps.run(echo(argument), key="first")
    second = await steps.run(hold([first, 2]), key="second")
    return {"got": second}


TWO_STEPS = Workflow(name="two_steps", function=two_steps)


async def test_results_pass_from_step_to_step_to_the_end(
    harness: EngineHarness, script: Scripted
) -> None:
    """A workflow's result is what its function returns, as JSON."""
    engine = await harness.open([TWO_STEPS], script.activities())
    script.gate.set()

    assert await engine.start("two_steps", {"a": 1}, id="w")
    result = await engine.result("w", timeout_seconds=DEADLINE)

    assert result == {"got": [{"a": 1}, 2]}
    assert await engine.status("w") == WorkflowStatus(
        id="w", workflow="two_steps", state=WorkflowState.SUCCEEDED, result=result
    )


async def test_an_id_starts_once(harness: EngineHarness, script: Scripted) -> None:
    """A known id starts nothing, while it runs, after its end and after a restart."""
    engine = await harness.open([TWO_STEPS], script.activities())

    answers = await asyncio.gather(
        *(engine.start("two_steps", n, id="w") for n in range(5))
    )
    script.gate.set()
    result = await engine.result("w", timeout_seconds=DEADLINE)
    engine = await harness.open([TWO_STEPS], script.activities())

    assert sorted(answers) == [False] * 4 + [True]
    assert not await engine.start("two_steps", 9, id="w")
    assert await engine.result("w", timeout_seconds=DEADLINE) == result
    assert script.keys() == ["first", "second"]


async def test_unknown_workflows_are_refused_by_name(
    harness: EngineHarness, script: Scripted
) -> None:
    """An unregistered name and an unknown id are told apart from failures."""
    engine = await harness.open([TWO_STEPS], script.activities())

    with pytest.raises(WorkflowUnknown, match="nothing"):
        await engine.start("nothing", None, id="w")
    with pytest.raises(WorkflowUnknown):
        await engine.result("w", timeout_seconds=DEADLINE)
    with pytest.raises(WorkflowUnknown):
        await engine.signal("w", "go", None, dedup="1")

    assert await engine.status("w") is None
    await engine.cancel("w")


async def test_results_are_waited_for_no_longer_than_asked(
    harness: EngineHarness, script: Scripted
) -> None:
    """Waiting for a result ends with a time-out; the workflow goes on."""
    engine = await harness.open([TWO_STEPS], script.activities())
    await engine.start("two_steps", 1, id="w")

    with pytest.raises(TimeoutError):
        await engine.result("w", timeout_seconds=0.01)

    script.gate.set()
    assert (await ended(engine)).state is WorkflowState.SUCCEEDED


async def test_a_restart_repeats_no_recorded_step(
    harness: EngineHarness, script: Scripted
) -> None:
    """After a restart the step in flight is attempted again, with its next number."""
    engine = await harness.open([TWO_STEPS], script.activities())
    await engine.start("two_steps", 1, id="w")
    await script.started("second")

    engine = await harness.open([TWO_STEPS], script.activities())
    script.gate.set()
    result = await engine.result("w", timeout_seconds=DEADLINE)

    assert result == {"got": [1, 2]}
    assert [(a.key, a.number) for a in script.attempts] == [
        ("w/first", 1),
        ("w/second", 1),
        ("w/second", 2),
    ]
    assert script.interrupted == ["w/second"]


async def test_failed_attempts_are_tried_again(
    harness: EngineHarness, script: Scripted
) -> None:
    """Errors, ours or not, are retried by the policy with the same key."""

    async def flow(steps: Steps, argument: Json) -> Json:
        return await steps.run(fail(argument), key="only")

    script.errors = [Refused("Not now."), RuntimeError("a bug")]
    engine = await harness.open(
        [Workflow(name="flow", function=flow)], script.activities()
    )
    await engine.start("flow", "x", id="w")

    assert await engine.result("w", timeout_seconds=DEADLINE) == "x"
    assert [(a.key, a.number) for a in script.attempts] == [
        ("w/only", 1),
        ("w/only", 2),
        ("w/only", 3),
    ]


@pytest.mark.parametrize(
    ("error", "policy", "attempts", "cause"),
    [
        (Refused("No."), QUICK, 3, "test.refused"),
        (Refused("No."), ONCE, 1, "test.refused"),
        (Refused("No."), RetryPolicy(fatal=("test.refused",)), 1, "test.refused"),
        (RuntimeError("a bug"), ONCE, 1, "engine.activity_bug"),
        (asyncio.CancelledError(), ONCE, 1, "engine.activity_bug"),
        (SystemExit(1), ONCE, 1, "engine.activity_bug"),
    ],
)
async def test_a_step_that_failed_for_good_fails_the_workflow(
    harness: EngineHarness,
    script: Scripted,
    error: BaseException,
    policy: RetryPolicy,
    attempts: int,
    cause: str,
) -> None:
    """The activity's error code and message reach the status."""

    async def flow(steps: Steps, argument: Json) -> Json:
        return await steps.run(fail(retry=policy), key="only")

    script.errors = [error] * 5
    engine = await harness.open(
        [Workflow(name="flow", function=flow)], script.activities()
    )
    await engine.start("flow", None, id="w")
    with pytest.raises(WorkflowFailed) as told:
        await engine.result("w", timeout_seconds=DEADLINE)
    status = await ended(engine)

    assert told.value.details["cause"] == cause
    assert status.state is WorkflowState.FAILED
    assert status.error is not None
    assert (status.error["code"], status.error["step"]) == (cause, "only")
    assert len(script.attempts) == attempts


async def test_workflows_see_why_a_step_failed_and_may_go_on(
    harness: EngineHarness, script: Scripted
) -> None:
    """StepFailed carries the step, the cause and the activity's own details."""

    async def flow(steps: Steps, argument: Json) -> Json:
        try:
            await steps.run(fail(retry=ONCE), key="bad")
        except StepFailed as error:
            return await steps.run(
                echo([error.message, dict(error.details)]), key="after"
            )

    script.errors = [Refused("No room.", limit=3)]
    engine = await harness.open(
        [Workflow(name="flow", function=flow)], script.activities()
    )
    await engine.start("flow", None, id="w")

    assert await engine.result("w", timeout_seconds=DEADLINE) == [
        "No room.",
        {"limit": 3, "step": "bad", "cause": "test.refused"},
    ]


async def test_an_attempt_that_takes_too_long_is_ended(
    harness: EngineHarness, script: Scripted
) -> None:
    """A time-out interrupts the activity and counts as a failure."""

    async def flow(steps: Steps, argument: Json) -> Json:
        call = Call(activity="hold", argument=None, retry=ONCE, timeout_seconds=0.05)
        return await steps.run(call, key="slow")

    engine = await harness.open(
        [Workflow(name="flow", function=flow)], script.activities()
    )
    await engine.start("flow", None, id="w")
    status = await ended(engine)

    assert status.error is not None
    assert status.error["code"] == "engine.timeout"
    assert script.interrupted == ["w/slow"]


async def test_waits_between_attempts_survive_a_restart(
    harness: EngineHarness, script: Scripted
) -> None:
    """A retry is due when it was due, and failures before the restart count."""

    async def flow(steps: Steps, argument: Json) -> Json:
        policy = RetryPolicy(max_attempts=2, initial_seconds=1.0)
        return await steps.run(fail(retry=policy), key="only")

    script.errors = [Refused("No."), Refused("Never.")]
    flows = [Workflow(name="flow", function=flow)]
    engine = await harness.open(flows, script.activities())
    began = time.monotonic()
    await engine.start("flow", None, id="w")
    await script.started("only")
    await eventually(lambda: len(script.errors) == 1)
    engine = await harness.open(flows, script.activities())
    status = await ended(engine)

    assert status.state is WorkflowState.FAILED
    assert len(script.attempts) == 2
    assert time.monotonic() - began >= 0.99


async def test_a_bug_in_workflow_code_ends_it(
    harness: EngineHarness, script: Scripted
) -> None:
    """An unforeseen error fails the workflow with an error id; it does not hang."""

    async def flow(steps: Steps, argument: Json) -> Json:
        return argument["missing"]

    async def not_json(steps: Steps, argument: Json) -> Json:
        return object()

    flows = [
        Workflow(name="flow", function=flow),
        Workflow(name="not_json", function=not_json),
    ]
    engine = await harness.open(flows, script.activities())
    for flow_name in ("flow", "not_json"):
        await engine.start(flow_name, {}, id=flow_name)
        status = await ended(engine, flow_name)

        assert status.state is WorkflowState.FAILED
        assert status.error is not None
        assert status.error["code"] == "engine.workflow_bug"
        assert status.error["error_id"] in status.error["message"]


async def test_errors_of_ours_keep_their_code(
    harness: EngineHarness, script: Scripted
) -> None:
    """A foreseen error that a workflow raises is what it failed of."""

    async def flow(steps: Steps, argument: Json) -> Json:
        raise Refused("Not today.")

    engine = await harness.open(
        [Workflow(name="flow", function=flow)], script.activities()
    )
    await engine.start("flow", None, id="w")

    assert (await ended(engine)).error == {
        "code": "test.refused",
        "message": "Not today.",
    }
