"""The durable engine on a Temporal server."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import structlog
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import DeleteWorkflowExecutionRequest
from temporalio.client import (
    Client,
    WorkflowQueryFailedError,
    WorkflowQueryRejectedError,
)
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode
from typing_extensions import override

from fairlead.adapters.engine.codec import encode
from fairlead.adapters.engine.writer import unavailable
from fairlead.adapters.temporal.connection import Place, connect, translated
from fairlead.adapters.temporal.endings import ending, revealed, runs
from fairlead.adapters.temporal.interpreter import RETRIED
from fairlead.adapters.temporal.told import ToldFile
from fairlead.adapters.temporal.watch import Watch
from fairlead.adapters.temporal.workers import Limits, Workers
from fairlead.kernel.engine import (
    Activity,
    Engine,
    Json,
    Retried,
    Workflow,
    WorkflowState,
    WorkflowStatus,
    WorkflowUnknown,
)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What this process works at; `workflows` False: another process plays them."""

    workflows: bool = True
    activities: bool = True


BOTH: Final = Work()
ASKED: Final = timedelta(seconds=2)  # how long a workflow is waited for that is asked


class TemporalEngine(Engine):
    """Starts, asks and cancels workflows in Temporal, and works at them here."""

    def __init__(
        self,
        place: Place,
        *,
        workflows: Iterable[Workflow],
        activities: Mapping[str, Activity],
        told: ToldFile,
        limits: Limits | None = None,
        work: Work = BOTH,
    ) -> None:
        """Use Temporal at `place`, remembering in `told` which ends are known."""
        self._place = place
        self._limits = limits or Limits()
        self._flows = {flow.name: flow for flow in workflows}
        self._workers = Workers(
            place,
            workflows=self._flows.values() if work.workflows else None,
            activities=activities if work.activities else None,
            limits=self._limits,
        )
        self._watch = Watch(place, told)
        self._client: Client | None = None
        self._sweeper: asyncio.Task[None] | None = None
        self._removing: set[str] = set()

    @property
    def trouble(self) -> str:
        """Why this process does not work; empty when all is well."""
        return self._workers.trouble

    @override
    async def open(self) -> None:
        client = await connect(self._place)
        await self._workers.open(client)
        self._watch.open(client)
        self._client = client
        self._sweeper = asyncio.create_task(self._sweep(client))
        log.info(
            "engine_opened", temporal=self._place.address, queue=self._place.task_queue
        )

    @override
    def busy(self) -> int:
        return self._workers.busy()

    @override
    async def drain(self, seconds: float, *, patient: Callable[[], int]) -> None:
        await self._workers.drain(seconds, patient=patient)

    @override
    async def close(self) -> None:
        if self._client is None:
            return
        self._client = None
        if self._sweeper is not None:
            self._sweeper.cancel()
            await asyncio.gather(self._sweeper, return_exceptions=True)
        await self._workers.close()
        await self._watch.close()

    @override
    async def start(self, workflow: str, argument: Json, *, id: str) -> bool:
        client = self._opened()
        known = self._flows.get(workflow)
        if known is None:
            message = f"No workflow is registered as {workflow}."
            raise WorkflowUnknown(message, workflow=workflow)
        encode(argument, what=f"The argument of {workflow}")
        try:
            with translated():
                handle: Any = await client.start_workflow(
                    workflow,
                    {"version": known.version, "argument": argument},
                    id=self._theirs(id),
                    task_queue=self._place.task_queue,
                    task_timeout=timedelta(seconds=self._limits.task_seconds),
                    id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                    id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
                )
        except WorkflowAlreadyStartedError:
            return False
        self._watch.follow(id, handle.first_execution_run_id, workflow)
        return True

    @override
    async def status(self, id: str) -> WorkflowStatus | None:
        handle: Any = self._opened().get_workflow_handle(self._theirs(id))
        try:
            with translated():
                found = await handle.describe()
                if runs(found.status):
                    return WorkflowStatus(
                        id=id, workflow=found.workflow_type, state=WorkflowState.RUNNING
                    )
                return await ending(handle, id=id, workflow=found.workflow_type)
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return None
            raise

    @override
    async def retried(self, id: str) -> tuple[Retried, ...]:
        handle: Any = self._opened().get_workflow_handle(self._theirs(id))
        try:
            found = await handle.query(RETRIED, rpc_timeout=ASKED)
        except (RPCError, WorkflowQueryFailedError, WorkflowQueryRejectedError):
            return ()  # nobody plays it now, or it is of an older version
        return tuple(Retried(**each) for each in found)

    @override
    async def result(self, id: str, *, timeout_seconds: float) -> Json:
        client = self._opened()
        handle: Any = client.get_workflow_handle(self._theirs(id))
        try:
            with translated():
                await handle.describe()
                status = await asyncio.wait_for(
                    ending(handle, id=id, workflow=""), timeout_seconds
                )
        except RPCError as error:
            raise self._unknown(id, error) from error
        return revealed(status)

    @override
    async def signal(self, id: str, name: str, payload: Json, *, dedup: str) -> None:
        encode(payload, what=f"Signal {name}")
        handle: Any = self._opened().get_workflow_handle(self._theirs(id))
        try:
            with translated():
                await handle.signal(name, args=[payload, dedup])
        except RPCError as error:
            raise self._unknown(id, error) from error

    @override
    async def cancel(self, id: str) -> None:
        handle: Any = self._opened().get_workflow_handle(self._theirs(id))
        try:
            with translated():
                await handle.cancel()
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
        else:
            self._workers.hurry(id)

    @override
    def watch(self, listener: Callable[[WorkflowStatus], Awaitable[None]]) -> None:
        self._watch.listeners.append(listener)
        self._watch.begin()

    def _opened(self) -> Client:
        if self._client is None:
            raise unavailable("the engine is not open")
        return self._client

    def _theirs(self, ours: str) -> str:
        return f"{self._place.prefix}{ours}"

    def _unknown(self, ours: str, error: RPCError) -> Exception:
        if error.status is not RPCStatusCode.NOT_FOUND:
            return error
        message = f"No workflow {ours} is running or kept."
        return WorkflowUnknown(message, id=ours)

    async def _sweep(self, client: Client) -> None:
        """Remove what ended long ago, now and then."""
        keep = self._limits.retention_seconds
        while True:
            try:
                await self._remove(client, before=time.time() - keep)
            except RPCError as error:
                log.warning("engine_sweep_failed", reason=str(error))
            await asyncio.sleep(min(max(keep / 10, 1.0), 3600.0))

    async def _remove(self, client: Client, *, before: float) -> None:
        moment = datetime.fromtimestamp(before, UTC).isoformat()
        mine = f"TaskQueue = '{self._place.task_queue}'"
        found: set[str] = set()
        async for ended in client.list_workflows(f"{mine} AND CloseTime < '{moment}'"):
            found.add(ended.run_id)
            if ended.run_id not in self._removing:
                await self._delete(client, ended.id, ended.run_id)
        self._removing = found

    async def _delete(self, client: Client, workflow_id: str, run_id: str) -> None:
        """Have Temporal remove an ended workflow, which it does in its own time."""
        execution = WorkflowExecution(workflow_id=workflow_id, run_id=run_id)
        await client.workflow_service.delete_workflow_execution(
            DeleteWorkflowExecutionRequest(
                namespace=self._place.namespace, workflow_execution=execution
            )
        )
