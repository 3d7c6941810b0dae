"""The engine port: cancel, compensation, and what a replay makes of them."""

import asyncio

import pytest

from fairlead.kernel.engine import (
    ONCE,
    Attempt,
    Call,
    Json,
    Node,
    Steps,
    Workflow,
    WorkflowCancelled,
    WorkflowFailed,
    WorkflowState,
)
from fairlead.testing.engine import (
    DEADLINE,
    EngineHarness,
    Refused,
    Scripted,
    echo,
    ended,
    eventually,
    fail,
    hold,
)


async def compensating(steps: Steps, argument: Json) -> Json:
    """Do; when cancelled undo in two shielded steps and say so."""
    try:
        await steps.run(hold(), key="do")
    except WorkflowCancelled:
        await steps.run(echo("first"), key="undo1", shield=True)
        await steps.run(hold("second"), key="undo2", shield=True)
        raise
    return await steps.run(echo("done"), key="after")


COMPENSATING = Workflow(name="compensating", function=compensating)


async def test_cancel_interrupts_the_activity_and_the_workflow(
    harness: EngineHarness, script: Scripted
) -> None:
    """The activity is interrupted; the workflow ends as cancelled."""

    async def flow(steps: Steps, argument: Json) -> Json:
        await steps.run(hold(), key="do")
        return await steps.run(echo(), key="never")

    engine = await harness.open(
        [Workflow(name="flow", function=flow)], script.activities()
    )
    await engine.start("flow", None, id="w")
    await script.started("do")
    await engine.cancel("w")
    with pytest.raises(WorkflowCancelled):
        await engine.result("w", timeout_seconds=DEADLINE)

    assert (await ended(engine)).state is WorkflowState.CANCELLED
    assert script.interrupted == ["w/do"]
    assert script.keys() == ["do"]


async def test_what_fails_while_its_cancel_is_on_its_way_was_cancelled(
    harness: EngineHarness, script: Scripted
) -> None:
    """Such as a step that waited for something that was cancelled just before it."""

    async def fall(attempt: Attempt) -> Json:
        await script.hold(attempt)
        raise Refused("What I waited for is gone.")

    async def flow(steps: Steps, argument: Json) -> Json:
        call = Call(activity="fall", argument=None, retry=ONCE)
        return await steps.run(call, key="do")

    flows = [Workflow(name="flow", function=flow)]
    engine = await harness.open(flows, {"fall": fall})
    await engine.start("flow", None, id="w")
    await script.started("do")
    await engine.cancel("w")
    script.gate.set()

    assert (await ended(engine)).state is WorkflowState.CANCELLED


async def test_an_activity_cleans_up_before_the_workflow_goes_on(
    harness: EngineHarness, script: Scripted
) -> None:
    """Compensation starts when the interrupted activity has ended by itself."""
    seen: list[list[str]] = []

    async def flow(steps: Steps, argument: Json) -> Json:
        try:
            await steps.run(Call(activity="stubborn", argument=None), key="do")
        finally:
            seen.append(list(script.cleaned))
        return None

    engine = await harness.open(
        [Workflow(name="flow", function=flow)], script.activities()
    )
    await engine.start("flow", None, id="w")
    await script.started("do")
    await engine.cancel("w")

    assert (await ended(engine)).state is WorkflowState.CANCELLED
    assert seen == [["w/do"]]


async def test_an_activity_that_ignores_cancel_does_not_stop_the_end(
    harness: EngineHarness, script: Scripted
) -> None:
    """Its clean-up time is bounded."""
    left = asyncio.Event()

    async def deaf(_: object) -> Json:
        script.cleaned.append("begun")
        while not left.is_set():
            try:
                await left.wait()
            except asyncio.CancelledError:
                script.cleaned.append("ignored")  # and goes on
        return None

    async def flow(steps: Steps, argument: Json) -> Json:
        return await steps.run(Call(activity="deaf", argument=None), key="do")

    engine = await harness.open([Workflow(name="flow", function=flow)], {"deaf": deaf})
    await engine.start("flow", None, id="w")
    await eventually(lambda: script.cleaned)
    await engine.cancel("w")
    state = (await ended(engine)).state
    left.set()

    assert state is WorkflowState.CANCELLED
    assert script.cleaned == ["begun", "ignored"]


async def test_compensation_runs_in_shielded_steps(
    harness: EngineHarness, script: Scripted
) -> None:
    """Shielded steps run after the cancel and see no second one."""
    engine = await harness.open([COMPENSATING], script.activities())
    await engine.start("compensating", None, id="w")
    await script.started("do")
    await engine.cancel("w")
    await script.started("undo2")
    await engine.cancel("w")
    script.gate.set()

    assert (await ended(engine)).state is WorkflowState.CANCELLED
    assert script.keys() == ["do", "undo1", "undo2"]
    assert script.interrupted == ["w/do"]


async def test_compensation_goes_on_after_a_restart(
    harness: EngineHarness, script: Scripted
) -> None:
    """A replay takes the branch of the cancel; done compensation is not repeated."""
    engine = await harness.open([COMPENSATING], script.activities())
    await engine.start("compensating", None, id="w")
    await script.started("do")
    await engine.cancel("w")
    await script.started("undo2")
    engine = await harness.open([COMPENSATING], script.activities())
    script.gate.set()

    assert (await ended(engine)).state is WorkflowState.CANCELLED
    assert script.keys() == ["do", "undo1", "undo2", "undo2"]
    assert script.attempts[-1].number == 2


async def test_steps_after_a_cancel_do_not_start(
    harness: EngineHarness, script: Scripted
) -> None:
    """Steps that are not shielded raise at once, and so do sleeps and signals."""

    async def flow(steps: Steps, argument: Json) -> Json:
        refused = 0
        for wait in (
            lambda: steps.run(hold(), key="do"),
            lambda: steps.run(echo(), key="step"),
            lambda: steps.sleep(60, key="nap"),
            lambda: steps.signal("go"),
            lambda: steps.graph({"node": Node(call=echo())}),
        ):
            try:
                await wait()
            except WorkflowCancelled:
                refused += 1
        await steps.run(echo(refused), key="told", shield=True)

    flows = [Workflow(name="flow", function=flow)]
    engine = await harness.open(flows, script.activities())
    await engine.start("flow", None, id="w")
    await script.started("do")
    await engine.cancel("w")

    assert (await ended(engine)).state is WorkflowState.CANCELLED
    assert script.keys() == ["do", "told"]
    assert script.attempts[-1].argument == 5


async def test_swallowing_the_cancel_does_not_undo_it(
    harness: EngineHarness, script: Scripted
) -> None:
    """A workflow that catches the cancel and returns has been cancelled."""

    async def flow(steps: Steps, argument: Json) -> Json:
        try:
            await steps.run(hold(), key="do")
        except WorkflowCancelled:
            return "nevertheless"

    engine = await harness.open(
        [Workflow(name="flow", function=flow)], script.activities()
    )
    await engine.start("flow", None, id="w")
    await script.started("do")
    await engine.cancel("w")
    status = await ended(engine)

    assert (status.state, status.result) == (WorkflowState.CANCELLED, None)


async def test_failed_compensation_fails_the_workflow(
    harness: EngineHarness, script: Scripted
) -> None:
    """A cancelled workflow that could not undo its work says so."""

    async def flow(steps: Steps, argument: Json) -> Json:
        try:
            await steps.run(hold(), key="do")
        finally:
            await steps.run(fail(retry=ONCE), key="undo", shield=True)

    script.errors = [Refused("Stuck.")]
    engine = await harness.open(
        [Workflow(name="flow", function=flow)], script.activities()
    )
    await engine.start("flow", None, id="w")
    await script.started("do")
    await engine.cancel("w")
    with pytest.raises(WorkflowFailed, match=r"Stuck\."):
        await engine.result("w", timeout_seconds=DEADLINE)


@pytest.mark.parametrize("wait", ["sleep", "signal", "retry", "place"])
async def test_cancel_ends_every_wait(
    harness: EngineHarness, script: Scripted, wait: str
) -> None:
    """Sleeps, signals, waits for a retry and for a place all end at once."""

    async def flow(steps: Steps, argument: Json) -> Json:
        await steps.run(echo(), key="before")
        if wait == "sleep":
            await steps.sleep(3600, key="nap")
        elif wait == "signal":
            await steps.signal("go")
        elif wait == "retry":
            policy = Call(activity="fail", argument=None).retry
            slow = type(policy)(max_attempts=2, initial_seconds=3600, max_seconds=3600)
            await steps.run(fail(retry=slow), key="do")
        else:
            nodes = {"a": Node(call=hold()), "b": Node(call=hold())}
            await steps.graph(nodes)

    script.errors = [Refused("No.")]
    engine = await harness.open(
        [Workflow(name="flow", function=flow)],
        script.activities(),
        at_once=1,
    )
    await engine.start("flow", None, id="w")
    await script.started("before")
    if wait in {"retry", "place"}:
        await eventually(lambda: len(script.attempts) == 2)
    await engine.cancel("w")

    assert (await ended(engine)).state is WorkflowState.CANCELLED


async def test_cancel_reaches_every_node_of_a_graph(
    harness: EngineHarness, script: Scripted
) -> None:
    """Running nodes are interrupted, waiting ones never start."""

    async def flow(steps: Steps, argument: Json) -> Json:
        await steps.graph(
            {
                "a": Node(call=hold()),
                "b": Node(call=hold()),
                "c": Node(call=echo(), needs=("a",)),
            }
        )

    engine = await harness.open(
        [Workflow(name="flow", function=flow)], script.activities()
    )
    await engine.start("flow", None, id="w")
    await eventually(lambda: len(script.attempts) == 2)
    await engine.cancel("w")

    assert (await ended(engine)).state is WorkflowState.CANCELLED
    assert sorted(script.interrupted) == ["w/a", "w/b"]
    assert sorted(script.keys()) == ["a", "b"]


async def test_ended_workflows_stay_as_they_are(
    harness: EngineHarness, script: Scripted
) -> None:
    """A cancel that comes too late changes nothing."""
    engine = await harness.open([COMPENSATING], script.activities())
    script.gate.set()
    await engine.start("compensating", None, id="w")
    await ended(engine)
    await engine.cancel("w")

    assert await engine.result("w", timeout_seconds=DEADLINE) == "done"
