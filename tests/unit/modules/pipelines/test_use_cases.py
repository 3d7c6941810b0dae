"""Starting, finding and cancelling runs, against ports in memory."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from typing_extensions import override

from fairlead.kernel.idempotency import IdempotencyKeys, RequestKey
from fairlead.kernel.paging import Page, PageRequest
from fairlead.kernel.principal import Principal, service
from fairlead.modules.pipelines.memory import (
    MemoryArtifactStore,
    MemoryRunStore,
    MemoryStepStore,
)
from fairlead.modules.pipelines.permissions import (
    RUN_CANCEL,
    RUN_PRIORITISE,
    RUN_READ,
    RUN_START,
)
from fairlead.modules.pipelines.public import (
    ExecutorRefused,
    RunNotFound,
    RunQueued,
    State,
)
from fairlead.modules.pipelines.use_cases.end import CancelRun
from fairlead.modules.pipelines.use_cases.scheduled import ScheduledRuns
from fairlead.modules.pipelines.use_cases.show import FindRun, GetRun, ListRuns
from fairlead.modules.pipelines.use_cases.start import (
    BadPriority,
    BadRevision,
    ExecutorRule,
    StartRun,
    SubmitQueuedRun,
    Wanted,
)
from fairlead.modules.projects.permissions import PROJECT_READ
from fairlead.modules.projects.public import Project, ProjectNotFound, Projects
from fairlead.services.audit.public import Outcome
from fairlead.services.authz.public import NotAllowed
from fairlead.services.operations.public import (
    Operation,
    OperationFilter,
    OperationNotFound,
    Operations,
    OperationState,
    Submission,
)
from fairlead.testing.fakes import (
    FrozenClock,
    GrantList,
    Meanwhile,
    NullWork,
    RecordingOutbox,
    RecordingTrail,
)

ADA = Principal(id=UUID(int=7), name="ada")
CLOCK = FrozenClock()
HELLO = Project(
    id=UUID(int=900),
    name="hello",
    repository="/srv/hello",
    branch="main",
    created_at=datetime(2026, 1, 1, tzinfo=UTC),
)


class OneProject(Projects):
    """Knows `hello` only."""

    @override
    async def create(
        self, who: Principal, name: str, repository: str, *, branch: str = ""
    ) -> Project:
        raise NotImplementedError

    @override
    async def get(self, who: Principal, project: str) -> Project:
        if project != HELLO.name:
            raise ProjectNotFound("There is none.")
        return HELLO

    @override
    async def list(self, who: Principal, page: PageRequest) -> Page[Project]:
        return Page(items=(HELLO,))

    @override
    async def delete(self, who: Principal, project: str) -> None:
        raise NotImplementedError


class Noted(Operations):
    """Notes what was submitted and cancelled; nothing ever runs."""

    def __init__(self) -> None:
        self.submitted: list[Submission] = []
        self.cancelled: list[tuple[Principal, UUID]] = []
        self.reason = ""
        self.missing = False

    @override
    async def submit(self, who: Principal, submission: Submission) -> Operation:
        self.submitted.append(submission)
        return _operation(submission.id)

    @override
    async def get(self, who: Principal, operation_id: UUID) -> Operation:
        if self.missing:
            raise OperationNotFound("There is none.")
        return replace(_operation(operation_id), reason=self.reason)

    @override
    async def list(
        self, who: Principal, wanted: OperationFilter, page: PageRequest
    ) -> Page[Operation]:
        return Page(items=())

    @override
    async def cancel(self, who: Principal, operation_id: UUID) -> Operation:
        self.cancelled.append((who, operation_id))
        return _operation(operation_id)

    @override
    async def wait(self, operation_id: UUID) -> Operation:
        return _operation(operation_id)


def _operation(operation_id: UUID) -> Operation:
    return Operation(
        id=operation_id,
        kind="pipelines.run",
        subject="hello/1",
        scope="/",
        state=OperationState.QUEUED,
        priority=5,
        project_id=None,
        parent_id=None,
        feed_id=operation_id,
        requested_by="ada",
        created_at=CLOCK.now(),
    )


class KeyRing(IdempotencyKeys):
    """Remembers keys."""

    def __init__(self) -> None:
        self.keys: dict[tuple[str, str], UUID] = {}

    @override
    async def claim(
        self, who: Principal, action: str, request: RequestKey, *, new: UUID
    ) -> UUID:
        return self.keys.setdefault((action, request.key), new)


@dataclass
class Desk:
    """Everything the use cases need."""

    runs: MemoryRunStore = field(default_factory=MemoryRunStore)
    operations: Noted = field(default_factory=Noted)
    trail: RecordingTrail = field(default_factory=RecordingTrail)
    outbox: RecordingOutbox = field(default_factory=RecordingOutbox)
    keys: KeyRing = field(default_factory=KeyRing)
    work: NullWork = field(default_factory=NullWork)

    def start(self, *granted: str, unsafe_local: bool = True) -> StartRun:
        return StartRun(
            runs=self.runs,
            projects=OneProject(),
            operations=self.operations,
            authorizer=GrantList(*granted),
            trail=self.trail,
            keys=self.keys,
            outbox=self.outbox,
            work=self.work,
            clock=CLOCK,
            rule=ExecutorRule("process", unsafe_local),
        )

    def find(self, *granted: str) -> FindRun:
        return FindRun(
            runs=self.runs, projects=OneProject(), authorizer=GrantList(*granted)
        )

    def cancel(self, *granted: str) -> CancelRun:
        return CancelRun(
            find=self.find(*granted),
            operations=self.operations,
            trail=self.trail,
            work=NullWork(),
            system=service("pipelines"),
        )


async def test_started_run_is_recorded_told_and_submitted() -> None:
    """Row, event, audit entry and operation carry the same id."""
    desk = Desk()

    run = await desk.start(RUN_START)(ADA, "hello", Wanted(revision="v1"))

    record = await desk.runs.get(run.id)
    assert (run.number, run.state, run.revision) == (1, State.QUEUED, "v1")
    assert (record.repository, record.wanted) == ("/srv/hello", "v1")
    event = desk.outbox.events[0]
    assert isinstance(event, RunQueued)
    assert event.run_id == run.id
    assert [act.action for _, act in desk.trail.acts] == [RUN_START]
    submitted = desk.operations.submitted[0]
    assert (submitted.id, submitted.subject) == (run.id, "hello/1")
    assert submitted.scope == f"/projects/{HELLO.id}"


async def test_branch_of_the_project_is_the_default() -> None:
    """Where no revision is named."""
    desk = Desk()

    run = await desk.start(RUN_START)(ADA, "hello")

    assert run.revision == ""
    assert (await desk.runs.get(run.id)).wanted == "main"


async def test_same_key_returns_the_same_run() -> None:
    """And records nothing more; it may submit again, which is fine."""
    desk = Desk()
    start = desk.start(RUN_START)
    key = RequestKey(key="k", digest="d")

    first = await start(ADA, "hello", request=key)
    second = await start(ADA, "hello", request=key)

    assert first == second
    assert len(desk.trail.acts) == len(desk.outbox.events) == 1
    assert {one.id for one in desk.operations.submitted} == {first.id}


async def test_same_id_at_once_is_the_same_run() -> None:
    """A schedule gives the id; two who start its time find one run."""
    desk, run_id = Desk(), UUID(int=77)
    start = desk.start(RUN_START)

    async def quicker() -> None:
        await start(ADA, "hello", run_id=run_id)

    desk.work = Meanwhile(quicker)
    run = await desk.start(RUN_START)(ADA, "hello", run_id=run_id)

    assert (run.id, run.number) == (run_id, 1)
    assert len(desk.trail.acts) == len(desk.outbox.events) == 1


@pytest.mark.parametrize("priority", [True, 1.5, "5", None, -1, 10])
async def test_only_whole_numbers_are_priorities_of_schedules(priority: object) -> None:
    desk = Desk()
    runs = ScheduledRuns(start_run=desk.start(RUN_START, RUN_PRIORITISE))

    with pytest.raises(BadPriority):
        await runs.prepare(ADA, {"project": "hello", "priority": priority})


@pytest.mark.parametrize("revision", ["-x", "a b", "a\nb", "x" * 201])
async def test_what_cannot_be_a_revision_is_refused(revision: str) -> None:
    """Before anything is recorded."""
    desk = Desk()

    with pytest.raises(BadRevision):
        await desk.start(RUN_START)(ADA, "hello", Wanted(revision=revision))

    assert desk.outbox.events == []


async def test_a_queued_run_tells_why_it_waits() -> None:
    """As its operation does, which may not be there yet."""
    desk = Desk()
    run = await desk.start(RUN_START)(ADA, "hello")
    desk.operations.reason = "number 1 of 1, about to start"
    get = GetRun(
        find=desk.find(RUN_READ),
        steps=MemoryStepStore(),
        artifacts=MemoryArtifactStore(),
        operations=desk.operations,
    )

    assert (await get(ADA, str(run.id))).reason == desk.operations.reason
    desk.operations.missing = True
    assert (await get(ADA, str(run.id))).reason == ""


async def test_a_priority_goes_with_the_run_and_its_operation() -> None:
    desk = Desk()

    run = await desk.start(RUN_START)(ADA, "hello", Wanted(priority=2))

    assert run.priority == desk.operations.submitted[0].priority == 2


async def test_a_high_priority_needs_its_own_right() -> None:
    desk = Desk()
    high = Wanted(priority=6)

    with pytest.raises(NotAllowed):
        await desk.start(RUN_START)(ADA, "hello", high)
    run = await desk.start(RUN_START, RUN_PRIORITISE)(ADA, "hello", high)

    assert run.priority == 6
    with pytest.raises(BadPriority):
        await desk.start(RUN_START)(ADA, "hello", Wanted(priority=10))


async def test_start_is_refused_without_right_or_isolation() -> None:
    """The right is asked for first."""
    desk = Desk()

    with pytest.raises(ProjectNotFound):
        await desk.start(RUN_START)(ADA, "other")
    with pytest.raises(NotAllowed):
        await desk.start(PROJECT_READ, unsafe_local=False)(ADA, "hello")
    with pytest.raises(ProjectNotFound, match="'hello'"):
        await desk.start()(ADA, "hello")
    with pytest.raises(ExecutorRefused, match="without isolation"):
        await desk.start(RUN_START, unsafe_local=False)(ADA, "hello")

    assert desk.outbox.events == []
    assert desk.operations.submitted == []
    ((_, act),) = desk.trail.acts
    assert (act.action, act.outcome) == (RUN_START, Outcome.REFUSED)
    assert act.target == f"projects/{HELLO.id}"
    assert act.details["reason"] == ExecutorRefused.code


async def test_queued_run_is_submitted_again() -> None:
    """A run that runs already is left alone."""
    desk = Desk()
    run = await desk.start(RUN_START)(ADA, "hello")
    submit = SubmitQueuedRun(runs=desk.runs, operations=desk.operations)

    await submit(ADA, run.id)
    await desk.runs.save((await desk.runs.get(run.id)).begin(CLOCK.now()))
    await submit(ADA, run.id)

    assert [one.id for one in desk.operations.submitted] == [run.id, run.id]


async def test_runs_are_found_by_id_and_number() -> None:
    """All else is not found, also what one may not see."""
    desk = Desk()
    run = await desk.start(RUN_START)(ADA, "hello")
    find = desk.find(RUN_READ)

    assert (await find(ADA, str(run.id))).id == run.id
    assert (await find(ADA, "hello/1")).id == run.id
    for name in ("hello/2", "other/1", "hello/x", "hello/-1", "x", "", "/", "1"):
        with pytest.raises(RunNotFound):
            await find(ADA, name)
    with pytest.raises(RunNotFound):
        await desk.find()(ADA, str(run.id))


async def test_cancel_goes_to_operations_under_our_name() -> None:
    """The caller needs the right here only; an ended run is left as it is."""
    desk = Desk()
    run = await desk.start(RUN_START)(ADA, "hello")

    with pytest.raises(NotAllowed):
        await desk.cancel(RUN_READ)(ADA, str(run.id))
    await desk.cancel(RUN_READ, RUN_CANCEL)(ADA, str(run.id))
    ended = (await desk.runs.get(run.id)).end(
        State.SUCCEEDED, CLOCK.now(), reason="", stage=""
    )
    await desk.runs.save(ended)
    again = await desk.cancel(RUN_READ, RUN_CANCEL)(ADA, str(run.id))

    assert desk.operations.cancelled == [(service("pipelines"), run.id)]
    assert [act.action for _, act in desk.trail.acts] == [RUN_START, RUN_CANCEL]
    assert again.state is State.SUCCEEDED


async def test_list_needs_no_more_than_reach() -> None:
    """Without any right it is empty; an unknown project is said to be so."""
    desk = Desk()
    await desk.start(RUN_START)(ADA, "hello")

    def listing(*granted: str) -> Any:
        return ListRuns(
            runs=desk.runs, projects=OneProject(), authorizer=GrantList(*granted)
        )

    assert len((await listing(RUN_READ)(ADA, PageRequest())).items) == 1
    assert (await listing()(ADA, PageRequest())).items == ()
    with pytest.raises(ProjectNotFound):
        await listing(RUN_READ)(ADA, PageRequest(), project="other")
