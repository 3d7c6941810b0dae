"""Running a workflow's code to its end, and what that end is."""

import asyncio
import time
from typing import Any

import structlog

from fairlead.adapters.engine.codec import decode, encode
from fairlead.adapters.engine.records import Beginning, Ending
from fairlead.adapters.engine.run import Doomed, Run
from fairlead.kernel.engine import (
    StepFailed,
    Workflow,
    WorkflowCancelled,
    WorkflowState,
    WorkflowStatus,
)
from fairlead.kernel.errors import FairleadError
from fairlead.kernel.ids import new_id

log = structlog.get_logger(__name__)

BUG = "engine.workflow_bug"
VERSION = "engine.version_mismatch"
UNREGISTERED = "engine.workflow_unregistered"


async def conclude(run: Run, workflow: Workflow | None) -> Ending:
    """Run the code of `workflow` and return how it ended."""
    reason = _mismatch(run.beginning, workflow)
    if reason is not None or workflow is None:
        return _failed(run, reason or {})
    ending = await _play(run, workflow)
    if run.history.unasked and run.doom is None:
        missed = ", ".join(sorted(run.history.unasked)[:3])
        run.condemn(
            "engine.nondeterministic",
            f"The code of {workflow.name} has changed under a running workflow: it "
            f"no longer asks for {missed}.",
        )
    if run.doom is not None:
        code, message = run.doom.code, run.doom.message
        log.error("engine_workflow_doomed", id=run.id, code=code, reason=message)
        return _failed(run, {"code": code, "message": message})
    return ending


def status(beginning: Beginning, ending: Ending | None) -> WorkflowStatus:
    """Return what is told of a workflow."""
    if ending is None:
        return WorkflowStatus(
            id=beginning.id, workflow=beginning.workflow, state=WorkflowState.RUNNING
        )
    state, value = WorkflowState(ending.state), decode(ending.body)
    return WorkflowStatus(
        id=beginning.id,
        workflow=beginning.workflow,
        state=state,
        result=value if state is WorkflowState.SUCCEEDED else None,
        error=value if state is WorkflowState.FAILED else None,
    )


async def _play(run: Run, workflow: Workflow) -> Ending:
    try:
        result = await workflow.function(run, decode(run.beginning.argument))
        body = encode(result, what=f"The result of {workflow.name}")
    except (Exception, asyncio.CancelledError, Doomed) as error:
        if run.closing and isinstance(error, asyncio.CancelledError):
            raise
        return _raised(run, error)  # an edge: no bug leaves a workflow running
    if run.cancelled:
        return _ending(run, WorkflowState.CANCELLED, b"")
    return _ending(run, WorkflowState.SUCCEEDED, body)


def _mismatch(beginning: Beginning, workflow: Workflow | None) -> dict[str, Any] | None:
    if workflow is None:
        message = f"No workflow is registered as {beginning.workflow} any more."
        return {"code": UNREGISTERED, "message": message}
    if workflow.version == beginning.version:
        return None
    message = (
        f"{workflow.name} began with version {beginning.version} of its code; this is "
        f"version {workflow.version}. Start it again."
    )
    return {"code": VERSION, "message": message}


def _raised(run: Run, error: BaseException) -> Ending:
    if isinstance(error, WorkflowCancelled) and run.cancelled:
        return _ending(run, WorkflowState.CANCELLED, b"")
    if not isinstance(error, FairleadError):
        return _bug(run, error)
    if isinstance(error, StepFailed):
        code = str(error.details.get("cause", error.code))
        step = str(error.details.get("step", ""))
        return _failed(run, {"code": code, "message": error.message, "step": step})
    return _failed(run, {"code": error.code, "message": error.message})


def _bug(run: Run, error: BaseException) -> Ending:
    if isinstance(error, Doomed):  # told by `conclude`
        return _failed(run, {"code": BUG, "message": str(error)})
    error_id = str(new_id())
    name = run.beginning.workflow
    log.error(
        "engine_workflow_bug",
        id=run.id,
        workflow=name,
        error_id=error_id,
        exc_info=error,
    )
    message = f"{name} failed unexpectedly; look for {error_id} in the log."
    return _failed(run, {"code": BUG, "message": message, "error_id": error_id})


def _failed(run: Run, error: dict[str, Any]) -> Ending:
    body = encode(error, what="An error")
    return _ending(run, WorkflowState.FAILED, body)


def _ending(run: Run, state: WorkflowState, body: bytes) -> Ending:
    return Ending(run.beginning.number, state.value, body, time.time())
