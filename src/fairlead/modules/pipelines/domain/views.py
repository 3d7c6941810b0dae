"""A run as others see it, put together from what is stored."""

from collections.abc import Iterable, Sequence

from fairlead.modules.pipelines.domain.plan import StagePlan
from fairlead.modules.pipelines.domain.records import (
    Record,
    StepRecord,
    StoredArtifact,
)
from fairlead.modules.pipelines.public import Job, Run, Stage, State

# The first of these that any part has is the state of the whole.
LOUDEST = (State.FAILED, State.CANCELLED, State.RUNNING)


def joined(states: Iterable[State]) -> State:
    """Return the state of a whole from those of its parts.

    A whole of which a part is done and another waits is running.
    """
    found = set(states)
    for state in LOUDEST:
        if state in found:
            return state
    if len(found) == 1:
        return found.pop()
    if State.QUEUED in found:
        return State.RUNNING
    return State.SUCCEEDED if State.SUCCEEDED in found else State.QUEUED


def shown(
    record: Record,
    steps: Sequence[StepRecord] = (),
    artifacts: Sequence[StoredArtifact] = (),
) -> Run:
    """Return a run with its stages and artifacts."""
    plan = record.plan
    stages = () if plan is None else plan.stages
    kept = tuple(stored.artifact for stored in artifacts)
    missing = plan is not None and len(kept) < len(plan.outputs)
    return Run(
        id=record.id,
        project_id=record.project_id,
        project=record.project,
        number=record.number,
        state=record.state,
        revision=record.revision,
        commit=record.commit,
        title=record.title,
        requested_by=record.requested_by,
        created_at=record.created_at,
        priority=record.priority,
        started_at=record.started_at,
        ended_at=record.ended_at,
        reason=record.reason,
        urls=record.urls,
        stages=tuple(
            _stage(record, stage, steps, missing=missing and stage.name == "build")
            for stage in stages
        ),
        artifacts=kept,
    )


def _stage(
    record: Record, stage: StagePlan, steps: Sequence[StepRecord], *, missing: bool
) -> Stage:
    by_name = {step.name: step.shown() for step in steps if step.stage == stage.name}
    jobs = tuple(
        Job(
            name=job.name,
            parallel=job.parallel,
            steps=tuple(by_name[name] for name in job.steps if name in by_name),
            state=joined(by_name[name].state for name in job.steps if name in by_name),
        )
        for job in stage.jobs
    )
    return Stage(name=stage.name, state=_state(record, stage, jobs, missing), jobs=jobs)


def _state(
    record: Record, stage: StagePlan, jobs: tuple[Job, ...], missing: bool
) -> State:
    if record.failed_stage == stage.name and record.state is State.FAILED:
        return State.FAILED
    state = joined(job.state for job in jobs) if jobs else State.SUCCEEDED
    if state is State.SUCCEEDED and missing:  # its outputs are still to be collected
        return record.state if record.ended else State.RUNNING
    return state
