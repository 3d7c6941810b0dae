"""How far a run is: every change of its rows, told in its feed after the commit."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from fairlead.kernel.clock import Clock
from fairlead.kernel.engine import Json
from fairlead.kernel.work import UnitOfWork
from fairlead.modules.pipelines.domain.plan import Plan
from fairlead.modules.pipelines.domain.records import (
    Execution,
    Record,
    StepRecord,
    StoredArtifact,
    step_records,
)
from fairlead.modules.pipelines.domain.views import joined
from fairlead.modules.pipelines.ports import ArtifactStore, RunStore, StepStore
from fairlead.modules.pipelines.public import State
from fairlead.services.operations.public import FeedEvent, Feeds


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Records what became of a run; each method may be called again after a crash."""

    runs: RunStore
    steps: StepStore
    artifacts: ArtifactStore
    feeds: Feeds
    work: UnitOfWork
    clock: Clock

    async def begin_run(self, run_id: UUID) -> Record:
        """Mark a queued run as running and return it.

        Raises:
            RunNotFound: its project was deleted meanwhile.
        """
        async with self.work:
            record = (await self.runs.get(run_id)).begin(self.clock.now())
            await self.runs.save(record)
        await self._tell(run_id, "run.started", number=record.number)
        return record

    async def note_commit(self, run_id: UUID, commit: str, title: str) -> None:
        """Keep what the revision resolved to; the first commit noted stays.

        Raises:
            RunNotFound: as above.
        """
        async with self.work:
            record = await self.runs.get(run_id)
            if not record.commit:
                record = replace(record, commit=commit, title=title)
                await self.runs.save(record)
        await self._tell(
            run_id, "run.checked_out", commit=record.commit, title=record.title
        )

    async def lay(self, run_id: UUID, plan: Plan) -> Plan:
        """Keep the plan and its steps, and return it; the first plan laid stays.

        Raises:
            RunNotFound: as above.
        """
        async with self.work:
            record = await self.runs.get(run_id)
            if record.plan is None:
                record = replace(record, plan=plan)
                await self.runs.save(record)
                await self.steps.lay(step_records(run_id, plan))
        await self._tell(run_id, "run.planned")
        return record.plan or plan

    async def stage(self, run_id: UUID, stage: str, state: State) -> None:
        """Tell that a stage begins (`RUNNING`) or how it ended."""
        event = "stage.started" if state is State.RUNNING else "stage.ended"
        await self._tell(run_id, event, stage=stage, state=state.value)

    async def plan_of(self, run_id: UUID) -> tuple[Record, Plan]:
        """Return a run and the plan laid for it.

        Raises:
            RunNotFound: as above.
        """
        record = await self.runs.get(run_id)
        if record.plan is None:
            raise ValueError(f"run {run_id} has no plan yet")
        return record, record.plan

    async def past(self, run_id: UUID, stage: str, step: str) -> tuple[Execution, ...]:
        """Return the attempts of a step so far, first to last."""
        return await self.steps.executions(run_id, stage, step)

    async def begin_attempt(
        self, run_id: UUID, stage: str, step: str, *, key: str = ""
    ) -> Execution:
        """Record one more attempt of a step, before anything is launched.

        Without `key` it gets `RUN/STAGE/STEP/NUMBER`.

        Raises:
            RunNotFound: as above.
        """
        now = self.clock.now()
        async with self.work:
            held = (await self.steps.get(run_id, stage, step)).begin(now)
            execution = Execution(
                run_id=run_id,
                stage=stage,
                step=step,
                number=held.attempts,
                key=key or f"{run_id}/{stage}/{step}/{held.attempts}",
                state=State.RUNNING,
                started_at=now,
            )
            await self.steps.save(held)
            await self.steps.add_execution(execution)
        await self._step(held, "step.started")
        return execution

    async def end_attempt(
        self, execution: Execution, *, goes_on: bool = False
    ) -> Execution:
        """Record how an attempt ended; the step ended with it unless it `goes_on`.

        `execution` has its state, exit code and reason set.

        Raises:
            RunNotFound: as above.
        """
        ended = replace(execution, ended_at=self.clock.now())
        async with self.work:
            held = await self.steps.get(ended.run_id, ended.stage, ended.step)
            held = replace(
                held,
                state=State.RUNNING if goes_on else ended.state,
                exit_code=ended.exit_code,
                reason=ended.reason
                or (held.reason if ended.state is State.SUCCEEDED else ""),
                ended_at=None if goes_on else ended.ended_at,
            )
            await self.steps.save_execution(ended)
            await self.steps.save(held)
        await self._step(held, "step.retrying" if goes_on else "step.ended")
        return ended

    async def keep(self, artifact: StoredArtifact) -> None:
        """Record a stored artifact."""
        async with self.work:
            await self.artifacts.add(artifact)
        kept = artifact.artifact
        await self._tell(
            artifact.run_id,
            "artifact.stored",
            name=kept.name,
            type=kept.type,
            filename=kept.filename,
            size=kept.size,
            digest=kept.digest,
        )

    async def add_urls(self, run_id: UUID, urls: tuple[str, ...]) -> None:
        """Record where a workload of the run answers.

        Raises:
            RunNotFound: as above.
        """
        async with self.work:
            record = await self.runs.get(run_id)
            fresh = tuple(url for url in urls if url not in record.urls)
            if fresh:
                await self.runs.save(replace(record, urls=record.urls + fresh))

    async def end_run(
        self, run_id: UUID, state: State, *, reason: str, stage: str, tell: bool
    ) -> Record:
        """Put a run and all its steps in final states; an ended one stays.

        Steps that were running count as cancelled, those that waited as skipped.
        `tell`: publish it; not for a feed that is sealed already.

        Raises:
            RunNotFound: as above.
        """
        now = self.clock.now()
        async with self.work:
            before = await self.runs.get(run_id)
            steps = await self.steps.of_run(run_id)
            left = [_left(step, now) for step in steps if _open(step)]
            record = before.end(state, now, reason=reason, stage=stage)
            if not before.ended:
                await self.runs.save(record)
                for step in left:
                    await self._leave(step, now)
        if tell:
            await self._tell_end(record, steps, left)
        return record

    async def _leave(self, step: StepRecord, now: datetime) -> None:
        await self.steps.save(step)
        for execution in await self.steps.executions(
            step.run_id, step.stage, step.name
        ):
            if execution.state is State.RUNNING:
                await self.steps.save_execution(
                    replace(execution, state=State.CANCELLED, ended_at=now)
                )

    async def _tell_end(
        self, record: Record, steps: tuple[StepRecord, ...], left: list[StepRecord]
    ) -> None:
        now = {(step.stage, step.name): step for step in (*steps, *left)}
        for step in left:
            await self._step(step, "step.ended")
        for stage in dict.fromkeys(step.stage for step in steps):
            state = joined(step.state for step in now.values() if step.stage == stage)
            if stage == record.failed_stage and record.state is State.FAILED:
                state = State.FAILED
            if state is not State.SUCCEEDED:
                await self.stage(record.id, stage, state)
        await self._tell(
            record.id,
            "run.ended",
            state=record.state.value,
            reason=record.reason,
            urls=list(record.urls),
        )

    async def _step(self, step: StepRecord, event: str) -> None:
        data: Mapping[str, Json] = {
            "stage": step.stage,
            "job": step.job,
            "step": step.name,
            "state": step.state.value,
            "exit_code": step.exit_code,
            "attempt": step.attempts,
            "reason": step.reason,
        }
        await self.feeds.publish(
            step.run_id, FeedEvent(event=event, data=data), stream=step.stream
        )

    async def _tell(self, run_id: UUID, event: str, **data: Json) -> None:
        await self.feeds.publish(run_id, FeedEvent(event=event, data=data))


def _open(step: StepRecord) -> bool:
    return step.state in {State.QUEUED, State.RUNNING}


def _left(step: StepRecord, now: datetime) -> StepRecord:
    if step.state is State.RUNNING:
        return replace(step, state=State.CANCELLED, ended_at=now)
    return replace(step, state=State.SKIPPED)
