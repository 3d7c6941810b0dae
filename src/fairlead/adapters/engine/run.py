"""One workflow under way: its steps, as the journal has them or as they happen."""

import asyncio
import time
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass

from typing_extensions import override

from fairlead.adapters.engine.activities import (
    UNKNOWN,
    Failure,
    Outcome,
    Pool,
    Trial,
    Why,
)
from fairlead.adapters.engine.codec import decode, encode, encode_sorted, fingerprint
from fairlead.adapters.engine.graph import Graph
from fairlead.adapters.engine.journal import Journal
from fairlead.adapters.engine.records import (
    ATTEMPT,
    CANCELLED,
    DONE,
    FAILED,
    RETRY,
    TIMEOUT,
    TIMER,
    Beginning,
    History,
    Record,
    Step,
)
from fairlead.kernel.engine import (
    Attempt,
    Call,
    Json,
    Node,
    SignalTimeout,
    StepFailed,
    Steps,
    WorkflowCancelled,
)

LONGEST_REASON = 500  # characters of a message that is kept for each retry
LONGEST_NAP = 3600.0  # then the wall clock is looked at again


class Doomed(BaseException):
    """Passes through workflow code that has no future; not an `Exception`."""


@dataclass(frozen=True, slots=True)
class Doom:
    """Why a workflow fails whatever its code does now."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Host:
    """What every run shares; `history_cap` is in records of one workflow."""

    journal: Journal
    pool: Pool
    history_cap: int


class Run(Steps):
    """The steps of one workflow.

    What is recorded goes on at once, before it is durable: the journal keeps the
    order, and an attempt is launched only once it and all before it are durable.
    """

    def __init__(self, beginning: Beginning, history: History, host: Host) -> None:
        """Take up where `history` ends."""
        self.id = beginning.id
        self.beginning = beginning
        self.history = history
        self.doom: Doom | None = None
        self.tasks: set[asyncio.Task[None]] = set()
        self._host = host
        self._loop = asyncio.get_running_loop()
        self.closing = False
        self._trials: dict[Trial, bool] = {}
        self._naps: set[asyncio.Future[bool]] = set()
        self._awaited: dict[str, int] = {}

    @property
    def cancelled(self) -> bool:
        """Tell whether a cancel is recorded."""
        return self.history.cancelled

    @override
    async def run(self, call: Call, *, key: str, shield: bool = False) -> Json:
        argument = encode_sorted(call.argument, what=f"The argument of {key}")
        step = await self._ask(key, fingerprint("run", call.activity, argument))
        outcome = step.outcome or await self._attempts(step, call, shield=shield)
        return self._reveal(outcome)

    @override
    async def graph(self, nodes: Mapping[str, Node]) -> Mapping[str, Json]:
        self.history.unasked.difference_update(nodes)

        async def perform(key: str, node: Node) -> Json:
            return await self.run(node.call, key=key)

        return await Graph(nodes, perform, self.spawn).run()

    @override
    async def sleep(self, seconds: float, *, key: str) -> None:
        step = await self._ask(key, fingerprint("sleep", key, b"%r" % float(seconds)))
        self._reveal(step.outcome or await self._wait(step, seconds))

    @override
    async def signal(self, name: str, *, timeout_seconds: float | None = None) -> Json:
        nth = self._awaited[name] = self._awaited.get(name, 0) + 1
        key = f"signal:{name}:{nth}"
        wanted = fingerprint("signal", name, encode(timeout_seconds, what="A timeout"))
        step = await self._ask(key, wanted)
        outcome = step.outcome or await self._hear(step, name, timeout_seconds)
        if outcome.kind == TIMEOUT:
            message = f"No signal '{name}' came within {timeout_seconds:g} s."
            raise SignalTimeout(message, signal=name, step=key)
        if outcome.kind != DONE:
            return self._reveal(outcome)
        return decode(self.history.signals[name].pop(outcome.number))

    def spawn(self, work: Coroutine[None, None, None]) -> None:
        """Run `work` in a task that ends with this run."""
        task = self._loop.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def next_sequence(self) -> int:
        """Return the place of the next record."""
        self.history.sequence += 1
        return self.history.sequence

    def hear(self, record: Record) -> None:
        """Take in a signal that is durable now."""
        self.history.hear(record)
        self._wake()

    def cancel(self) -> None:
        """Take in a cancel that is durable now."""
        self.history.cancelled = True
        for trial, shield in tuple(self._trials.items()):
            if not shield:
                trial.interrupt(Why.CANCEL)
        self._wake()

    def stop(self) -> None:
        """Interrupt everything and record no outcome of it; the next open resumes."""
        self.closing = True
        self._interrupt(Why.CLOSE)

    def condemn(self, code: str, message: str) -> Doomed:
        """Make the workflow fail, whatever its code does; return what to raise."""
        if self.doom is None:
            self.doom = Doom(code, message)
            self._interrupt(Why.DOOM)
        return Doomed(message)

    def _interrupt(self, why: Why) -> None:
        for trial in tuple(self._trials):
            trial.interrupt(why)
        self._wake()

    def _wake(self) -> None:
        for nap in self._naps:
            if not nap.done():
                nap.set_result(False)

    async def _ask(self, key: str, digest: int) -> Step:
        await self._halted(shield=True)
        step = self.history.steps.get(key)
        if step is None:
            if self.history.unasked:
                missed = ", ".join(sorted(self.history.unasked)[:3])
                raise self._diverged(f"it asks for '{key}' where it asked for {missed}")
            key.encode()  # refuses what no journal can keep
            step = self.history.steps[key] = Step(key, digest)
        elif step.asked and (step.digest != digest or step.outcome is None):
            message = f"Two steps share the key '{key}'; give each its own."
            raise self.condemn("engine.duplicate_key", message)
        elif step.digest != digest:
            raise self._diverged(f"step '{key}' is not what it was")
        step.asked = True
        self.history.unasked.discard(key)
        return step

    def _diverged(self, what: str) -> Doomed:
        name = self.beginning.workflow
        message = f"The code of {name} has changed under a running workflow: {what}."
        return self.condemn("engine.nondeterministic", message)

    async def _halted(self, *, shield: bool) -> bool:
        """Tell whether a step must end as cancelled."""
        if self.closing:
            await self._loop.create_future()  # for good: the task is cancelled
        if self.doom is not None:
            raise Doomed(self.doom.message)
        return self.cancelled and not shield

    async def _nap(self, due: float, nap: "asyncio.Future[bool]") -> bool:
        """Sleep until `due` (0: for good), or until woken."""
        self._naps.add(nap)
        timer = None
        if due:
            left = min(max(due - time.time(), 0.001), LONGEST_NAP)
            timer = self._loop.call_later(left, _rouse, nap)
        try:
            return await nap
        finally:
            self._naps.discard(nap)
            if timer is not None:
                timer.cancel()

    async def _wait(self, step: Step, seconds: float) -> Record:
        while not await self._halted(shield=False):
            if not step.timed:
                self._record(step, TIMER, due=_due_in(seconds))
            if step.due <= time.time():
                return self._record(step, DONE)
            await self._nap(step.due, self._loop.create_future())
        return self._record(step, CANCELLED)

    async def _hear(self, step: Step, name: str, seconds: float | None) -> Record:
        while not await self._halted(shield=False):
            if not step.timed:
                due = 0.0 if seconds is None else _due_in(seconds)
                self._record(step, TIMER, due=due)
            unread = self.history.signals.get(name)
            if unread:
                return self._record(step, DONE, number=next(iter(unread)))
            if seconds is not None and step.due <= time.time():
                return self._record(step, TIMEOUT)
            await self._nap(step.due, self._loop.create_future())
        return self._record(step, CANCELLED)

    async def _attempts(self, step: Step, call: Call, *, shield: bool) -> Record:
        step.limit = call.retry.shown
        while not await self._halted(shield=shield):
            if step.due > time.time():
                await self._nap(step.due, self._loop.create_future())
                continue
            if not self._host.pool.take():
                place: asyncio.Future[bool] = self._loop.create_future()
                self._host.pool.queue(place)
                if not await self._nap(0.0, place):
                    continue
            try:
                outcome = await self._attempt(step, call, shield=shield)
            finally:
                self._host.pool.give_back()
            if outcome is not None and outcome.why is None:
                self._judge(step, call, outcome)
                if step.outcome is not None:
                    return step.outcome
        return self._record(step, CANCELLED)

    async def _attempt(self, step: Step, call: Call, *, shield: bool) -> Outcome | None:
        """Make one attempt; None: there was no time for it."""
        activity = self._host.pool.find(call.activity)
        if activity is None:
            message = f"No activity is registered as {call.activity}."
            return Outcome(failure=Failure(UNKNOWN, message, final=True))
        number = step.attempts + 1
        await self._host.journal.recorded(self._recorded(step, ATTEMPT, number=number))
        if await self._halted(shield=shield):
            return None
        attempt = Attempt(
            workflow_id=self.id,
            key=f"{self.id}/{step.key}",
            number=number,
            argument=decode(encode(call.argument, what="An argument")),
        )
        trial = Trial(self._host.pool, activity, call, attempt)
        self._trials[trial] = shield
        try:
            await trial.ended
        finally:
            del self._trials[trial]
        return trial.outcome()

    def _judge(self, step: Step, call: Call, outcome: Outcome) -> None:
        failure = outcome.failure
        if failure is None:
            self._record(step, DONE, body=outcome.result)
            return
        retry = call.retry
        if (
            failure.final
            or failure.code in retry.fatal
            or step.failures + 1 >= retry.max_attempts
        ):
            error = [failure.code, failure.message, dict(failure.details)]
            self._record(step, FAILED, body=encode(error, what="An error"))
            return
        wait = retry.initial_seconds * retry.backoff**step.failures
        due = time.time() + min(wait, retry.max_seconds)
        reason = [failure.code, failure.message[:LONGEST_REASON]]
        self._record(step, RETRY, due=due, body=encode(reason, what="A reason"))

    def _record(
        self,
        step: Step,
        kind: int,
        *,
        number: int = 0,
        due: float = 0.0,
        body: bytes = b"",
    ) -> Record:
        record = self._recorded(step, kind, number=number, due=due, body=body)
        self._host.journal.record(record)
        return record

    def _recorded(
        self,
        step: Step,
        kind: int,
        *,
        number: int = 0,
        due: float = 0.0,
        body: bytes = b"",
    ) -> Record:
        if self.history.sequence >= self._host.history_cap:
            message = f"The history passed {self._host.history_cap} records."
            raise self.condemn("engine.history_cap", message)
        record = Record(
            self.beginning.number,
            self.next_sequence(),
            kind,
            step.key,
            step.digest,
            number,
            due,
            body,
        )
        step.take(record)
        return record

    def _reveal(self, outcome: Record) -> Json:
        if outcome.kind == DONE:
            return decode(outcome.body)
        if outcome.kind == CANCELLED:
            message = f"The workflow was cancelled at step '{outcome.key}'."
            raise WorkflowCancelled(message, step=outcome.key)
        code, message, details = decode(outcome.body)
        details = {name: details[name] for name in details if name != "message"}
        raise StepFailed(message, **{**details, "step": outcome.key, "cause": code})


def _due_in(seconds: float) -> float:
    return time.time() + (seconds if seconds > 0 else 0.0)


def _rouse(nap: "asyncio.Future[bool]") -> None:
    if not nap.done():
        nap.set_result(False)
