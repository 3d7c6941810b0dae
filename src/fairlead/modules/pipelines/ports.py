"""What the use cases need from the outside, in their own words."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from fairlead.kernel.paging import Page, PageRequest
from fairlead.kernel.reach import Reach
from fairlead.modules.pipelines.domain.records import (
    Execution,
    Record,
    StepRecord,
    StoredArtifact,
)


class RunStore(Protocol):
    """Keeps the runs of one tenant."""

    @abstractmethod
    async def next_number(self, project_id: UUID) -> int:
        """Return the project's next number; call it in the unit of work that adds."""

    @abstractmethod
    async def add(self, record: Record) -> None:
        """Store a new run."""

    @abstractmethod
    async def get(self, run_id: UUID) -> Record:
        """Return one run; in a unit of work it stays as it is until that ends.

        Raises:
            RunNotFound: no run has this id.
        """

    @abstractmethod
    async def numbered(self, project_id: UUID, number: int) -> Record:
        """Return one run by its number.

        Raises:
            RunNotFound: the project has no such run.
        """

    @abstractmethod
    async def page(
        self, reach: Reach, page: PageRequest, *, project_id: UUID | None = None
    ) -> Page[Record]:
        """Return the runs of the projects in `reach`, newest first, without plans.

        Raises:
            BadPage: `page.after` is no cursor of this list.
        """

    @abstractmethod
    async def save(self, record: Record) -> None:
        """Replace the stored run that has the same id.

        Raises:
            RunNotFound: there is none to replace.
        """

    @abstractmethod
    async def of_project(self, project_id: UUID) -> list[UUID]:
        """Return the ids of all runs of a project, in no order."""

    @abstractmethod
    async def remove(self, run_id: UUID) -> None:
        """Forget a run with its steps, executions and artifacts; none is fine."""


class StepStore(Protocol):
    """Keeps the steps of runs and their executions."""

    @abstractmethod
    async def lay(self, steps: Sequence[StepRecord]) -> None:
        """Store new steps."""

    @abstractmethod
    async def of_run(self, run_id: UUID) -> tuple[StepRecord, ...]:
        """Return the steps of a run, in the order of its file."""

    @abstractmethod
    async def get(self, run_id: UUID, stage: str, name: str) -> StepRecord:
        """Return one step.

        Raises:
            RunNotFound: there is none of this name.
        """

    @abstractmethod
    async def save(self, step: StepRecord) -> None:
        """Replace the stored step of the same run, stage and name."""

    @abstractmethod
    async def executions(
        self, run_id: UUID, stage: str, step: str
    ) -> tuple[Execution, ...]:
        """Return the attempts of a step, first to last."""

    @abstractmethod
    async def add_execution(self, execution: Execution) -> None:
        """Store a new attempt."""

    @abstractmethod
    async def save_execution(self, execution: Execution) -> None:
        """Replace the stored attempt of the same step and number."""


class ArtifactStore(Protocol):
    """Keeps what is known of artifacts; their bytes are blobs."""

    @abstractmethod
    async def add(self, artifact: StoredArtifact) -> None:
        """Store one, or replace the one with the same id."""

    @abstractmethod
    async def of_run(self, run_id: UUID) -> tuple[StoredArtifact, ...]:
        """Return the artifacts of a run, by name."""
