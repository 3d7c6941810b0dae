"""What the engine's contract suite needs of an adapter, and ways to wait in tests."""

import asyncio
from abc import abstractmethod
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from typing_extensions import override

from fairlead.adapters.engine.engine import EmbeddedEngine, Limits
from fairlead.kernel.engine import (
    Activity,
    Attempt,
    Call,
    Engine,
    Json,
    RetryPolicy,
    Workflow,
    WorkflowCancelled,
    WorkflowFailed,
    WorkflowStatus,
    WorkflowUnknown,
)
from fairlead.kernel.errors import ErrorKind, FairleadError

DEADLINE = 30.0

Listener = Callable[[WorkflowStatus], Awaitable[None]]


class EngineHarness(Protocol):
    """Opens and reopens engines of one adapter on one journal."""

    @abstractmethod
    async def open(
        self,
        workflows: Sequence[Workflow],
        activities: Mapping[str, Activity],
        *,
        listener: Listener | None = None,
        history: int | None = None,
        retention_seconds: float | None = None,
        at_once: int | None = None,
    ) -> Engine:
        """Open an engine; one opened before by this harness is closed first."""

    @abstractmethod
    async def close(self) -> None:
        """Close the engine that is open, if any."""


class EmbeddedHarness(EngineHarness):
    """Opens the embedded engine on a journal in a folder."""

    def __init__(self, folder: Path) -> None:
        """Keep the journal in `folder`."""
        self.journal = folder / "engine.db"
        self._engine: EmbeddedEngine | None = None

    @override
    async def open(
        self,
        workflows: Sequence[Workflow],
        activities: Mapping[str, Activity],
        *,
        listener: Listener | None = None,
        history: int | None = None,
        retention_seconds: float | None = None,
        at_once: int | None = None,
    ) -> EmbeddedEngine:
        await self.close()
        usual = Limits()
        limits = Limits(
            activities=at_once or usual.activities,
            retention_seconds=(
                usual.retention_seconds
                if retention_seconds is None
                else retention_seconds
            ),
            history=history or usual.history,
            cleanup_seconds=2.0,
        )
        engine = EmbeddedEngine(
            self.journal, workflows=workflows, activities=activities, limits=limits
        )
        if listener is not None:
            engine.watch(listener)
        await engine.open()
        self._engine = engine
        return engine

    @override
    async def close(self) -> None:
        engine, self._engine = self._engine, None
        if engine is not None:
            await engine.close()


QUICK = RetryPolicy(max_attempts=3, initial_seconds=0.01, max_seconds=0.02)


def echo(argument: Json = None) -> Call:
    """Return a call that returns its argument."""
    return Call(activity="echo", argument=argument)


def hold(argument: Json = None) -> Call:
    """Return a call that waits for `Scripted.gate`."""
    return Call(activity="hold", argument=argument)


def fail(argument: Json = None, *, retry: RetryPolicy = QUICK) -> Call:
    """Return a call that raises what is in `Scripted.errors`."""
    return Call(activity="fail", argument=argument, retry=retry)


async def ended(engine: Engine, workflow_id: str = "w") -> WorkflowStatus:
    """Wait for the end of a workflow and return its status.

    Raises:
        WorkflowUnknown: there is none.
    """
    with suppress(WorkflowFailed, WorkflowCancelled):
        await engine.result(workflow_id, timeout_seconds=DEADLINE)
    status = await engine.status(workflow_id)
    if status is None:
        raise WorkflowUnknown(f"No workflow {workflow_id}.")
    return status


class Refused(FairleadError):
    """An error for activities to raise."""

    kind = ErrorKind.CONFLICT
    code = "test.refused"


class Scripted:
    """Activities for tests: they note their attempts and do as they are told.

    Names: `echo` returns its argument; `hold` waits until let go; `fail` raises the
    next of the planned errors, then echoes; `stubborn` takes a while to clean up.
    """

    def __init__(self) -> None:
        """Start with nothing noted."""
        self.attempts: list[Attempt] = []
        self.interrupted: list[str] = []
        self.cleaned: list[str] = []
        self.errors: list[BaseException] = []
        self.gate = asyncio.Event()

    def activities(self) -> dict[str, Activity]:
        """Return the activities by name."""
        return {
            "echo": self.echo,
            "hold": self.hold,
            "fail": self.fail,
            "stubborn": self.stubborn,
        }

    def keys(self) -> list[str]:
        """Return the step keys of the attempts, in order."""
        return [attempt.key.partition("/")[2] for attempt in self.attempts]

    async def started(self, key: str, *, times: int = 1) -> None:
        """Wait until a step was attempted so many times."""
        await eventually(lambda: self.keys().count(key) >= times)

    async def echo(self, attempt: Attempt) -> Json:
        """Return the argument."""
        self.attempts.append(attempt)
        return attempt.argument

    async def hold(self, attempt: Attempt) -> Json:
        """Return the argument once let go."""
        self.attempts.append(attempt)
        try:
            await self.gate.wait()
        except asyncio.CancelledError:
            self.interrupted.append(attempt.key)
            raise
        return attempt.argument

    async def fail(self, attempt: Attempt) -> Json:
        """Raise the next planned error; without one return the argument."""
        self.attempts.append(attempt)
        if self.errors:
            raise self.errors.pop(0)
        return attempt.argument

    async def stubborn(self, attempt: Attempt) -> Json:
        """Hold; when cancelled take a few turns of the loop to end."""
        self.attempts.append(attempt)
        try:
            await self.gate.wait()
        finally:
            for _ in range(5):
                await asyncio.sleep(0)
            self.cleaned.append(attempt.key)
        return attempt.argument


async def eventually(holds: Callable[[], object]) -> None:
    """Wait until `holds()`, looking often.

    Raises:
        TimeoutError: it did not within `DEADLINE` seconds.
    """
    async with asyncio.timeout(DEADLINE):
        while not holds():  # noqa: ASYNC110 - what is waited for has no event
            await asyncio.sleep(0.002)
