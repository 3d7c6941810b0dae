"""What is kept of a run, its steps, their executions and its artifacts."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self
from uuid import UUID, uuid5

from fairlead.modules.pipelines.domain.plan import Plan
from fairlead.modules.pipelines.public import NORMAL, Artifact, State, Step

FINAL = frozenset({State.SUCCEEDED, State.FAILED, State.CANCELLED, State.SKIPPED})
RUN = "pipelines.run"  # the workflow, and the kind of its operation
ISOLATION = "none"  # plain processes of the server's user; sandboxes come as others


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A run as it is stored; `plan` is None until the pipeline file was read.

    Attributes:
        repository: What is cloned, as the project said when the run was queued.
        wanted: What is checked out when nothing is recorded yet: the revision asked
            for, else the project's branch, else empty for the repository's default.
        failed_stage: The stage in which it failed, also where no step did.
    """

    id: UUID
    project_id: UUID
    project: str
    number: int
    repository: str
    wanted: str
    state: State
    revision: str
    requested_by: str
    created_at: datetime
    priority: int = NORMAL
    commit: str = ""
    title: str = ""
    started_at: datetime | None = None
    ended_at: datetime | None = None
    reason: str = ""
    failed_stage: str = ""
    urls: tuple[str, ...] = ()
    plan: Plan | None = None

    @property
    def ended(self) -> bool:
        """Tell whether the state cannot change any more."""
        return self.state in FINAL

    def begin(self, now: datetime) -> Self:
        """Return this as running; an ended or running run stays as it is."""
        if self.state is not State.QUEUED:
            return self
        return replace(self, state=State.RUNNING, started_at=now)

    def end(self, state: State, now: datetime, *, reason: str, stage: str) -> Self:
        """Return this as ended; an ended run stays as it is."""
        if self.ended:
            return self
        return replace(
            self, state=state, ended_at=now, reason=reason, failed_stage=stage
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRecord:
    """A step as it is stored; `position` counts within the run, from 0."""

    run_id: UUID
    stage: str
    job: str
    name: str
    position: int
    state: State = State.QUEUED
    exit_code: int | None = None
    attempts: int = 0
    started_at: datetime | None = None
    ended_at: datetime | None = None
    isolation: str = ""
    reason: str = ""

    @property
    def stream(self) -> str:
        """Return the feed stream its output carries."""
        return f"{self.stage}/{self.name}"

    def begin(self, now: datetime) -> Self:
        """Return this with one more attempt running."""
        return replace(
            self,
            state=State.RUNNING,
            attempts=self.attempts + 1,
            started_at=self.started_at or now,
            isolation=ISOLATION,
        )

    def shown(self) -> Step:
        """Return this as others see it."""
        return Step(
            name=self.name,
            stream=self.stream,
            state=self.state,
            exit_code=self.exit_code,
            attempts=self.attempts,
            started_at=self.started_at,
            ended_at=self.ended_at,
            isolation=self.isolation,
            reason=self.reason,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """One attempt of a step; `key` is what the launcher (or operations) knows it by."""

    run_id: UUID
    stage: str
    step: str
    number: int
    key: str
    state: State
    started_at: datetime
    ended_at: datetime | None = None
    exit_code: int | None = None
    isolation: str = ISOLATION
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredArtifact:
    """An artifact and where its bytes are.

    Attributes:
        executable: Whether its owner may execute it; matters for a `file`.
        mode: Its permission bits; None for a directory, whose tar has them.
    """

    run_id: UUID
    artifact: Artifact
    executable: bool
    mode: int | None = None

    @property
    def folder(self) -> str:
        """Return the prefix of its blobs."""
        return f"artifacts/{self.artifact.id}"

    @property
    def blob(self) -> str:
        """Return the key of its bytes."""
        return f"{self.folder}/payload"


def artifact_id(run_id: UUID, output: str) -> UUID:
    """Return the id of what a run stores for an output, the same at every attempt."""
    return uuid5(run_id, f"output/{output}")


def deployment_id(run_id: UUID, workload: str) -> UUID:
    """Return the id of the operation that deploys a workload of a run."""
    return uuid5(run_id, f"deploy/{workload}")


def step_records(run_id: UUID, plan: Plan) -> list[StepRecord]:
    """Return every step of a plan as queued, in the order of the file."""
    named = [
        (stage.name, job.name, step)
        for stage in plan.stages
        for job in stage.jobs
        for step in job.steps
    ]
    return [
        StepRecord(run_id=run_id, stage=stage, job=job, name=step, position=position)
        for position, (stage, job, step) in enumerate(named)
    ]
