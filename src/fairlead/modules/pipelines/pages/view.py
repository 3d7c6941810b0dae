"""A run as its page shows it: steps on a common time line, one of them open."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from fairlead.modules.pipelines.public import Run, Stage, State, Step

ENDED = frozenset({State.SUCCEEDED, State.FAILED, State.CANCELLED, State.SKIPPED})
CHECKOUT = "checkout"  # the stream of what comes before the stages
THINNEST = 0.8
MANY = 2
GOES_ON = frozenset({State.RUNNING, State.SUCCEEDED})  # its reason is an earlier one


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """Where a step lies on the run's time line, in percent of its length."""

    start: float
    width: float


@dataclass(frozen=True, slots=True, kw_only=True)
class StepView:
    """A step and its bar; `bar` is None before it began."""

    step: Step
    bar: Bar | None
    open: bool

    @property
    def note(self) -> str:
        """Return what there is to say of its attempts, in one sentence."""
        step = self.step
        told = step.reason or (f"exit code {step.exit_code}" if step.exit_code else "")
        if step.attempts < MANY:
            return told
        again = f"attempt {step.attempts}"
        if not told:
            return again
        before = "before: " if step.state in GOES_ON else ""
        return f"{again}; {before}{told[0].lower()}{told[1:]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class StageView:
    """A stage: its steps in groups, the parallel ones together."""

    stage: Stage
    started_at: datetime | None
    ended_at: datetime | None
    groups: tuple[tuple[bool, tuple[StepView, ...]], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunView:
    """All a run's page needs.

    Attributes:
        pick: The step whose output is open: its stream, or `CHECKOUT`.
        picked: Whether the reader chose it (else it follows what runs).
        failed: Whether the open step failed, so that its end is what matters.
    """

    run: Run
    stages: tuple[StageView, ...]
    pick: str
    picked: bool
    isolated: bool
    failed: bool

    @property
    def ended(self) -> bool:
        """Tell whether nothing will change any more."""
        return self.run.state in ENDED

    @property
    def name(self) -> str:
        """Return what a person calls the run."""
        return f"{self.run.project} #{self.run.number}"

    @property
    def title(self) -> str:
        """Return the name with what the commit says."""
        return f"{self.name} · {self.run.title}" if self.run.title else self.name

    @property
    def prepared_at(self) -> datetime | None:
        """Return when the checkout was over; None while it goes on."""
        began = [stage.started_at for stage in self.stages if stage.started_at]
        return min(began, default=self.run.ended_at)


def view_of(run: Run, *, wanted: str | None, now: datetime) -> RunView:
    """Return how to show `run`, with the step `wanted` open if there is one."""
    steps = tuple(steps_of(run))
    streams = {CHECKOUT, *(step.stream for step in steps)}
    pick = wanted if wanted in streams else None
    begin = run.started_at or run.created_at
    length = max(0.001, ((run.ended_at or now) - begin).total_seconds())
    chosen = pick or _most_telling(steps)

    def show(step: Step) -> StepView:
        return StepView(
            step=step, bar=_bar(step, begin, length, now), open=step.stream == chosen
        )

    return RunView(
        run=run,
        stages=tuple(_stage(stage, show) for stage in run.stages),
        pick=chosen,
        picked=pick is not None,
        failed=any(s.stream == chosen and s.state is State.FAILED for s in steps),
        isolated=bool(steps) and all(_isolated(step) for step in steps),
    )


def steps_of(run: Run) -> Iterator[Step]:
    """Yield all steps in their order."""
    for stage in run.stages:
        for job in stage.jobs:
            yield from job.steps


def _stage(stage: Stage, show: Callable[[Step], StepView]) -> StageView:
    steps = [step for job in stage.jobs for step in job.steps]
    began = [step.started_at for step in steps if step.started_at]
    ends = [step.ended_at for step in steps if step.ended_at]
    over = bool(began) and all(step.ended_at or step.state in ENDED for step in steps)
    return StageView(
        stage=stage,
        started_at=min(began, default=None),
        ended_at=max(ends, default=None) if over else None,
        groups=tuple(
            (job.parallel and len(job.steps) > 1, tuple(map(show, job.steps)))
            for job in stage.jobs
        ),
    )


def _bar(step: Step, begin: datetime, length: float, now: datetime) -> Bar | None:
    if step.started_at is None:
        return None
    start = max(0.0, (step.started_at - begin).total_seconds() / length * 100)
    took = ((step.ended_at or now) - step.started_at).total_seconds()
    start = min(start, 100 - THINNEST)
    width = min(100 - start, max(THINNEST, took / length * 100))
    return Bar(start=round(start, 2), width=round(width, 2))


def _most_telling(steps: tuple[Step, ...]) -> str:
    for state in (State.FAILED, State.RUNNING, State.CANCELLED):
        for step in steps:
            if step.state is state and step.started_at is not None:
                return step.stream
    begun = [step for step in steps if step.started_at is not None]
    return begun[-1].stream if begun else CHECKOUT


def _isolated(step: Step) -> bool:
    return step.isolation not in {"", "none"}
