"""Runs, steps and artifacts in memory, for tests."""

from collections.abc import Sequence
from uuid import UUID

from typing_extensions import override

from fairlead.kernel.paging import BadPage, Page, PageRequest
from fairlead.kernel.reach import Reach
from fairlead.modules.pipelines.domain.records import (
    Execution,
    Record,
    StepRecord,
    StoredArtifact,
)
from fairlead.modules.pipelines.ports import ArtifactStore, RunStore, StepStore
from fairlead.modules.pipelines.public import RunNotFound


class MemoryRunStore(RunStore):
    """Keeps runs in a dictionary."""

    def __init__(self) -> None:
        """Start empty."""
        self._runs: dict[UUID, Record] = {}

    @override
    async def next_number(self, project_id: UUID) -> int:
        runs = self._runs.values()
        numbers = [run.number for run in runs if run.project_id == project_id]
        return max(numbers, default=0) + 1

    @override
    async def add(self, record: Record) -> None:
        self._runs[record.id] = record

    @override
    async def get(self, run_id: UUID) -> Record:
        if run_id not in self._runs:
            raise RunNotFound("There is no such run.", run=str(run_id))
        return self._runs[run_id]

    @override
    async def numbered(self, project_id: UUID, number: int) -> Record:
        for run in self._runs.values():
            if (run.project_id, run.number) == (project_id, number):
                return run
        raise RunNotFound(f"There is no run {number}.", run=str(number))

    @override
    async def page(
        self, reach: Reach, page: PageRequest, *, project_id: UUID | None = None
    ) -> Page[Record]:
        found = [
            run
            for run in self._runs.values()
            if reach.holds(run.project_id) and project_id in {None, run.project_id}
        ]
        found.sort(key=lambda run: (run.created_at, run.number, run.id), reverse=True)
        place = _place(found, page.after)
        items = tuple(found[place : place + page.limit])
        more = len(found) > place + page.limit
        return Page(items=items, next=items[-1].id.hex if more else None)

    @override
    async def save(self, record: Record) -> None:
        await self.get(record.id)
        self._runs[record.id] = record

    @override
    async def of_project(self, project_id: UUID) -> list[UUID]:
        return [run.id for run in self._runs.values() if run.project_id == project_id]

    @override
    async def remove(self, run_id: UUID) -> None:
        self._runs.pop(run_id, None)


def _place(found: list[Record], after: str | None) -> int:
    """Return where the page after the run with this id begins."""
    if after is None:
        return 0
    for place, run in enumerate(found):
        if run.id.hex == after:
            return place + 1
    raise BadPage("Ask with the 'next' of the page before.")


class MemoryStepStore(StepStore):
    """Keeps steps and executions in dictionaries."""

    def __init__(self) -> None:
        """Start empty."""
        self._steps: dict[tuple[UUID, str, str], StepRecord] = {}
        self._executions: dict[tuple[UUID, str, str, int], Execution] = {}

    @override
    async def lay(self, steps: Sequence[StepRecord]) -> None:
        for step in steps:
            self._steps[step.run_id, step.stage, step.name] = step

    @override
    async def of_run(self, run_id: UUID) -> tuple[StepRecord, ...]:
        found = [step for step in self._steps.values() if step.run_id == run_id]
        return tuple(sorted(found, key=lambda step: step.position))

    @override
    async def get(self, run_id: UUID, stage: str, name: str) -> StepRecord:
        try:
            return self._steps[run_id, stage, name]
        except KeyError as error:
            raise RunNotFound(f"There is no step {stage}/{name}.") from error

    @override
    async def save(self, step: StepRecord) -> None:
        self._steps[step.run_id, step.stage, step.name] = step

    @override
    async def executions(
        self, run_id: UUID, stage: str, step: str
    ) -> tuple[Execution, ...]:
        wanted = (run_id, stage, step)
        found = [held for key, held in self._executions.items() if key[:3] == wanted]
        return tuple(sorted(found, key=lambda execution: execution.number))

    @override
    async def add_execution(self, execution: Execution) -> None:
        await self.save_execution(execution)

    @override
    async def save_execution(self, execution: Execution) -> None:
        key = (execution.run_id, execution.stage, execution.step, execution.number)
        self._executions[key] = execution


class MemoryArtifactStore(ArtifactStore):
    """Keeps artifacts in a dictionary."""

    def __init__(self) -> None:
        """Start empty."""
        self._artifacts: dict[UUID, StoredArtifact] = {}

    @override
    async def add(self, artifact: StoredArtifact) -> None:
        self._artifacts[artifact.artifact.id] = artifact

    @override
    async def of_run(self, run_id: UUID) -> tuple[StoredArtifact, ...]:
        found = [kept for kept in self._artifacts.values() if kept.run_id == run_id]
        return tuple(sorted(found, key=lambda kept: kept.artifact.name))
