"""How the desk hears of ends, and how it tells them."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from fairlead.kernel.engine import WorkflowState, WorkflowStatus
from fairlead.services.operations.domain.record import CANCELLED, Ending, Record
from fairlead.services.operations.public import (
    OperationEnded,
    OperationError,
    OperationState,
)


@dataclass(slots=True, kw_only=True, eq=False)
class End:
    """An end to be recorded.

    `told` ones come from the engine, which tells them again after a crash; so their
    feed is closed after the commit. Of the others, whom nobody would tell again, the
    feed is closed before it, and `ending` None means: never started, drop it.
    """

    id: UUID
    ending: Ending | None
    told: bool
    done: asyncio.Future[None] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )


def event_of(record: Record, at: datetime) -> OperationEnded:
    """Return the event that tells of an end at `at`."""
    operation = record.operation
    return OperationEnded(
        at=at,
        aggregate=f"operations/{record.id}",
        actor=record.requester,
        operation_id=record.id,
        kind=operation.kind,
        state=operation.state,
        error=operation.error,
    )


def failed(code: str, message: str) -> Ending:
    """Return the ending of a failure."""
    return Ending(
        state=OperationState.FAILED, error=OperationError(code=code, message=message)
    )


def ending_of(status: WorkflowStatus) -> Ending:
    """Return how an operation ends whose workflow ended so."""
    if status.state is WorkflowState.SUCCEEDED:
        return Ending(state=OperationState.SUCCEEDED, result=status.result)
    if status.state is WorkflowState.CANCELLED:
        return CANCELLED
    error = status.error or {}
    return failed(
        error.get("code", "operations.failed"),
        error.get("message", "The operation failed."),
    )
