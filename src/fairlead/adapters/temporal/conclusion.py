"""Running a workflow's code to its end on Temporal, and what that end is."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

import structlog
from temporalio import workflow

from fairlead.adapters.engine.codec import encode
from fairlead.adapters.engine.conclusion import BUG, UNREGISTERED, VERSION
from fairlead.adapters.temporal.run import Doomed, Run
from fairlead.kernel.engine import (
    Json,
    StepFailed,
    Workflow,
    WorkflowCancelled,
    WorkflowState,
)
from fairlead.kernel.errors import FairleadError

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Ending:
    """How a workflow ended; `value` is its result or its error."""

    state: WorkflowState
    value: Json = None


async def conclude(run: Run, flow: Workflow, argument: Json) -> Ending:
    """Run the code of `flow` and return how it ended."""
    ending = await _play(run, flow, argument)
    if run.doom is None:
        return ending
    code, message = run.doom
    if not workflow.unsafe.is_replaying():
        log.error("engine_workflow_doomed", id=run.id, code=code, reason=message)
    return Ending(WorkflowState.FAILED, {"code": code, "message": message})


def mismatch(
    name: str, version: Json, flow: Workflow | None
) -> Mapping[str, str] | None:
    """Return the error of a workflow that `flow` cannot go on with."""
    if flow is None:
        message = f"No workflow is registered as {name} any more."
        return {"code": UNREGISTERED, "message": message}
    if flow.version == version:
        return None
    message = (
        f"{name} began with version {version} of its code; this is version "
        f"{flow.version}. Start it again."
    )
    return {"code": VERSION, "message": message}


async def _play(run: Run, flow: Workflow, argument: Json) -> Ending:
    try:
        result = await flow.function(run, argument)
        encode(result, what=f"The result of {flow.name}")
    except (Exception, asyncio.CancelledError, Doomed) as error:
        if run.leaving and isinstance(error, asyncio.CancelledError):
            raise
        return _raised(run, flow, error)  # an edge: no bug leaves a workflow running
    if run.cancelled:
        return Ending(WorkflowState.CANCELLED)
    return Ending(WorkflowState.SUCCEEDED, result)


def _raised(run: Run, flow: Workflow, error: BaseException) -> Ending:
    if isinstance(error, WorkflowCancelled) and run.cancelled:
        return Ending(WorkflowState.CANCELLED)
    if not isinstance(error, FairleadError):
        return _bug(run, flow, error)
    failed = {"code": error.code, "message": error.message}
    if isinstance(error, StepFailed):
        failed["code"] = str(error.details.get("cause", error.code))
        failed["step"] = str(error.details.get("step", ""))
    return Ending(WorkflowState.FAILED, failed)


def _bug(run: Run, flow: Workflow, error: BaseException) -> Ending:
    error_id = str(workflow.uuid4())
    if run.doom is None and not workflow.unsafe.is_replaying():
        log.error(
            "engine_workflow_bug",
            id=run.id,
            workflow=flow.name,
            error_id=error_id,
            exc_info=error,
        )
    message = f"{flow.name} failed unexpectedly; look for {error_id} in the log."
    return Ending(
        WorkflowState.FAILED,
        {"code": BUG, "message": message, "error_id": error_id},
    )
