"""The durable engine in this process, on a journal file of its own."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import structlog
from typing_extensions import override

from fairlead.adapters.engine.activities import Pool
from fairlead.adapters.engine.codec import decode, encode
from fairlead.adapters.engine.conclusion import conclude, status
from fairlead.adapters.engine.journal import Journal
from fairlead.adapters.engine.records import (
    CANCEL,
    SIGNAL,
    Beginning,
    Ended,
    Ending,
    History,
    Record,
)
from fairlead.adapters.engine.retries import retried
from fairlead.adapters.engine.run import Host, Run
from fairlead.adapters.engine.watch import Teller
from fairlead.adapters.engine.writer import unavailable
from fairlead.kernel.engine import (
    Activity,
    Engine,
    JournalUnavailable,
    Json,
    Retried,
    Workflow,
    WorkflowCancelled,
    WorkflowFailed,
    WorkflowState,
    WorkflowStatus,
    WorkflowUnknown,
)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much the engine takes on.

    Attributes:
        activities: Running at once; those beyond wait. An activity that waits for
            another workflow keeps its place, so leave room.
        retention_seconds: Ended workflows are removed after this, whether or not
            a watcher took their end in.
        history: Records of one workflow; one with more fails.
        cleanup_seconds: What an interrupted activity has to end by itself.
    """

    activities: int = 1000
    retention_seconds: float = 7 * 86400.0
    history: int = 10_000
    cleanup_seconds: float = 10.0


@dataclass(slots=True)
class Live:
    """A running workflow; `ended` is set once its end is durable."""

    run: Run
    ended: asyncio.Future[Ending]
    signals: dict[str, asyncio.Future[None]]


class EmbeddedEngine(Engine):
    """Runs workflows and their activities in the event loop that opened it.

    An activity is cancelled directly, so `Call.heartbeat_seconds` is not needed here.
    """

    journal_type: ClassVar[type[Journal]] = Journal

    def __init__(
        self,
        journal: Path,
        *,
        workflows: Iterable[Workflow],
        activities: Mapping[str, Activity],
        limits: Limits | None = None,
    ) -> None:
        """Keep the journal in the file `journal`, held from open to close."""
        self._limits = limits or Limits()
        self._journal = self.journal_type(journal)
        self._workflows = {workflow.name: workflow for workflow in workflows}
        self._pool = Pool(
            activities,
            limit=self._limits.activities,
            cleanup_seconds=self._limits.cleanup_seconds,
        )
        self._host = Host(self._journal, self._pool, self._limits.history)
        self._teller = Teller(self._journal)
        self._live: dict[str, Live] = {}
        self._starting: dict[str, asyncio.Future[None]] = {}
        self._sweeper: asyncio.Task[None] | None = None
        self._open = False

    @property
    def trouble(self) -> str:
        """Why nothing can be recorded now; empty when all is well."""
        return self._journal.trouble

    @override
    async def open(self) -> None:
        found = await self._journal.open()
        self._open = True
        if self._teller.listeners:
            self._teller.tell(self._journal.untold())
        for beginning, history in found:
            self._resume(beginning, history)
        self._sweeper = asyncio.create_task(self._sweep())
        if found:
            log.info("engine_resumed", workflows=len(found))

    @override
    def busy(self) -> int:
        return len(self._pool.running)

    @override
    async def drain(self, seconds: float, *, patient: Callable[[], int]) -> None:
        if self._open:
            await self._pool.drain(seconds, patient=patient)

    @override
    async def close(self) -> None:
        if not self._open:
            return
        self._open = False
        if self._sweeper is not None:
            self._sweeper.cancel()
        lives = list(self._live.values())
        for live in lives:
            live.run.stop()
        if self._pool.running:
            await asyncio.wait(
                tuple(self._pool.running), timeout=self._limits.cleanup_seconds
            )
        await self._end_tasks([task for live in lives for task in live.run.tasks])
        await self._teller.close()
        await self._journal.close()
        for live in lives:
            live.ended.cancel()
        self._live.clear()

    @override
    async def start(self, workflow: str, argument: Json, *, id: str) -> bool:
        self._check_open()
        known = self._workflows.get(workflow)
        if known is None:
            message = f"No workflow is registered as {workflow}."
            raise WorkflowUnknown(message, workflow=workflow)
        body = encode(argument, what=f"The argument of {workflow}")
        if self._knows(id):
            return False
        starting = self._starting.get(id)
        if starting is not None:
            await asyncio.shield(starting)
            return False
        beginning = Beginning(
            self._journal.next_number(), id, workflow, known.version, body, time.time()
        )
        await self._begin(beginning)
        return True

    @override
    async def status(self, id: str) -> WorkflowStatus | None:
        self._check_open()
        live = self._live.get(id)
        if live is not None:
            return status(live.run.beginning, None)
        known = self._journal.find(id)
        return None if known is None else status(known.beginning, known.ending)

    @override
    async def retried(self, id: str) -> tuple[Retried, ...]:
        live = self._live.get(id)
        if live is None:
            return ()
        return retried(live.run.history.steps.values(), now=time.time())

    @override
    async def result(self, id: str, *, timeout_seconds: float) -> Json:
        self._check_open()
        live = await self._living(id)
        if live is not None:
            ending = await self._wait(live, timeout_seconds)
        else:
            known = self._journal.find(id)
            if known is None or known.ending is None:
                raise _unknown(id)
            ending = known.ending
        return _result(id, ending)

    @override
    async def signal(self, id: str, name: str, payload: Json, *, dedup: str) -> None:
        self._check_open()
        if "\n" in name:
            raise ValueError("a signal's name is one line")
        live = await self._living(id)
        if live is None:
            raise _unknown(id)
        body = encode(payload, what=f"Signal {name}")
        pending = live.signals.get(dedup)
        if pending is not None:
            await asyncio.shield(pending)
        elif dedup not in live.run.history.dedups:
            await self._hear(live, f"{name}\n{dedup}", body, dedup)

    @override
    async def cancel(self, id: str) -> None:
        self._check_open()
        live = await self._living(id)
        if live is None or live.run.cancelled:
            return
        asked = self._journal.ask(_record(live.run, CANCEL, "", b""))

        def heard(future: "asyncio.Future[None]") -> None:
            if not future.cancelled() and future.exception() is None:
                live.run.cancel()

        asked.add_done_callback(heard)
        await asyncio.shield(asked)

    @override
    def watch(self, listener: Callable[[WorkflowStatus], Awaitable[None]]) -> None:
        self._teller.listeners.append(listener)
        if self._open:
            self._teller.tell(self._journal.untold())

    async def _end_tasks(self, tasks: "list[asyncio.Task[None]]") -> None:
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=self._limits.cleanup_seconds)

    def _check_open(self) -> None:
        if not self._open:
            raise unavailable("the engine is not open")

    def _knows(self, workflow_id: str) -> bool:
        if workflow_id in self._live:
            return True
        workflow_id.encode()  # refuses what no journal can keep
        if workflow_id in self._starting:
            return False
        known = self._journal.find(workflow_id)
        if known is None:
            return False
        if known.ending is None:  # a start that was refused, but got through
            number = known.beginning.number
            self._resume(known.beginning, self._journal.history(number))
        return True

    async def _living(self, workflow_id: str) -> Live | None:
        """Return a running workflow, once it runs if it is about to."""
        starting = self._starting.get(workflow_id)
        if starting is not None:
            await asyncio.wait({starting})  # `_begun` is told of it first
        return self._live.get(workflow_id)

    async def _begin(self, beginning: Beginning) -> None:
        begun = self._journal.begin(beginning)
        self._starting[beginning.id] = begun
        begun.add_done_callback(lambda _: self._begun(beginning, begun))
        await asyncio.shield(begun)

    def _begun(self, beginning: Beginning, begun: "asyncio.Future[None]") -> None:
        """Run what is durable now, also when its caller has gone away."""
        del self._starting[beginning.id]
        failed = begun.cancelled() or begun.exception() is not None
        if not failed and self._open:
            self._resume(beginning, History())

    async def _hear(self, live: Live, key: str, body: bytes, dedup: str) -> None:
        record = _record(live.run, SIGNAL, key, body)
        asked = self._journal.ask(record)
        live.signals[dedup] = asked

        def heard(future: "asyncio.Future[None]") -> None:
            del live.signals[dedup]
            if not future.cancelled() and future.exception() is None:
                live.run.hear(record)

        asked.add_done_callback(heard)
        await asyncio.shield(asked)

    def _resume(self, beginning: Beginning, history: History) -> None:
        run = Run(beginning, history, self._host)
        ended = asyncio.get_running_loop().create_future()
        live = self._live[beginning.id] = Live(run, ended, {})
        run.spawn(self._drive(live))

    async def _drive(self, live: Live) -> None:
        run = live.run
        ending = await conclude(run, self._workflows.get(run.beginning.workflow))
        await self._journal.end(ending)
        self._live.pop(run.id, None)
        if not live.ended.done():
            live.ended.set_result(ending)
        self._teller.tell([Ended(run.beginning, ending)])

    async def _wait(self, live: Live, timeout_seconds: float) -> Ending:
        done, _ = await asyncio.wait({live.ended}, timeout=timeout_seconds)
        if not done:
            raise TimeoutError
        if live.ended.cancelled():
            raise unavailable("the engine was closed")
        return live.ended.result()

    async def _sweep(self) -> None:
        """Remove what ended long ago, now and then."""
        keep = self._limits.retention_seconds
        while True:
            try:
                while await self._journal.sweep(before=time.time() - keep):
                    pass
            except JournalUnavailable as error:
                log.warning("engine_sweep_failed", reason=error.message)
            await asyncio.sleep(min(max(keep / 10, 1.0), 3600.0))


def _record(run: Run, kind: int, key: str, body: bytes) -> Record:
    number = run.beginning.number
    return Record(number, run.next_sequence(), kind, key, 0, 0, 0.0, body)


def _unknown(workflow_id: str) -> WorkflowUnknown:
    return WorkflowUnknown(
        f"No workflow {workflow_id} is running or kept.", id=workflow_id
    )


def _result(workflow_id: str, ending: Ending) -> Json:
    value = decode(ending.body)
    if ending.state == WorkflowState.SUCCEEDED:
        return value
    if ending.state == WorkflowState.CANCELLED:
        message = f"Workflow {workflow_id} was cancelled."
        raise WorkflowCancelled(message, id=workflow_id)
    details = {name: value[name] for name in value if name not in {"code", "message"}}
    raise WorkflowFailed(
        value["message"], **{**details, "id": workflow_id, "cause": value["code"]}
    )
