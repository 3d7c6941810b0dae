"""The states an operation may go through, and nothing else."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as some

from fairlead.kernel.principal import Principal, PrincipalKind, TenantId
from fairlead.services.authz.public import environment_scope, project_scope
from fairlead.services.operations.domain.record import (
    CANCELLED,
    BadPriority,
    BadTransition,
    Ending,
    Record,
    environment_of,
    may_become,
    queue,
    sources,
)
from fairlead.services.operations.public import (
    OperationError,
    OperationState,
    Submission,
    WorkflowInput,
)

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ADA = Principal(id=UUID(int=7), name="ada", tenant_id=TenantId(UUID(int=70)))
VALID = {
    ("queued", "running"),
    ("queued", "failed"),
    ("queued", "cancelled"),
    ("running", "succeeded"),
    ("running", "failed"),
    ("running", "cancelled"),
}
STATES = some.sampled_from(OperationState)


def submission(number: int = 1, **changes: Any) -> Submission:
    values: dict[str, Any] = {
        "id": UUID(int=number),
        "kind": "test.work",
        "argument": {"n": number},
        "subject": f"work/{number}",
        **changes,
    }
    return Submission(**values)


def queued(**changes: Any) -> Record:
    return queue(ADA, submission(**changes), parent=None, at=NOW)


@given(STATES, STATES)
def test_only_the_valid_transitions_are_valid(
    state: OperationState, new: OperationState
) -> None:
    """Every pair of states is either in the table or refused."""
    assert may_become(state, new) == ((state, new) in VALID)
    assert (state in sources(new)) == may_become(state, new)


@given(some.lists(STATES, max_size=8))
def test_a_final_state_never_changes(wishes: list[OperationState]) -> None:
    """Whatever is asked in whatever order: once final, always the same."""
    record = queued()
    final: Record | None = None
    for wish in wishes:
        try:
            if wish is OperationState.RUNNING:
                record = record.begin(at=NOW)
            else:
                record = record.end(Ending(state=wish), at=NOW)
        except BadTransition:
            pass
        if final is None and record.operation.state.final:
            final = record

    assert final is None or record == final
    assert (record.operation.ended_at is not None) == record.operation.state.final


def test_an_end_keeps_result_and_error() -> None:
    """Ending keeps what the workflow gave and when."""
    running = queued().begin(at=NOW)
    error = OperationError(code="a.b", message="It broke.")

    done = running.end(Ending(state=OperationState.SUCCEEDED, result={"a": 1}), at=NOW)
    broken = running.end(Ending(state=OperationState.FAILED, error=error), at=NOW)

    assert (done.operation.result, done.operation.ended_at) == ({"a": 1}, NOW)
    assert broken.operation.error == error


def test_what_is_to_be_cancelled_never_begins() -> None:
    """The wish to cancel forbids the start, and an ended one takes no wish."""
    wished = queued().ask_cancel()
    ended = wished.end(CANCELLED, at=NOW)

    with pytest.raises(BadTransition):
        wished.begin(at=NOW)
    assert ended.ask_cancel() == ended


def test_parts_share_the_outermost_feed() -> None:
    """A child, and a child's child, write to the journal of the first."""
    root = queued()
    child = queue(ADA, submission(2), parent=root, at=NOW)
    grandchild = queue(ADA, submission(3), parent=child, at=NOW)

    assert (root.owns_feed, child.owns_feed) == (True, False)
    assert grandchild.operation.feed_id == root.id


@pytest.mark.parametrize("ended", [True, False])
def test_parts_of_a_cancelled_one_are_to_be_cancelled(ended: bool) -> None:
    """A child inherits the cancel of its parent, wished or done."""
    parent = queued().ask_cancel()
    if ended:
        parent = parent.end(CANCELLED, at=NOW)

    assert queue(ADA, submission(2), parent=parent, at=NOW).cancel_requested


@pytest.mark.parametrize("priority", [-1, 10])
def test_priorities_out_of_range_are_refused(priority: int) -> None:
    with pytest.raises(BadPriority):
        queued(priority=priority)


def test_the_workflow_gets_who_where_and_what() -> None:
    """What the engine keeps reads back as what was written."""
    record = queued()

    read = WorkflowInput.from_json(record.to_workflow().to_json())

    assert read == record.to_workflow()
    assert read.requested_by.kind is PrincipalKind.USER
    assert (read.input, read.tenant_id) == ({"n": 1}, ADA.tenant_id)


def test_only_environment_scopes_name_an_environment() -> None:
    project, environment = UUID(int=1), UUID(int=2)

    assert environment_of(environment_scope(project, environment)) == environment
    assert environment_of(project_scope(project)) is None
    assert environment_of("/") is None
