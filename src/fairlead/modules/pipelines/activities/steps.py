"""Running one attempt of a step as a process, exactly once to its end."""

import asyncio
import contextlib
from dataclasses import dataclass, replace

from fairlead.kernel.engine import Attempt, Json, activity
from fairlead.kernel.processes import (
    LauncherDown,
    ProcessSpec,
    ProcessUnknown,
    Receipt,
)
from fairlead.modules.pipelines.activities.desk import Desk, Errand
from fairlead.modules.pipelines.activities.identity import StepIdentities
from fairlead.modules.pipelines.activities.running import Runner, TookTooLong
from fairlead.modules.pipelines.activities.workplace import Workplaces, facts
from fairlead.modules.pipelines.domain.errors import StepBroken, StepUnlucky
from fairlead.modules.pipelines.domain.plan import StepPlan
from fairlead.modules.pipelines.domain.records import Execution, Record
from fairlead.modules.pipelines.public import ExecutorRefused, State
from fairlead.modules.pipelines.use_cases.start import ExecutorRule
from fairlead.services.operations.public import Feeds

INTERRUPTED = "It was interrupted; the server stopped meanwhile."
LOST = "It was interrupted; the launcher died meanwhile, but not the server."
MAX_LOST = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class _Task:
    """A step that is to be run, and whose."""

    errand: Errand
    record: Record
    plan: StepPlan
    environment: str
    timeout_seconds: float
    feeds: Feeds
    past: tuple[Execution, ...]

    @property
    def name(self) -> str:
        return f"{self.errand.stage}/{self.errand.step}"

    def failed(self, past: tuple[Execution, ...]) -> int:
        return sum(execution.state is State.FAILED for execution in past)


@dataclass(frozen=True, slots=True, kw_only=True)
class StepActivities:
    """Runs steps with the process executor."""

    desk: Desk
    places: Workplaces
    runner: Runner
    identities: StepIdentities
    rule: ExecutorRule
    step_timeout_seconds: float

    @activity("pipelines.run_step")
    async def run_step(self, attempt: Attempt) -> Json:
        """Run a step once more, unless an earlier attempt turns out to have ended it.

        Raises:
            StepUnlucky: it failed and may be tried again.
            StepBroken: it failed for good.
            ExecutorRefused: the settings do not allow it (any longer).
        """
        task = await self._task(Errand.of(attempt))
        last = await self._last(task)
        if last is None:
            last = await self._attempt(task)
        if last.state is State.SUCCEEDED:
            return {"exit_code": last.exit_code}
        raise self._failure(task, last)

    @activity("pipelines.tell_stage")
    async def tell_stage(self, attempt: Attempt) -> Json:
        """Tell in the feed that a stage begins or ended."""
        errand = Errand.of(attempt)
        async with self.desk.open(errand) as progress:
            state = State(errand.argument["state"])
            await progress.stage(errand.run_id, errand.stage, state)

    async def _task(self, errand: Errand) -> _Task:
        async with self.desk.open(errand) as progress:
            record, plan = await self.desk.plans.of(progress, errand.run_id)
            step = plan.step(errand.stage, errand.step)
            return _Task(
                errand=errand,
                record=record,
                plan=step,
                environment=plan.environment,
                timeout_seconds=step.timeout_seconds or self.step_timeout_seconds,
                feeds=progress.feeds,
                past=await progress.past(errand.run_id, errand.stage, errand.step),
            )

    async def _last(self, task: _Task) -> Execution | None:
        """Return the attempt that decided the step already, if one did.

        One that was running when the server died may have ended by itself: then its
        receipt counts, and it is not run again.
        """
        if not task.past:
            return None
        last = task.past[-1]
        if last.state is State.RUNNING:
            last = await self._settle(task, last, await self._receipt(task, last))
        if last.state is State.SUCCEEDED:
            return last
        failures = task.failed((*task.past[:-1], last))
        return last if failures > task.plan.retries else None

    async def _receipt(
        self, task: _Task, last: Execution
    ) -> Receipt | TookTooLong | None:
        try:
            return await self.runner.await_end(
                last.key, timeout_seconds=task.timeout_seconds
            )
        except ProcessUnknown:
            return None

    async def _attempt(self, task: _Task) -> Execution:
        errand = task.errand
        async with self.desk.open(errand) as progress:
            execution = await progress.begin_attempt(
                errand.run_id, errand.stage, errand.step
            )
            await task.feeds.write(
                errand.run_id, f"$ {task.plan.run.rstrip()}\n", stream=task.name
            )
        token = await self.identities.begin(
            errand,
            task.record,
            execution,
            environment=task.environment,
            seconds=task.timeout_seconds,
        )
        try:
            return await self._carried_out(task, execution, token)
        finally:
            await self.identities.end(errand, execution.key)

    async def _carried_out(
        self, task: _Task, execution: Execution, token: str
    ) -> Execution:
        try:
            await self.desk.check(self.rule, task.errand)
            spec = await asyncio.to_thread(self._spec, task, execution, token)
        except (StepBroken, ExecutorRefused) as error:
            failed = replace(execution, state=State.FAILED, reason=error.message)
            refused = isinstance(error, ExecutorRefused)
            failed = await self._record(task, failed, final=refused)
            if refused:
                raise
            return failed
        try:
            ended = await self.runner.carry_out(
                spec, timeout_seconds=task.timeout_seconds
            )
        except LauncherDown:
            settled = await self._lost(task, execution)
        else:
            settled = await self._settle(task, execution, ended)
        if settled.state is State.CANCELLED:
            raise StepUnlucky(f"Step {task.name} was interrupted.", step=task.name)
        return settled

    async def _lost(self, task: _Task, execution: Execution) -> Execution:
        """Record an attempt whose launcher died; once too often is the step's fault.

        Raises:
            StepBroken: it is.
        """
        lost = sum(each.reason == LOST for each in task.past) + 1
        if lost < MAX_LOST:
            execution = replace(execution, state=State.CANCELLED, reason=LOST)
            recorded = await self._record(task, execution)
            with contextlib.suppress(LauncherDown):
                await self.runner.forget(execution.key)
            return recorded
        why = f"was given up: the launcher died {lost} times while it ran."
        execution = replace(execution, state=State.FAILED, reason=f"It {why}")
        await self._record(task, execution, final=True)
        raise StepBroken(f"Step {task.name} {why}", step=task.name)

    def _spec(self, task: _Task, execution: Execution, token: str) -> ProcessSpec:
        errand, record = task.errand, task.record
        place = self.places.of(record.id)
        given = facts(
            {
                "RUN_ID": str(record.id),
                "PROJECT": record.project,
                "STAGE": errand.stage,
                "STEP": errand.step,
                "ATTEMPT": str(execution.number),
                "COMMIT": record.commit,
                **({"TOKEN": token} if token else {}),
            }
        )
        return ProcessSpec(
            key=execution.key,
            argv=("/bin/sh", "-ec", task.plan.run),
            directory=place.inside(task.plan.directory),
            environment={**self.places.environment(place), **task.plan.env, **given},
            journal=task.feeds.path(record.id),
            stream=task.name,
            secrets=(
                *self.places.secrets_of(record.repository),
                *((token,) if token else ()),
            ),
        )

    async def _settle(
        self, task: _Task, execution: Execution, ended: Receipt | TookTooLong | None
    ) -> Execution:
        if isinstance(ended, TookTooLong):
            reason = f"It took longer than {ended.seconds:g} s."
            settled = replace(execution, state=State.FAILED, reason=reason)
        elif ended is None or ended.interrupted:
            settled = replace(execution, state=State.CANCELLED, reason=INTERRUPTED)
        else:
            settled = replace(
                execution,
                state=State.FAILED
                if ended.exit_code or ended.cut_short
                else State.SUCCEEDED,
                exit_code=ended.exit_code,
                reason=_why(ended),
            )
        await self.identities.end(task.errand, execution.key)
        recorded = await self._record(task, settled)
        await self.runner.forget(execution.key)
        return recorded

    async def _record(
        self, task: _Task, execution: Execution, *, final: bool = False
    ) -> Execution:
        past = (
            *(each for each in task.past if each.number != execution.number),
            execution,
        )
        again = not final and (
            execution.state is State.CANCELLED
            or (
                execution.state is State.FAILED
                and task.failed(past) <= task.plan.retries
            )
        )
        async with self.desk.open(task.errand) as progress:
            return await progress.end_attempt(execution, goes_on=again)

    def _failure(self, task: _Task, last: Execution) -> StepBroken | StepUnlucky:
        others = (each for each in task.past if each.number != last.number)
        final = task.failed((*others, last)) > task.plan.retries
        kind = StepBroken if final else StepUnlucky
        said = f"Step {task.name} {last.reason.removeprefix('It ')}"
        return kind(said, step=task.name, exit_code=last.exit_code)


def _why(receipt: Receipt) -> str:
    if receipt.cut_short:
        return f"It was ended: {receipt.cut_short}"
    if receipt.error:
        return f"It could not be started: {receipt.error}"
    if receipt.exit_code:
        return f"It ended with exit code {receipt.exit_code}."
    return ""
