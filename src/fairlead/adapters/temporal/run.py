"""The steps of one workflow, as commands to Temporal; runs inside its workflow loop."""

import asyncio
from collections import deque
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum
from typing import Any, Final

from temporalio import workflow
from temporalio.common import RetryPolicy as TemporalRetries
from temporalio.exceptions import ActivityError, ApplicationError, FailureError
from temporalio.exceptions import CancelledError as TemporalCancelled
from temporalio.exceptions import TimeoutError as TemporalTimeout
from typing_extensions import override

from fairlead.adapters.engine.activities import BUG
from fairlead.adapters.engine.codec import encode, encode_sorted, fingerprint
from fairlead.adapters.engine.graph import Graph
from fairlead.adapters.temporal.host import Host
from fairlead.kernel.engine import (
    Call,
    Json,
    Node,
    SignalTimeout,
    StepFailed,
    Steps,
    WorkflowCancelled,
)

LARGEST_HISTORY: Final = 40_000_000  # bytes; Temporal ends a workflow at 50 MiB
SLACK_SECONDS: Final = 30.0  # the activity keeps its time itself; this is for lost ones
LOST_SECONDS: Final = (0.1, 10.0)  # first and longest wait after a lost attempt
LIMITLESS: Final = timedelta(days=3650)


class Doomed(BaseException):
    """Passes through workflow code that has no future; not an `Exception`."""


class End(Enum):
    """How a step ended."""

    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    TIMEOUT = "timeout"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of a step; `value` is a result, or an error's code, message, details."""

    end: End
    value: Json = None


@dataclass(slots=True)
class Step:
    """What is known of one step."""

    key: str
    digest: int
    attempts: int = 0
    failures: int = 0
    losses: int = 0
    wait: float = 0.0
    outcome: Outcome | None = None
    limit: int = 0
    due: float = 0.0
    code: str = ""
    message: str = ""


@dataclass(slots=True)
class Mailbox:
    """Signals not read yet, by name; each sender's dedup is taken once."""

    unread: dict[str, deque[Json]] = field(default_factory=dict)
    dedups: set[str] = field(default_factory=set)

    def put(self, name: str, payload: Json, dedup: str) -> None:
        """Take a signal in."""
        if dedup not in self.dedups:
            self.dedups.add(dedup)
            self.unread.setdefault(name, deque()).append(payload)


class Run(Steps):
    """The steps of one workflow on Temporal.

    Temporal replays by order; a step's key and fingerprint are in its activity's id,
    so that a replay that asks for anything else is found by Temporal itself.
    """

    def __init__(self, id: str, host: Host, mailbox: Mailbox) -> None:  # noqa: A002
        """Begin `id`; everything else is in Temporal's history."""
        self.id = id
        self.doom: tuple[str, str] | None = None
        self.cancelled = False
        self.leaving = False  # told to forget this copy of the workflow
        self._host = host
        self._mailbox = mailbox
        self._loop = asyncio.get_running_loop()
        self._steps: dict[str, Step] = {}
        self._records = 0
        self._awaited: dict[str, int] = {}
        self._naps: dict[asyncio.Future[None], None] = {}
        self._attempting: dict[workflow.ActivityHandle[Any], bool] = {}
        self._tasks: dict[asyncio.Task[None], None] = {}

    @override
    async def run(self, call: Call, *, key: str, shield: bool = False) -> Json:
        argument = encode_sorted(call.argument, what=f"The argument of {key}")
        step = self._ask(key, fingerprint("run", call.activity, argument))
        outcome = step.outcome or await self._attempts(step, call, shield=shield)
        return self._reveal(step, outcome)

    @override
    async def graph(self, nodes: Mapping[str, Node]) -> Mapping[str, Json]:
        async def perform(key: str, node: Node) -> Json:
            return await self.run(node.call, key=key)

        return await Graph(nodes, perform, self._spawn).run()

    @override
    async def sleep(self, seconds: float, *, key: str) -> None:
        step = self._ask(key, fingerprint("sleep", key, b"%r" % float(seconds)))
        self._reveal(step, step.outcome or await self._wait(step, seconds))

    @override
    async def signal(self, name: str, *, timeout_seconds: float | None = None) -> Json:
        nth = self._awaited[name] = self._awaited.get(name, 0) + 1
        key = f"signal:{name}:{nth}"
        wanted = fingerprint("signal", name, encode(timeout_seconds, what="A timeout"))
        step = self._ask(key, wanted)
        outcome = step.outcome or await self._hear(step, name, timeout_seconds)
        if outcome.end is End.TIMEOUT:
            message = f"No signal '{name}' came within {timeout_seconds:g} s."
            raise SignalTimeout(message, signal=name, step=key)
        return self._reveal(step, outcome)

    def retried(self) -> list[Json]:
        """Return the steps under way that were tried before, for those who ask."""
        now = self._loop.time()
        return [
            {
                "step": step.key,
                "attempt": step.failures + 1,
                "attempts": max(step.limit, step.failures + 1),
                "cut_off": step.losses,
                "code": step.code,
                "message": step.message,
                "due_at": step.due if step.due > now else None,
            }
            for step in sorted(self._steps.values(), key=lambda each: each.key)
            if step.outcome is None and step.limit and (step.failures or step.losses)
        ]

    def hear(self) -> None:
        """Look into the mailbox."""
        self._wake()

    def cancel(self) -> None:
        """Take in a cancel."""
        self.cancelled = True
        for handle, shield in tuple(self._attempting.items()):
            if not shield:
                handle.cancel()
        self._wake()

    def condemn(self, code: str, message: str) -> Doomed:
        """Make the workflow fail, whatever its code does; return what to raise."""
        if self.doom is None:
            self.doom = (code, message)
            for handle in tuple(self._attempting):
                handle.cancel()
            self._wake()
        return Doomed(message)

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = self._loop.create_task(work)
        self._tasks[task] = None
        task.add_done_callback(lambda done: self._tasks.pop(done, None))

    def _wake(self) -> None:
        for nap in tuple(self._naps):
            if not nap.done():
                nap.set_result(None)

    def _ask(self, key: str, digest: int) -> Step:
        self._halted(shield=True)
        step = self._steps.get(key)
        if step is None:
            step = self._steps[key] = Step(key, digest)
        elif step.digest != digest or step.outcome is None:
            message = f"Two steps share the key '{key}'; give each its own."
            raise self.condemn("engine.duplicate_key", message)
        return step

    def _halted(self, *, shield: bool) -> bool:
        """Tell whether a step must end as cancelled."""
        if self.doom is not None:
            raise Doomed(self.doom[1])
        return self.cancelled and not shield

    async def _nap(self, seconds: float | None) -> None:
        """Wait so long, or until something happens."""
        nap: asyncio.Future[None] = self._loop.create_future()
        self._naps[nap] = None
        timer = None
        if seconds is not None:
            timer = self._loop.call_later(max(seconds, 0.001), _rouse, nap)
        try:
            await nap
        finally:
            del self._naps[nap]
        if timer is not None:
            timer.cancel()

    async def _wait(self, step: Step, seconds: float) -> Outcome:
        due = self._loop.time() + max(seconds, 0.001)
        while not self._halted(shield=False):
            left = due - self._loop.time()
            if left <= 0:
                return self._end(step, End.DONE)
            await self._nap(left)
        return self._end(step, End.CANCELLED)

    async def _hear(self, step: Step, name: str, seconds: float | None) -> Outcome:
        due = None if seconds is None else self._loop.time() + max(seconds, 0.001)
        while True:
            if self._halted(shield=False):
                return self._end(step, End.CANCELLED)
            unread = self._mailbox.unread.get(name)
            if unread:
                return self._end(step, End.DONE, unread.popleft())
            left = None if due is None else due - self._loop.time()
            if left is not None and left <= 0:
                return self._end(step, End.TIMEOUT)
            await self._nap(left)

    async def _attempts(self, step: Step, call: Call, *, shield: bool) -> Outcome:
        step.limit = call.retry.shown
        while not self._halted(shield=shield):
            left = step.due - self._loop.time()
            if step.due and left > 0:
                await self._nap(left)
                continue
            step.due = 0.0
            self._count()
            step.attempts += 1
            answer = await self._attempt(step, call, shield=shield)
            if self._take(step, answer, shield=shield) is not None:
                break
            if step.wait:
                step.due = self._loop.time() + step.wait
        return step.outcome or self._end(step, End.CANCELLED)

    async def _attempt(self, step: Step, call: Call, *, shield: bool) -> Json:
        """Make one attempt and return what became of it."""
        liveness = call.heartbeat_seconds or self._host.heartbeat_seconds
        timeout = call.timeout_seconds + self._host.cleanup_seconds + SLACK_SECONDS
        handle = workflow.start_activity(
            call.activity,
            self._order(step, call),
            activity_id=f"{step.key} {step.attempts} {step.digest:016x}",
            start_to_close_timeout=min(timedelta(seconds=timeout), LIMITLESS),
            heartbeat_timeout=timedelta(seconds=liveness),
            retry_policy=TemporalRetries(maximum_attempts=1),
            cancellation_type=workflow.ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
        )
        self._attempting[handle] = shield
        try:
            await asyncio.wait([handle])
        finally:
            del self._attempting[handle]
        if handle.cancelled():
            return {"lost": "cancelled"}
        error = handle.exception()
        return handle.result() if error is None else _lost(error)

    def _order(self, step: Step, call: Call) -> Json:
        retry = call.retry
        return {
            "key": step.key,
            "attempt": step.attempts,
            "argument": call.argument,
            "timeout_seconds": call.timeout_seconds,
            "failures": step.failures,
            "retry": {
                "max_attempts": retry.max_attempts,
                "initial_seconds": retry.initial_seconds,
                "backoff": retry.backoff,
                "max_seconds": retry.max_seconds,
                "fatal": list(retry.fatal),
            },
        }

    def _take(self, step: Step, answer: Json, *, shield: bool) -> Outcome | None:
        """Learn what became of an attempt; the decisions in it were recorded.

        What fails while its cancel is on its way to it was cancelled: often it fails
        because what it waited for was cancelled, too.
        """
        self._halted(shield=True)
        step.wait = 0.0
        if "done" in answer:
            return self._end(step, End.DONE, answer["done"])
        if "failed" in answer and self.cancelled and not shield:
            return self._end(step, End.CANCELLED)
        if "failed" in answer:
            return self._end(step, End.FAILED, answer["failed"])
        if "retry" in answer:
            self._count()
            step.failures += 1
            step.wait = answer["retry"]
            step.code = answer.get("code", "")
            step.message = answer.get("message", "")
        elif answer.get("lost"):
            first, longest = LOST_SECONDS
            step.wait = min(first * 2.0 ** min(step.losses, 20), longest)
            step.losses += 1
        return None

    def _end(self, step: Step, end: End, value: Json = None) -> Outcome:
        self._count()
        step.outcome = Outcome(end, value)
        return step.outcome

    def _count(self) -> None:
        """Count a record.

        Raises:
            Doomed: there are too many.
        """
        self._records += 1
        size = workflow.info().get_current_history_size()
        if self._records > self._host.history_cap or size > LARGEST_HISTORY:
            cap = f"{self._host.history_cap} records or {LARGEST_HISTORY} bytes"
            raise self.condemn("engine.history_cap", f"The history passed {cap}.")

    def _reveal(self, step: Step, outcome: Outcome | None) -> Json:
        if outcome is None or outcome.end is End.CANCELLED:
            message = f"The workflow was cancelled at step '{step.key}'."
            raise WorkflowCancelled(message, step=step.key)
        if outcome.end is End.DONE:
            return outcome.value
        code, message, details = outcome.value
        details = {name: details[name] for name in details if name != "message"}
        raise StepFailed(message, **{**details, "step": step.key, "cause": code})


def _rouse(nap: "asyncio.Future[None]") -> None:
    if not nap.done():
        nap.set_result(None)


def _lost(error: BaseException) -> Json:
    """Return what to make of an attempt that gave no answer of ours."""
    cause = error.cause if isinstance(error, ActivityError) else error
    if isinstance(cause, TemporalCancelled | TemporalTimeout):
        return {"lost": type(cause).__name__}
    if isinstance(cause, ApplicationError) and cause.type == BUG:
        return {"lost": BUG}
    if isinstance(cause, FailureError):
        return {"failed": [BUG, cause.message, {}]}
    raise error
