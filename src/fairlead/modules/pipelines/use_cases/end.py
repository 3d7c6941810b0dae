"""Ending runs: on request, when their operation ended, when their project is gone."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

from fairlead.kernel.blobs import Blobs
from fairlead.kernel.principal import Principal
from fairlead.kernel.work import UnitOfWork
from fairlead.modules.pipelines.domain.views import shown
from fairlead.modules.pipelines.permissions import RUN_CANCEL
from fairlead.modules.pipelines.ports import ArtifactStore, RunStore
from fairlead.modules.pipelines.public import Run, RunNotFound, State
from fairlead.modules.pipelines.use_cases.progress import Progress
from fairlead.modules.pipelines.use_cases.show import FindRun
from fairlead.modules.pipelines.use_cases.start import submission_of
from fairlead.services.audit.public import Act, AuditTrail
from fairlead.services.authz.public import project_scope
from fairlead.services.operations.public import (
    OperationEnded,
    OperationNotFound,
    Operations,
    OperationState,
)

WAIT_SECONDS = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelRun:
    """End a run as cancelled."""

    find: FindRun
    operations: Operations
    trail: AuditTrail
    work: UnitOfWork
    system: Principal

    async def __call__(self, who: Principal, run: str) -> Run:
        """Ask for the end and return the run as it is now; an ended one stays.

        Raises:
            RunNotFound: there is none that `who` may see.
            NotAllowed: `who` may not cancel it.
        """
        record = await self.find(who, run, permission=RUN_CANCEL)
        if record.ended:
            return shown(record)
        async with self.work:
            await self.trail.record(
                who,
                Act(
                    action=RUN_CANCEL,
                    target=f"runs/{record.id}",
                    scope=project_scope(record.project_id),
                    details={"project": record.project, "number": str(record.number)},
                ),
            )
        if record.state is State.QUEUED:  # its start may have been cut short
            await self.operations.submit(who, submission_of(record))
        await self.operations.cancel(self.system, record.id)
        return shown(await self.find(who, str(record.id)))


@dataclass(frozen=True, slots=True, kw_only=True)
class SettleRun:
    """Put a run whose operation has ended in its final state."""

    progress: Progress
    clear: Callable[[UUID], Awaitable[None]]

    async def __call__(self, ended: OperationEnded) -> None:
        """Record the end when the workflow could not; an ended run stays as it is.

        Its working copy goes in any case.
        """
        await self.clear(ended.operation_id)
        state = State(ended.state.value)
        reason = ""
        if ended.state is OperationState.FAILED:
            reason = ended.error.message if ended.error else "The run broke off."
        try:
            await self.progress.end_run(
                ended.operation_id, state, reason=reason, stage="", tell=False
            )
        except RunNotFound:
            return  # its project is gone, and it with it


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveProjectRuns:
    """Remove all runs of a deleted project, with artifacts and working copies."""

    runs: RunStore
    artifacts: ArtifactStore
    operations: Operations
    blobs: Blobs
    work: UnitOfWork
    system: Principal
    clear: Callable[[UUID], Awaitable[None]]

    async def __call__(self, project_id: UUID) -> None:
        """Cancel what runs, wait for its end, then remove everything.

        Raises:
            TimeoutError: a run did not end in time; call again.
        """
        for run_id in await self.runs.of_project(project_id):
            await self._end(run_id)
            for stored in await self.artifacts.of_run(run_id):
                await self.blobs.delete(stored.folder)
            await self.clear(run_id)
            async with self.work:
                await self.runs.remove(run_id)

    async def _end(self, run_id: UUID) -> None:
        try:
            await self.operations.cancel(self.system, run_id)
            async with asyncio.timeout(WAIT_SECONDS):
                await self.operations.wait(run_id)
        except OperationNotFound:
            return  # it was never submitted
