"""Telling the watchers of ended workflows, until they have taken it in.

Two ways lead to each end. The workflows started here, or found running, are followed
one by one, so that an end is told at once. And now and then Temporal is asked what has
ended lately, so that nothing is missed that was started elsewhere, or terminated, or
ended while this process was down.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

import structlog
from temporalio.client import Client, WorkflowExecution
from temporalio.service import RPCError, RPCStatusCode

from fairlead.adapters.temporal.connection import Place
from fairlead.adapters.temporal.endings import ending, runs
from fairlead.adapters.temporal.told import ToldFile
from fairlead.kernel.engine import WorkflowStatus

log = structlog.get_logger(__name__)

Listener = Callable[[WorkflowStatus], Awaitable[None]]
AT_ONCE: Final = 64
WAITS: Final = (0.2, 1.0, 5.0, 30.0)  # between attempts; the next look tries again
LOOK_SECONDS: Final = 30.0
LAG_SECONDS: Final = 300.0  # how late Temporal's lists and clocks may be
AGAIN_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class _Found:
    """A workflow in Temporal."""

    id: str
    run: str
    workflow: str


class Watch:
    """Tells every listener of every end, and remembers who knows."""

    def __init__(self, place: Place, told: ToldFile) -> None:
        """Watch the workflows of `place`, remembering in `told`."""
        self.listeners: list[Listener] = []
        self._place = place
        self._told = told
        self._client: Client | None = None
        self._following: dict[str, asyncio.Task[None]] = {}
        self._looker: asyncio.Task[None] | None = None
        self._places = asyncio.Semaphore(AT_ONCE)

    def open(self, client: Client) -> None:
        """Begin to watch, if there is a listener."""
        self._client = client
        self._told.open()
        self.begin()

    def begin(self) -> None:
        """Look what has ended, now and from time to time, if anybody listens."""
        if self.listeners and self._client is not None and self._looker is None:
            self._looker = asyncio.create_task(self._look_on(self._client))

    async def close(self) -> None:
        """Stop telling."""
        looker = () if self._looker is None else (self._looker,)
        tasks = [*self._following.values(), *looker]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._following.clear()
        self._looker = self._client = None
        self._told.close()

    def follow(self, id: str, run: str, workflow: str) -> None:  # noqa: A002
        """Tell of the end of this workflow once it comes."""
        if not self.listeners or self._client is None or run in self._following:
            return
        found = _Found(id, run, workflow)
        task = asyncio.create_task(self._follow(self._client, found))
        self._following[run] = task
        task.add_done_callback(partial(self._forget, run))

    def _forget(self, run: str, _: "asyncio.Task[None]") -> None:
        self._following.pop(run, None)

    async def _follow(self, client: Client, found: _Found) -> None:
        status = await self._end_of(client, found)
        if status is None:
            return
        ended = time.time()
        for listener in tuple(self.listeners):
            if not await self._heard(listener, status):
                return
        self._told.add(found.run, ended=ended)

    async def _end_of(self, client: Client, found: _Found) -> WorkflowStatus | None:
        """Wait for the end of a workflow; None: Temporal keeps it no longer."""
        handle: Any = client.get_workflow_handle(
            f"{self._place.prefix}{found.id}", run_id=found.run
        )
        while True:
            try:
                return await ending(handle, id=found.id, workflow=found.workflow)
            except RPCError as error:
                if error.status is RPCStatusCode.NOT_FOUND:
                    return None
            await asyncio.sleep(AGAIN_SECONDS)

    async def _heard(self, listener: Listener, news: WorkflowStatus) -> bool:
        for wait in (*WAITS, None):
            try:
                async with self._places:
                    await listener(news)
            except Exception:  # an edge: tried again
                log.exception("engine_watcher_failed", id=news.id)
            else:
                return True
            if wait is not None:
                await asyncio.sleep(wait)
        return False

    async def _look_on(self, client: Client) -> None:
        while True:
            try:
                await self._look(client)
            except RPCError as error:
                log.warning("temporal_look_failed", reason=str(error))
            await asyncio.sleep(LOOK_SECONDS)

    async def _look(self, client: Client) -> None:
        """Follow whatever runs or has ended untold."""
        upto = self._told.upto()
        settled = time.time() - LAG_SECONDS
        mine = f"TaskQueue = '{self._place.task_queue}'"
        since = datetime.fromtimestamp(upto, UTC).isoformat()
        for query in (
            f"{mine} AND ExecutionStatus = 'Running'",
            f"{mine} AND CloseTime >= '{since}'",
        ):
            async for execution in client.list_workflows(query):
                if not self._knows(execution):
                    settled = min(settled, _ended(execution))
                    self._take_up(execution)
        if settled > upto:
            self._told.settle(settled)

    def _knows(self, execution: WorkflowExecution) -> bool:
        return not runs(execution.status) and self._told.knows(execution.run_id)

    def _take_up(self, execution: WorkflowExecution) -> None:
        id_here = execution.id.removeprefix(self._place.prefix)
        self.follow(id_here, execution.run_id, execution.workflow_type)


def _ended(execution: WorkflowExecution) -> float:
    """Return when it ended; one that runs has not."""
    ended = execution.close_time
    return time.time() if ended is None else ended.timestamp()
