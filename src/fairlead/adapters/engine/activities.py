"""Running activities: one attempt each, in a task of its own, a few at a time."""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import structlog

from fairlead.adapters.engine.codec import decode, encode
from fairlead.kernel.engine import (
    MAX_PAYLOAD,
    Activity,
    Attempt,
    Call,
    Json,
    PayloadTooLarge,
)
from fairlead.kernel.errors import FairleadError
from fairlead.kernel.ids import new_id

log = structlog.get_logger(__name__)

BUG = "engine.activity_bug"
TIMEOUT = "engine.timeout"
UNKNOWN = "engine.activity_unknown"
LONGEST_MESSAGE = 8192
LOOK_SECONDS = 0.2  # while draining: an activity may begin to wait for another


class Why(StrEnum):
    """Why an attempt is interrupted."""

    TIMEOUT = "timeout"
    CANCEL = "cancel"  # its workflow was cancelled
    DOOM = "doom"  # its workflow has failed
    CLOSE = "close"  # the engine closes; the next one resumes


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an attempt failed; a `final` one would fail again."""

    code: str
    message: str
    details: Mapping[str, Any] = field(default_factory=dict)
    final: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attempt ended: interrupted, failed or with a result (JSON)."""

    why: Why | None = None
    failure: Failure | None = None
    result: bytes = b""


class Pool:
    """The activities of a process, and how many of them may run at once."""

    def __init__(
        self, activities: Mapping[str, Activity], *, limit: int, cleanup_seconds: float
    ) -> None:
        """Run up to `limit`; an interrupted one has `cleanup_seconds` to end."""
        self.cleanup_seconds = cleanup_seconds
        self.running: set[asyncio.Task[Json]] = set()
        self._activities = activities
        self._free = limit
        self._draining = False
        self._line: deque[asyncio.Future[bool]] = deque()

    def find(self, name: str) -> Activity | None:
        """Return the activity of this name."""
        return self._activities.get(name)

    def take(self) -> bool:
        """Take a place; False: none is free."""
        if self._free and not self._draining:
            self._free -= 1
            return True
        return False

    def queue(self, place: "asyncio.Future[bool]") -> None:
        """Have `place` set to True once a place is free and taken for it."""
        self._line.append(place)

    def give_back(self) -> None:
        """Leave a place to the next in line."""
        while self._line and not self._draining:
            place = self._line.popleft()
            if not place.done():
                place.set_result(True)
                return
        self._free += 1

    async def drain(self, seconds: float, *, patient: Callable[[], int]) -> None:
        """Give no more places; wait until only `patient()` run, or time is up."""
        self._draining = True
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        while len(self.running) > patient() and (left := until - loop.time()) > 0:
            await asyncio.wait(
                tuple(self.running),
                timeout=min(left, LOOK_SECONDS),
                return_when=asyncio.FIRST_COMPLETED,
            )


class Trial:
    """One attempt under way."""

    def __init__(self, pool: Pool, activity: Activity, call: Call, attempt: Attempt):
        """Launch `activity`; `ended` is set once it is over, whatever it does."""
        loop = asyncio.get_running_loop()
        self.ended: asyncio.Future[None] = loop.create_future()
        self._loop = loop
        self._pool = pool
        self._name = call.activity
        self._attempt = attempt
        self._why: Why | None = None
        self._task = loop.create_task(_invoke(activity, attempt))
        self._task.add_done_callback(self._over)
        pool.running.add(self._task)
        self._timeout = call.timeout_seconds
        self._timer = loop.call_later(self._timeout, self.interrupt, Why.TIMEOUT)

    def interrupt(self, why: Why) -> None:
        """Cancel it; the first reason counts, but none is hidden by a timeout."""
        if self._why is not None or self._task.done():
            return
        self._why = why
        self._timer.cancel()
        self._task.cancel()
        self._timer = self._loop.call_later(self._pool.cleanup_seconds, self._abandon)

    def outcome(self) -> Outcome:
        """Return how it ended, once it has."""
        if self._why is Why.TIMEOUT:
            message = f"{self._name} did not end within {self._timeout:g} s."
            return Outcome(failure=Failure(TIMEOUT, message))
        if self._why is not None:
            return Outcome(why=self._why)
        if self._task.cancelled():
            message = f"{self._name} was cancelled, but not by the engine."
            return Outcome(failure=Failure(BUG, message))
        error = self._task.exception()
        if error is None:
            return self._encoded(self._task.result())
        return Outcome(failure=self._failure(error))

    def _over(self, task: "asyncio.Task[Json]") -> None:
        self._pool.running.discard(task)
        self._timer.cancel()
        error = None if task.cancelled() else task.exception()
        if self._why is not None and error is not None:
            log.warning(
                "engine_activity_cleanup_failed",
                activity=self._name,
                execution=self._attempt.key,
                error=repr(error),
            )
        if not self.ended.done():
            self.ended.set_result(None)

    def _abandon(self) -> None:
        log.error(
            "engine_activity_ignores_cancel",
            activity=self._name,
            execution=self._attempt.key,
            seconds=self._pool.cleanup_seconds,
        )
        if not self.ended.done():
            self.ended.set_result(None)

    def _encoded(self, result: Json) -> Outcome:
        try:
            return Outcome(result=encode(result, what=f"The result of {self._name}"))
        except PayloadTooLarge as error:
            return Outcome(failure=self._failure(error))
        except (TypeError, ValueError, RecursionError) as error:
            return Outcome(failure=self._failure(error))

    def _failure(self, error: BaseException) -> Failure:
        if isinstance(error, FairleadError):
            final = isinstance(error, PayloadTooLarge)
            message = error.message[:LONGEST_MESSAGE]
            return Failure(error.code, message, _facts(error), final=final)
        error_id = str(new_id())
        log.error(
            "engine_activity_failed",
            activity=self._name,
            execution=self._attempt.key,
            attempt=self._attempt.number,
            error_id=error_id,
            exc_info=error,
        )
        message = f"{self._name} failed unexpectedly; look for {error_id} in the log."
        return Failure(BUG, message, {"error_id": error_id})


def _facts(error: FairleadError) -> Mapping[str, Any]:
    """Return the error's details as far as the journal can hold them."""
    try:
        found: Mapping[str, Any] = decode(encode(error.details, what="Details"))
    except (PayloadTooLarge, TypeError, ValueError, RecursionError):
        return {}
    return found if len(repr(found)) < MAX_PAYLOAD // 4 else {}


async def _invoke(activity: Activity, attempt: Attempt) -> Json:
    try:
        return await activity(attempt)
    except SystemExit as error:  # must not end the server
        raise RuntimeError("the activity asked the process to exit") from error
