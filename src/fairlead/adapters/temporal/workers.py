"""The workers of this process: they play workflows and make attempts."""

import asyncio
import contextlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from importlib.metadata import version
from typing import Any, Final

import structlog
from temporalio.client import Client
from temporalio.service import RPCError
from temporalio.worker import (
    PollerBehaviorSimpleMaximum,
    UnsandboxedWorkflowRunner,
    Worker,
)
from temporalio.workflow import NondeterminismError

from fairlead.adapters.temporal.attempts import Attempts
from fairlead.adapters.temporal.connection import Place
from fairlead.adapters.temporal.host import Host, Hosting
from fairlead.adapters.temporal.interpreter import Interpreter
from fairlead.kernel.engine import Activity, Workflow

log = structlog.get_logger(__name__)

# A workflow's next task goes to the worker that knows it, which has this long for it.
STICKY: Final = timedelta(seconds=2)
HEARTBEATS: Final = timedelta(milliseconds=20)  # `Attempts` keeps the pace
# Between the last look for work and the end of activities: what an interrupted one
# answers must not be handed to a poll of ours that nobody waits for any more.
QUIET: Final = timedelta(milliseconds=250)
WAITS: Final = (0.5, 2.0, 10.0)  # before a worker that failed is made anew
POLLERS: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much one process takes on.

    Attributes:
        activities: Running at once.
        history: Records of one workflow; one with more fails.
        heartbeat_seconds: After this much silence an attempt counts as lost and is
            made again, unless its call says otherwise.
        cleanup_seconds: What an interrupted activity has to end by itself.
        retention_seconds: Ended workflows are removed after this.
        task_seconds: What a worker has to replay a workflow and find its next steps;
            after a crash in its middle another one waits as long.
    """

    activities: int = 1000
    history: int = 10_000
    heartbeat_seconds: float = 10.0
    cleanup_seconds: float = 10.0
    retention_seconds: float = 7 * 86400.0
    task_seconds: float = 10.0


class Workers:
    """Works at one task queue: at workflows, at activities, or at both."""

    def __init__(
        self,
        place: Place,
        *,
        workflows: Iterable[Workflow] | None,
        activities: Mapping[str, Activity] | None,
        limits: Limits,
    ) -> None:
        """Play `workflows` (None: no workflow code runs here), make `activities`."""
        self._place = place
        self._limits = limits
        self._workflows = (
            None if workflows is None else {flow.name: flow for flow in workflows}
        )
        self._attempts = (
            None
            if activities is None
            else Attempts(
                activities,
                prefix=place.prefix,
                cleanup_seconds=limits.cleanup_seconds,
            )
        )
        self._client: Client | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._worker: Worker | None = None
        self._task: asyncio.Task[None] | None = None
        self._condemning: dict[str, asyncio.Task[None]] = {}
        self._closing = False
        self.trouble = ""

    async def open(self, client: Client) -> None:
        """Begin to work."""
        if self._workflows is None and self._attempts is None:
            return
        self._client, self._closing = client, False
        self._loop = asyncio.get_running_loop()
        self._worker = self._make(client)
        self._task = self._loop.create_task(self._work(client))

    async def close(self) -> None:
        """Take nothing more; running activities are interrupted, and told so."""
        self._closing = True
        task, self._task = self._task, None
        if task is None:
            return
        if self._worker is not None and self._worker.is_running:
            await self._worker.shutdown()
        else:
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        for condemning in tuple(self._condemning.values()):
            condemning.cancel()

    def hurry(self, workflow_id: str) -> None:
        """Bring the cancel of a workflow to its activities here at once."""
        if self._attempts is not None:
            self._attempts.hurry(workflow_id)

    def busy(self) -> int:
        """Return how many activities run here."""
        return 0 if self._attempts is None else self._attempts.busy()

    async def drain(self, seconds: float, *, patient: Callable[[], int]) -> None:
        """Begin no activity here any more; wait for those that run."""
        if self._attempts is not None:
            await self._attempts.drain(seconds, patient=patient)

    async def _work(self, client: Client) -> None:
        failures = 0
        while not self._closing:
            try:
                if self._worker is None:
                    self._worker = self._make(client)
                await self._worker.run()
            except Exception as error:  # an edge: made anew
                self._worker = None
                self.trouble = f"the worker failed: {error}"
                log.exception("temporal_worker_failed")
                await asyncio.sleep(WAITS[min(failures, len(WAITS) - 1)])
                failures += 1
            else:
                self._worker = None
                self.trouble = ""

    def _make(self, client: Client) -> Worker:
        limits, plays = self._limits, self._workflows is not None
        host = Host(
            workflows=self._workflows or {},
            condemn=self._condemn,
            prefix=self._place.prefix,
            history_cap=limits.history,
            heartbeat_seconds=limits.heartbeat_seconds,
            cleanup_seconds=limits.cleanup_seconds,
        )
        return Worker(
            client,
            task_queue=self._place.task_queue,
            workflows=[Interpreter] if plays else [],
            activities=[] if self._attempts is None else [self._attempts.make],
            interceptors=[Hosting(host)],
            workflow_runner=UnsandboxedWorkflowRunner(),
            build_id=f"fairlead-{version('fairlead')}",
            max_concurrent_activities=limits.activities,
            workflow_task_poller_behavior=PollerBehaviorSimpleMaximum(POLLERS),
            activity_task_poller_behavior=PollerBehaviorSimpleMaximum(POLLERS),
            sticky_queue_schedule_to_start_timeout=STICKY,
            graceful_shutdown_timeout=QUIET,
            max_heartbeat_throttle_interval=HEARTBEATS,
            default_heartbeat_throttle_interval=HEARTBEATS,
            workflow_failure_exception_types=[NondeterminismError],
        )

    def _condemn(self, id: str, run: str, error: Mapping[str, str]) -> None:  # noqa: A002
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._begin_to_end, id, run, error)

    def _begin_to_end(
        self, temporal_id: str, run: str, error: Mapping[str, str]
    ) -> None:
        if run in self._condemning or self._client is None or self._closing:
            return
        log.error(
            "engine_workflow_doomed",
            id=temporal_id.removeprefix(self._place.prefix),
            code=error["code"],
            reason=error["message"],
        )
        task = asyncio.create_task(_terminate(self._client, temporal_id, run, error))
        self._condemning[run] = task
        task.add_done_callback(lambda _: self._condemning.pop(run, None))


async def _terminate(
    client: Client, temporal_id: str, run: str, error: Mapping[str, str]
) -> None:
    handle: Any = client.get_workflow_handle(temporal_id, run_id=run)
    try:
        await handle.terminate(dict(error), reason=error["message"])
    except RPCError as failure:  # its next task asks again
        log.warning("temporal_terminate_failed", id=temporal_id, reason=str(failure))
