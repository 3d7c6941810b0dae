"""The port of the durable engine: workflows, their steps, the activities they call."""

from abc import abstractmethod
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol, TypeVar

from fairlead.kernel.errors import ErrorKind, FairleadError

Json = Any  # None, bool, int, float, str, list of Json or dict of str to Json

MAX_PAYLOAD = 256 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """How often and how soon an activity is tried again.

    Attributes:
        max_attempts: All attempts, the first included.
        initial_seconds: The wait after the first failure, times `backoff` for each
            further one, at most `max_seconds`.
        fatal: Error codes that are never retried.
        told: What people are told of as the most, where `max_attempts` leaves room
            for mishaps that are not the activity's own; None: that.
    """

    max_attempts: int = 3
    initial_seconds: float = 0.1
    backoff: float = 2.0
    max_seconds: float = 60.0
    fatal: tuple[str, ...] = ()
    told: int | None = None

    @property
    def shown(self) -> int:
        """Return how many attempts people are told of."""
        return self.max_attempts if self.told is None else self.told


ONCE = RetryPolicy(max_attempts=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One activity invocation, as data.

    Attributes:
        activity: The activity's registered name, e.g. `pipelines.run_step`.
        timeout_seconds: Of one attempt.
        heartbeat_seconds: Liveness and cancel delivery for long activities.
    """

    activity: str
    argument: Json
    retry: RetryPolicy = RetryPolicy()
    timeout_seconds: float = 300.0
    heartbeat_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A call in a graph; starts when all of `needs` (keys of the graph) succeeded."""

    call: Call
    needs: tuple[str, ...] = ()


class WorkflowState(StrEnum):
    """How far a workflow is."""

    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowStatus:
    """A workflow as its engine knows it; `error` has `code` and `message`."""

    id: str
    workflow: str
    state: WorkflowState
    result: Json = None
    error: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Retried:
    """A step under way that was tried before.

    Attributes:
        step: Its key.
        attempt: Which attempt runs or comes next, of `attempts` at most; those that
            were cut off by a crash or a stop are not counted.
        cut_off: How many of those there were.
        code, message: Why the last one failed; empty: none did.
        due_at: When the next one comes, in seconds since the epoch; None: it runs.
    """

    step: str
    attempt: int
    attempts: int
    cut_off: int = 0
    code: str = ""
    message: str = ""
    due_at: float | None = None


class StepFailed(FairleadError):
    """A step failed for good; seen by the workflow, which may go on.

    `details` carries `step` (its key), `cause` (the activity's error code) and the
    activity's own details.
    """

    kind = ErrorKind.CONFLICT
    code = "engine.step_failed"


class WorkflowCancelled(FairleadError):
    """The workflow was cancelled; raised inside it at its interrupted step.

    Only shielded steps run after this; the workflow should let it pass.
    """

    kind = ErrorKind.CONFLICT
    code = "engine.cancelled"


class WorkflowFailed(FairleadError):
    """A workflow whose result was asked for ended as failed."""

    kind = ErrorKind.CONFLICT
    code = "engine.workflow_failed"


class WorkflowUnknown(FairleadError):
    """No workflow has this id (any longer)."""

    kind = ErrorKind.NOT_FOUND
    code = "engine.unknown"


class SignalTimeout(FairleadError):
    """No signal of the awaited name came in time."""

    kind = ErrorKind.CONFLICT
    code = "engine.signal_timeout"


class PayloadTooLarge(FairleadError):
    """An argument, result or signal is larger than `MAX_PAYLOAD` bytes of JSON."""

    kind = ErrorKind.INVALID
    code = "engine.payload_too_large"


class JournalHeld(FairleadError):
    """Another process has this journal open; the message names it."""

    kind = ErrorKind.UNAVAILABLE
    code = "engine.journal_held"


class JournalUnavailable(FairleadError):
    """The engine cannot record (full disk, broken file, not open): nothing was done.

    Whoever asked should ask again later; running workflows wait by themselves.
    """

    kind = ErrorKind.UNAVAILABLE
    code = "engine.journal_unavailable"


class Steps(Protocol):
    """All that a workflow may touch. A step's identity is its key, never call order."""

    id: str

    @abstractmethod
    async def run(self, call: Call, *, key: str, shield: bool = False) -> Json:
        """Run one activity and return its result; a recorded step is not run again.

        A shielded step runs also after a cancel.

        Raises:
            StepFailed: all attempts failed, or the error was fatal.
            WorkflowCancelled: the workflow was cancelled (not when shielded).
        """

    @abstractmethod
    async def graph(self, nodes: Mapping[str, Node]) -> Mapping[str, Json]:
        """Run a graph of calls, each as early as its needs allow; results by key.

        A failed node keeps those that need it from starting; the others go on. When
        none runs any more the first failure, in the order of `nodes`, is raised.

        Raises:
            StepFailed: a node failed.
            WorkflowCancelled: the workflow was cancelled.
        """

    @abstractmethod
    async def sleep(self, seconds: float, *, key: str) -> None:
        """Wait durably: a restart in between does not start the wait anew."""

    @abstractmethod
    async def signal(self, name: str, *, timeout_seconds: float | None = None) -> Json:
        """Return the payload of the next unread signal of this name, in order.

        Raises:
            SignalTimeout: none came within `timeout_seconds`.
            WorkflowCancelled: the workflow was cancelled.
        """


WorkflowFunction = Callable[[Steps, Json], Awaitable[Json]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Workflow:
    """A workflow's code under its registered name; raise `version` when it changes.

    A workflow that is running is only replayed by code of the version it began with.
    """

    name: str
    function: WorkflowFunction
    version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One attempt of one activity.

    Attributes:
        workflow_id: Whose step this is.
        key: `workflow id/step key`; the same at every attempt, so usable as an
            idempotency key.
        number: 1 for the first attempt; recorded before the activity is called.
        argument: What the workflow passed.
    """

    workflow_id: str
    key: str
    number: int
    argument: Json


Activity = Callable[[Attempt], Awaitable[Json]]
ActivityT = TypeVar("ActivityT", bound=Callable[..., Awaitable[Json]])


def activity(name: str) -> Callable[[ActivityT], ActivityT]:
    """Mark a method `async (self, attempt: Attempt) -> Json` as the activity `name`.

    A cancel reaches it as `asyncio.CancelledError`; it must end what it started and
    let the error pass.
    """

    def mark(function: ActivityT) -> ActivityT:
        function.__activity__ = name  # type: ignore[attr-defined]
        return function

    return mark


class Engine(Protocol):
    """Runs workflows to their end, across crashes."""

    @abstractmethod
    async def start(self, workflow: str, argument: Json, *, id: str) -> bool:  # noqa: A002
        """Begin a workflow, durably once this returns; False: the id is known.

        Raises:
            PayloadTooLarge: `argument` is larger than `MAX_PAYLOAD`.
            WorkflowUnknown: no workflow is registered under this name.
        """

    @abstractmethod
    async def status(self, id: str) -> WorkflowStatus | None:  # noqa: A002
        """Return how far a workflow is; None: unknown."""

    async def retried(self, id: str) -> tuple[Retried, ...]:  # noqa: A002
        """Return the steps under way that were tried before, as far as is known."""
        del id
        return ()

    @abstractmethod
    async def result(self, id: str, *, timeout_seconds: float) -> Json:  # noqa: A002
        """Return a workflow's result, waiting for its end.

        Raises:
            WorkflowUnknown: no such workflow.
            WorkflowFailed: it failed; `details` has its `cause`.
            WorkflowCancelled: it was cancelled.
            TimeoutError: it had not ended in time.
        """

    @abstractmethod
    async def signal(self, id: str, name: str, payload: Json, *, dedup: str) -> None:  # noqa: A002
        """Hand a running workflow a signal, durably; once per `dedup`.

        Raises:
            WorkflowUnknown: no such workflow.
        """

    @abstractmethod
    async def cancel(self, id: str) -> None:  # noqa: A002
        """Ask a workflow to end as cancelled; an ended or unknown one stays."""

    @abstractmethod
    def watch(self, listener: Callable[[WorkflowStatus], Awaitable[None]]) -> None:
        """Call `listener` for each workflow that ends, at least once.

        Ends not acknowledged (the listener raised, or the process died) are told
        again at the next open.
        """

    @abstractmethod
    async def open(self) -> None:
        """Take up the journal and resume what was running.

        Raises:
            JournalHeld: another process has it.
        """

    def busy(self) -> int:
        """Return how many activities run here now, as far as the engine knows."""
        return 0

    async def drain(self, seconds: float, *, patient: Callable[[], int]) -> None:
        """Begin no activity here any more; return when those that run have ended.

        Returns after `seconds` at the latest, and before that when no more are left
        than `patient` tells: those that only wait for other workflows.
        """
        del seconds, patient  # unless it knows of any that run here

    @abstractmethod
    async def close(self) -> None:
        """Stop dispatching and let go; running activities are cancelled, unrecorded."""
