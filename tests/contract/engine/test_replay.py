"""The engine port: code that changed, keys used twice, graphs."""

import asyncio

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fairlead.kernel.engine import (
    ONCE,
    Attempt,
    Call,
    Json,
    Node,
    StepFailed,
    Steps,
    Workflow,
    WorkflowFunction,
    WorkflowState,
)
from fairlead.testing.engine import (
    DEADLINE,
    EmbeddedHarness,
    EngineHarness,
    Refused,
    Scripted,
    echo,
    ended,
    eventually,
    fail,
    hold,
)
from fairlead.testing.temporal import TemporalHarness
from fairlead.testing.temporal_server import TemporalServer


async def original(steps: Steps, argument: Json) -> Json:
    await steps.run(echo(1), key="a")
    await steps.run(echo(2), key="b")
    return await steps.run(hold(), key="c")


async def other_argument(steps: Steps, argument: Json) -> Json:
    await steps.run(echo(9), key="a")
    await steps.run(echo(2), key="b")
    return await steps.run(hold(), key="c")


async def other_activity(steps: Steps, argument: Json) -> Json:
    await steps.run(hold(1), key="a")
    await steps.run(echo(2), key="b")
    return await steps.run(hold(), key="c")


async def new_step(steps: Steps, argument: Json) -> Json:
    await steps.run(echo(1), key="a")
    await steps.run(echo(1), key="new")
    await steps.run(echo(2), key="b")
    return await steps.run(hold(), key="c")


async def step_left_out(steps: Steps, argument: Json) -> Json:
    return await steps.run(echo(1), key="a")


async def now_a_sleep(steps: Steps, argument: Json) -> Json:
    await steps.sleep(0, key="a")
    await steps.run(echo(2), key="b")
    return await steps.run(hold(), key="c")


@pytest.mark.parametrize(
    "changed", [other_argument, other_activity, new_step, step_left_out, now_a_sleep]
)
async def test_changed_code_of_the_same_version_fails_loudly(
    harness: EngineHarness, script: Scripted, changed: WorkflowFunction
) -> None:
    """A replay that asks for other steps ends the workflow and runs nothing."""
    engine = await harness.open(
        [Workflow(name="flow", function=original)], script.activities()
    )
    await engine.start("flow", None, id="w")
    await script.started("c")
    ran = len(script.attempts)
    engine = await harness.open(
        [Workflow(name="flow", function=changed)], script.activities()
    )
    status = await ended(engine)

    assert status.state is WorkflowState.FAILED
    assert status.error is not None
    assert status.error["code"] == "engine.nondeterministic"
    assert len(script.attempts) == ran


async def test_policies_may_change_under_a_running_workflow(
    harness: EngineHarness, script: Scripted
) -> None:
    """Other retries and time-outs are no other step."""

    async def patient(steps: Steps, argument: Json) -> Json:
        call = Call(activity="echo", argument=1, retry=ONCE, timeout_seconds=9)
        await steps.run(call, key="a")
        await steps.run(echo(2), key="b")
        return await steps.run(hold(), key="c")

    engine = await harness.open(
        [Workflow(name="flow", function=original)], script.activities()
    )
    await engine.start("flow", None, id="w")
    await script.started("c")
    engine = await harness.open(
        [Workflow(name="flow", function=patient)], script.activities()
    )
    script.gate.set()

    assert (await ended(engine)).state is WorkflowState.SUCCEEDED
    assert script.keys() == ["a", "b", "c", "c"]


@pytest.mark.parametrize(
    "flows", [[Workflow(name="flow", function=original, version=2)], []]
)
async def test_workflows_are_not_replayed_by_another_version(
    harness: EngineHarness, script: Scripted, flows: list[Workflow]
) -> None:
    """A running workflow whose code has another version, or is gone, fails."""
    engine = await harness.open(
        [Workflow(name="flow", function=original)], script.activities()
    )
    await engine.start("flow", None, id="w")
    await script.started("c")
    engine = await harness.open(flows, script.activities())
    status = await ended(engine)

    assert status.error is not None
    assert status.error["code"] == (
        "engine.version_mismatch" if flows else "engine.workflow_unregistered"
    )


async def test_a_key_used_for_two_things_fails_the_workflow(
    harness: EngineHarness, script: Scripted
) -> None:
    """It fails even when the workflow catches every exception."""

    async def flow(steps: Steps, argument: Json) -> Json:
        await steps.run(echo(1), key="a")
        try:
            return await steps.run(echo(2), key="a")
        except Exception:  # noqa: BLE001 - what careless code does
            return "fine"

    engine = await harness.open(
        [Workflow(name="flow", function=flow)], script.activities()
    )
    await engine.start("flow", None, id="w")
    status = await ended(engine)

    assert status.error is not None
    assert status.error["code"] == "engine.duplicate_key"


async def test_concurrency_beside_graphs_cannot_double_a_step(
    harness: EngineHarness, script: Scripted
) -> None:
    """A key asked for while it runs fails the workflow and ends the activity."""

    async def flow(steps: Steps, argument: Json) -> Json:
        return await asyncio.gather(
            steps.run(hold(1), key="a"), steps.run(hold(1), key="a")
        )

    engine = await harness.open(
        [Workflow(name="flow", function=flow)], script.activities()
    )
    await engine.start("flow", None, id="w")
    status = await ended(engine)

    assert status.error is not None
    assert status.error["code"] == "engine.duplicate_key"
    assert len(script.attempts) <= 1


async def test_the_same_step_asked_again_is_not_run_again(
    harness: EngineHarness, script: Scripted
) -> None:
    """The same key with the same call returns the recorded result."""

    async def flow(steps: Steps, argument: Json) -> Json:
        return [await steps.run(echo({"b": 1, "a": 2}), key="a") for _ in range(2)]

    engine = await harness.open(
        [Workflow(name="flow", function=flow)], script.activities()
    )
    await engine.start("flow", None, id="w")

    assert await engine.result("w", timeout_seconds=DEADLINE) == [{"a": 2, "b": 1}] * 2
    assert len(script.attempts) == 1


async def test_a_failed_node_stops_only_what_needs_it(
    harness: EngineHarness, script: Scripted
) -> None:
    """The other nodes end; then the first failure in node order is raised."""

    async def flow(steps: Steps, argument: Json) -> Json:
        try:
            await steps.graph(
                {
                    "needs_bad": Node(call=echo(), needs=("bad", "good")),
                    "good": Node(call=echo()),
                    "bad": Node(call=fail(retry=ONCE)),
                    "needs_good": Node(call=echo(), needs=("good",)),
                }
            )
        except StepFailed as error:
            return error.details["step"]

    script.errors = [Refused("No.")]
    engine = await harness.open(
        [Workflow(name="flow", function=flow)], script.activities()
    )
    await engine.start("flow", None, id="w")

    assert await engine.result("w", timeout_seconds=DEADLINE) == "bad"
    assert sorted(script.keys()) == ["bad", "good", "needs_good"]


@pytest.mark.parametrize(
    "nodes",
    [
        {"a": Node(call=echo(), needs=("missing",))},
        {"a": Node(call=echo(), needs=("b",)), "b": Node(call=echo(), needs=("a",))},
    ],
)
async def test_graphs_that_cannot_end_are_bugs(
    harness: EngineHarness, script: Scripted, nodes: dict[str, Node]
) -> None:
    """Unknown needs and cycles fail the workflow before anything runs."""

    async def flow(steps: Steps, argument: Json) -> Json:
        return dict(await steps.graph(nodes))

    engine = await harness.open(
        [Workflow(name="flow", function=flow)], script.activities()
    )
    await engine.start("flow", None, id="w")
    status = await ended(engine)

    assert status.error is not None
    assert status.error["code"] == "engine.workflow_bug"
    assert script.attempts == []


async def test_graphs_resume_where_they_were(
    harness: EngineHarness, script: Scripted
) -> None:
    """After a restart only the nodes without a result run."""

    async def flow(steps: Steps, argument: Json) -> Json:
        nodes = {
            "a": Node(call=echo("a")),
            "b": Node(call=hold("b")),
            "c": Node(call=echo("c"), needs=("a",)),
            "d": Node(call=echo("d"), needs=("b", "c")),
        }
        return list((await steps.graph(nodes)).values())

    flows = [Workflow(name="flow", function=flow)]
    engine = await harness.open(flows, script.activities())
    await engine.start("flow", None, id="w")
    await eventually(lambda: len(script.attempts) == 3)
    with pytest.raises(TimeoutError):
        await engine.result("w", timeout_seconds=0.1)
    engine = await harness.open(flows, script.activities())
    script.gate.set()

    assert await engine.result("w", timeout_seconds=DEADLINE) == ["a", "b", "c", "d"]
    assert sorted(script.keys()) == ["a", "b", "b", "c", "d"]


@st.composite
def graphs(draw: st.DrawFn) -> dict[str, tuple[str, ...]]:
    """Draw up to eight nodes whose needs come before them."""
    size = draw(st.integers(0, 8))
    keys = [f"n{number}" for number in range(size)]
    return {
        key: tuple(draw(st.sets(st.sampled_from(keys[:place])))) if place else ()
        for place, key in enumerate(keys)
    }


GRAPHS = given(graphs(), st.sets(st.integers(0, 7)))


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@GRAPHS
def test_random_graphs_keep_their_order(
    tmp_path_factory: pytest.TempPathFactory,
    needs: dict[str, tuple[str, ...]],
    bad: set[int],
) -> None:
    """Each node runs once, after its needs; none whose needs failed runs."""
    harness = EmbeddedHarness(tmp_path_factory.mktemp("graph"))
    asyncio.run(check_order(harness, needs, bad))


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@GRAPHS
def test_random_graphs_keep_their_order_on_temporal(
    temporal: TemporalServer,
    tmp_path_factory: pytest.TempPathFactory,
    needs: dict[str, tuple[str, ...]],
    bad: set[int],
) -> None:
    """The same rules; fewer graphs, since each takes longer there."""
    harness = TemporalHarness(temporal.address, tmp_path_factory.mktemp("graph"))
    asyncio.run(check_order(harness, needs, bad))


async def check_order(
    harness: EngineHarness, needs: dict[str, tuple[str, ...]], bad: set[int]
) -> None:
    failing = {f"n{number}" for number in bad} & set(needs)
    finished: list[str] = []
    early: list[str] = []

    async def work(attempt: Attempt) -> Json:
        key = attempt.argument
        early.extend(need for need in needs[key] if need not in finished)
        await asyncio.sleep(0)
        if key in failing:
            raise Refused("No.")
        finished.append(key)
        return key

    async def flow(steps: Steps, argument: Json) -> Json:
        nodes = {
            key: Node(call=Call(activity="work", argument=key, retry=ONCE), needs=need)
            for key, need in needs.items()
        }
        return dict(await steps.graph(nodes))

    flows = [Workflow(name="flow", function=flow)]
    engine = await harness.open(flows, {"work": work})
    await engine.start("flow", None, id="w")
    state = (await ended(engine)).state
    await harness.close()

    reachable: set[str] = set()
    for key, need in needs.items():
        if key not in failing and reachable.issuperset(need):
            reachable.add(key)
    assert early == []
    assert sorted(finished) == sorted(reachable)
    assert state is (WorkflowState.FAILED if failing else WorkflowState.SUCCEEDED)
