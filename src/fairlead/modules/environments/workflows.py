"""How a release comes to serve: beside the old one first, and in its place then."""

from collections.abc import Mapping

from fairlead.kernel.engine import (
    ONCE,
    Call,
    Json,
    RetryPolicy,
    StepFailed,
    Steps,
    Workflow,
    WorkflowCancelled,
)
from fairlead.modules.environments.domain import OPERATION, RESTART

HOUR = 3600.0
STUBBORN = RetryPolicy(max_attempts=20, initial_seconds=0.2, max_seconds=10.0)


async def deploy(steps: Steps, argument: Json) -> Json:
    """Replace each workload of an order in turn; what failed leaves the old serving.

    The result is `{"workloads": [{"id", "name", "url"}]}`.
    """
    order = argument["input"]
    served = []
    for workload in order["workloads"]:
        task = _task(argument, workload["id"], stream=order["stream"])
        run = {"run_id": order["run_id"], "number": order["number"]}
        claim = {**task, **run, "order": workload["order"]}
        served.append(await _roll(steps, task, claim, name=workload["order"]["name"]))
    return {"workloads": served}


async def restart(steps: Steps, argument: Json) -> Json:
    """Start the replicas of a workload's release anew, then stop the old ones."""
    task = _task(argument, argument["input"]["workload_id"], stream="restart")
    return {"workloads": [await _roll(steps, task, task, name="restart")]}


async def _roll(
    steps: Steps, task: Mapping[str, Json], claim: Mapping[str, Json], *, name: str
) -> Json:
    try:
        claimed = await _step(steps, "claim", claim, name)
        task = {**task, "release": claimed["release"]}
        await _step(steps, "prepare", task, name)
        await _step(steps, "start", task, name)
        await _step(steps, "answers", task, name)
        served = await _step(steps, "switch", task, name)
        await _step(steps, "drain", task, name)
    except (StepFailed, WorkflowCancelled) as error:
        stopped = isinstance(error, WorkflowCancelled)
        reason = "It was cancelled." if stopped else error.message
        await _settle(steps, {**task, "reason": reason}, name)
        raise
    await _settle(steps, {**task, "reason": ""}, name)
    return served


async def _step(
    steps: Steps, activity: str, argument: Mapping[str, Json], name: str
) -> Json:
    patience = _patience(activity)
    call = Call(
        activity=f"environments.{activity}",
        argument=dict(argument),
        retry=RetryPolicy() if patience is None else ONCE,
        timeout_seconds=patience or 300.0,
    )
    return await steps.run(call, key=f"{name}/{activity}")


def _patience(activity: str) -> float | None:
    """Return how long an activity that is made once may take; None: it is repeated."""
    if activity == "claim":
        return 24 * HOUR
    return HOUR if activity in {"prepare", "answers"} else None


async def _settle(steps: Steps, argument: Mapping[str, Json], name: str) -> None:
    call = Call(activity="environments.settle", argument=dict(argument), retry=STUBBORN)
    await steps.run(call, key=f"{name}/settle", shield=True)


def _task(argument: Json, workload_id: str, *, stream: str) -> Mapping[str, Json]:
    return {
        "tenant_id": argument["tenant_id"],
        "operation_id": argument["operation_id"],
        "feed_id": argument["feed_id"],
        "stream": stream,
        "workload_id": workload_id,
    }


WORKFLOWS = (
    Workflow(name=OPERATION, function=deploy),
    Workflow(name=RESTART, function=restart),
)
