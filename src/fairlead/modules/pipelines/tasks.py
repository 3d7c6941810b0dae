"""What pipelines does when it hears of events; each may be told more than once."""

from dataclasses import dataclass
from typing import cast

from fairlead.kernel.events import Delivery
from fairlead.modules.pipelines.domain.records import RUN
from fairlead.modules.pipelines.public import RunNotFound, RunQueued
from fairlead.modules.pipelines.use_cases.end import RemoveProjectRuns, SettleRun
from fairlead.modules.pipelines.use_cases.start import SubmitQueuedRun
from fairlead.modules.projects.public import ProjectDeleted
from fairlead.services.operations.public import OperationEnded


@dataclass(frozen=True, slots=True)
class OnRunQueued:
    """Submits the run's operation, where the request that queued it could not."""

    submit: SubmitQueuedRun

    async def __call__(self, delivery: Delivery) -> None:
        """Hear it."""
        event = cast("RunQueued", delivery.event)
        try:
            await self.submit(event.actor, event.run_id)
        except RunNotFound:
            return  # its project was deleted meanwhile


@dataclass(frozen=True, slots=True)
class OnOperationEnded:
    """Settles runs whose workflow could not record their end."""

    settle: SettleRun

    async def __call__(self, delivery: Delivery) -> None:
        """Hear it; other kinds of operations do not matter."""
        event = cast("OperationEnded", delivery.event)
        if is_run(event):
            await self.settle(event)


def is_run(event: OperationEnded) -> bool:
    """Tell whether it was a run's operation."""
    return event.kind == RUN


@dataclass(frozen=True, slots=True)
class OnProjectDeleted:
    """Removes the runs of a deleted project."""

    remove: RemoveProjectRuns

    async def __call__(self, delivery: Delivery) -> None:
        """Hear it."""
        event = cast("ProjectDeleted", delivery.event)
        await self.remove(event.project_id)
