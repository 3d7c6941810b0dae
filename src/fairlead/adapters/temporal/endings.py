"""What Temporal says of a workflow, as the port says it."""

from collections.abc import Mapping
from typing import Any, Final

from temporalio.client import (
    WorkflowExecutionStatus,
    WorkflowFailureError,
    WorkflowHandle,
)
from temporalio.exceptions import (
    ApplicationError,
    CancelledError,
    TerminatedError,
)

from fairlead.adapters.temporal.payloads import mapping
from fairlead.kernel.engine import (
    Json,
    WorkflowCancelled,
    WorkflowFailed,
    WorkflowState,
    WorkflowStatus,
)

NONDETERMINISTIC: Final = "engine.nondeterministic"
TERMINATED: Final = "engine.terminated"
ENDED: Final = "engine.ended_by_temporal"


async def ending(
    handle: "WorkflowHandle[Any, Any]",
    *,
    id: str,  # noqa: A002
    workflow: str,
) -> WorkflowStatus:
    """Wait for the end of a workflow and return it."""
    state, result, error = WorkflowState.SUCCEEDED, None, None
    try:
        result = await handle.result()
    except WorkflowFailureError as failure:
        state, error = _failure(failure.cause)
    return WorkflowStatus(
        id=id, workflow=workflow, state=state, result=result, error=error
    )


def revealed(status: WorkflowStatus) -> Json:
    """Return the result of an ended workflow.

    Raises:
        WorkflowFailed: it failed.
        WorkflowCancelled: it was cancelled.
    """
    if status.state is WorkflowState.SUCCEEDED:
        return status.result
    if status.state is WorkflowState.CANCELLED:
        message = f"Workflow {status.id} was cancelled."
        raise WorkflowCancelled(message, id=status.id)
    error = status.error or {}
    details = {name: error[name] for name in error if name not in {"code", "message"}}
    raise WorkflowFailed(
        error["message"], **{**details, "id": status.id, "cause": error["code"]}
    )


def runs(status: WorkflowExecutionStatus | None) -> bool:
    """Tell whether a workflow has yet to end."""
    return status in {None, WorkflowExecutionStatus.RUNNING}


def _failure(
    cause: BaseException,
) -> tuple[WorkflowState, Mapping[str, str] | None]:
    if isinstance(cause, CancelledError):
        return WorkflowState.CANCELLED, None
    if isinstance(cause, ApplicationError | TerminatedError):
        told = mapping(cause.details[0] if cause.details else None)
        if "code" in told and "message" in told:
            return WorkflowState.FAILED, dict(told)
    return WorkflowState.FAILED, {"code": _code(cause), "message": _message(cause)}


def _code(cause: BaseException) -> str:
    if isinstance(cause, TerminatedError):
        return TERMINATED
    if "ondetermini" in str(cause):
        return NONDETERMINISTIC
    return ENDED


def _message(cause: BaseException) -> str:
    if isinstance(cause, TerminatedError):
        return f"It was terminated in Temporal: {cause.message or 'no reason given'}."
    return str(cause)[:8192]
