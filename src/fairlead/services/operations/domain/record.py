"""An operation as this service keeps it, and the states it may go through."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self
from uuid import UUID

from fairlead.kernel.engine import Json
from fairlead.kernel.errors import ErrorKind, FairleadError
from fairlead.kernel.principal import Principal, TenantId
from fairlead.services.operations.public import (
    Operation,
    OperationError,
    OperationState,
    Submission,
    WorkflowInput,
)

_NEXT = {
    OperationState.QUEUED: frozenset(
        {OperationState.RUNNING, OperationState.FAILED, OperationState.CANCELLED}
    ),
    OperationState.RUNNING: frozenset(
        {OperationState.SUCCEEDED, OperationState.FAILED, OperationState.CANCELLED}
    ),
}
_ENVIRONMENT_PARTS = 5  # "", "projects", ID, "environments", ID


class BadTransition(FairleadError):
    """An operation cannot go from its state to the one asked for."""

    kind = ErrorKind.CONFLICT
    code = "operations.bad_transition"


class BadPriority(FairleadError):
    """A priority is a whole number from 0 (last) to 9 (first)."""

    kind = ErrorKind.INVALID
    code = "operations.bad_priority"


def may_become(state: OperationState, new: OperationState) -> bool:
    """Tell whether an operation may go from `state` to `new`."""
    return new in _NEXT.get(state, frozenset())


def sources(new: OperationState) -> tuple[OperationState, ...]:
    """Return the states that may become `new`."""
    return tuple(state for state in OperationState if may_become(state, new))


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How an operation ended; `error` only when it failed."""

    state: OperationState
    result: Json = None
    error: OperationError | None = None


CANCELLED = Ending(state=OperationState.CANCELLED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """An operation with what only this service needs.

    Attributes:
        requester: Who asked, without origin and session.
        argument: What the workflow gets as its `input`.
        cancel_requested: Somebody wants it cancelled; kept across restarts.
    """

    operation: Operation
    tenant_id: TenantId
    requester: Principal
    argument: Json
    cancel_requested: bool = False

    @property
    def id(self) -> UUID:
        """Return the operation's id."""
        return self.operation.id

    @property
    def owns_feed(self) -> bool:
        """Tell whether the feed ends with this operation."""
        return self.operation.feed_id == self.operation.id

    @property
    def environment_id(self) -> UUID | None:
        """Return the environment its scope names, if it names one."""
        return environment_of(self.operation.scope)

    def begin(self, *, at: datetime) -> Self:
        """Return it running since `at`.

        Raises:
            BadTransition: it is not queued, or is to be cancelled.
        """
        if self.cancel_requested:
            raise BadTransition("The operation is to be cancelled.")
        return self._with(OperationState.RUNNING, started_at=at)

    def end(self, ending: Ending, *, at: datetime) -> Self:
        """Return it ended at `at`.

        Raises:
            BadTransition: it has ended already, or cannot end so.
        """
        return self._with(
            ending.state, ended_at=at, result=ending.result, error=ending.error
        )

    def concluded(self, ending: Ending | None, *, at: datetime) -> Self | None:
        """Return it ended; None: it cannot end so (any more).

        Without an ending: as cancelled, if it is queued and to be cancelled.
        """
        if ending is None:
            queued = self.operation.state is OperationState.QUEUED
            return (
                self.end(CANCELLED, at=at) if queued and self.cancel_requested else None
            )
        if not may_become(self.operation.state, ending.state):
            return None
        return self.end(ending, at=at)

    def ask_cancel(self) -> Self:
        """Return it with the wish to cancel; an ended one stays as it is."""
        if self.operation.state.final:
            return self
        return replace(self, cancel_requested=True)

    def to_workflow(self) -> WorkflowInput:
        """Return what the engine hands the workflow."""
        return WorkflowInput(
            operation_id=self.id,
            tenant_id=self.tenant_id,
            feed_id=self.operation.feed_id,
            requested_by=self.requester,
            input=self.argument,
        )

    def _with(self, state: OperationState, **changes: Json) -> Self:
        now = self.operation.state
        if not may_become(now, state):
            raise BadTransition(
                f"An operation that is {now} cannot become {state}.",
                state=now,
                wanted=state,
            )
        return replace(self, operation=replace(self.operation, state=state, **changes))


def queue(
    who: Principal, submission: Submission, *, parent: Record | None, at: datetime
) -> Record:
    """Return the new, queued operation; a part of a cancelled one is to be cancelled.

    Raises:
        BadPriority: the priority is out of range.
    """
    if not 0 <= submission.priority <= 9:  # noqa: PLR2004 - the range of the contract
        raise BadPriority("Give a priority from 0 to 9.", priority=submission.priority)
    doomed = parent is not None and (
        parent.cancel_requested or parent.operation.state.final
    )
    return Record(
        operation=Operation(
            id=submission.id,
            kind=submission.kind,
            subject=submission.subject,
            scope=submission.scope,
            state=OperationState.QUEUED,
            priority=parent.operation.priority if parent else submission.priority,
            project_id=submission.project_id,
            parent_id=submission.parent_id,
            feed_id=submission.id if parent is None else parent.operation.feed_id,
            requested_by=who.name,
            created_at=at,
        ),
        tenant_id=who.tenant_id,
        requester=Principal(
            id=who.id, name=who.name, kind=who.kind, tenant_id=who.tenant_id
        ),
        argument=submission.argument,
        cancel_requested=doomed,
    )


def environment_of(scope: str) -> UUID | None:
    """Return the environment's id in `/projects/ID/environments/ID`, else None."""
    parts = scope.split("/")
    if len(parts) != _ENVIRONMENT_PARTS:
        return None
    return UUID(parts[-1])
