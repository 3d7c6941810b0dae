"""The one Temporal activity: it makes attempts at the activities of the modules."""

import asyncio
import contextvars
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from temporalio import activity
from temporalio.common import RawValue

from fairlead.adapters.engine.activities import (
    UNKNOWN,
    Failure,
    Outcome,
    Pool,
    Trial,
    Why,
)
from fairlead.adapters.engine.codec import decode
from fairlead.adapters.engine.run import LONGEST_REASON
from fairlead.adapters.temporal.payloads import first
from fairlead.kernel.engine import Activity, Attempt, Call, Json

UNLIMITED: Final = 1_000_000  # Temporal's worker keeps the limit
QUICKEST, SLOWEST = 0.4, 2.0  # seconds between heartbeats; cancels come with them
BEATS_A_SECOND: Final = 250.0  # of all attempts together, as far as the slowest allows
HURRY: Final = (0.03, 0.08, 0.15, 0.25, 0.4, 0.6, 0.8)  # after a cancel


@dataclass(eq=False, slots=True)
class _Pulse:
    """An attempt under way in this process."""

    attempt: Attempt
    trial: Trial
    context: contextvars.Context

    def beat(self) -> None:
        """Tell Temporal that it lives; a cancel comes back with the answer."""
        if not self.trial.ended.done():
            self.context.run(activity.heartbeat)


class Attempts:
    """Makes the attempts that Temporal hands to this process."""

    def __init__(
        self, activities: Mapping[str, Activity], *, prefix: str, cleanup_seconds: float
    ) -> None:
        """Look activities up in `activities`; `prefix` is before our workflow ids."""
        self._pool = Pool(activities, limit=UNLIMITED, cleanup_seconds=cleanup_seconds)
        self._prefix = prefix
        self._pulses: dict[str, _Pulse] = {}
        self._draining = False

    def busy(self) -> int:
        """Return how many activities run here."""
        return len(self._pool.running)

    async def drain(self, seconds: float, *, patient: Callable[[], int]) -> None:
        """Begin no activity any more; wait until only `patient()` run, or time is up.

        Attempts that come now are kept unlaunched until the worker closes.
        """
        self._draining = True
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        while self.busy() > patient() and (left := until - loop.time()) > 0:
            await asyncio.wait(
                tuple(self._pool.running),
                timeout=min(left, QUICKEST),
                return_when=asyncio.FIRST_COMPLETED,
            )

    def hurry(self, workflow_id: str) -> None:
        """Look out for a cancel of this workflow that must be on its way."""
        loop = asyncio.get_running_loop()
        for wait in HURRY:
            loop.call_later(wait, self._beat, workflow_id)

    @activity.defn(dynamic=True)
    async def make(self, args: Sequence[RawValue]) -> Json:
        """Make one attempt; the answer says what became of it and what comes next."""
        info, order = activity.info(), first(args)
        function = self._pool.find(info.activity_type)
        if function is None:
            message = f"No activity is registered as {info.activity_type}."
            failure = Failure(UNKNOWN, message, final=True)
            return _answer(Outcome(failure=failure), order)
        name = (info.workflow_id or "").removeprefix(self._prefix)
        attempt = Attempt(
            workflow_id=name,
            key=f"{name}/{order['key']}",
            number=order["attempt"],
            argument=order["argument"],
        )
        await self._end_earlier(attempt)
        if self._draining:
            return await self._keep()
        call = Call(
            activity=info.activity_type,
            argument=None,
            timeout_seconds=order["timeout_seconds"],
        )
        trial = Trial(self._pool, function, call, attempt)
        return _answer(await self._watch(trial, attempt), order)

    async def _watch(self, trial: Trial, attempt: Attempt) -> Outcome:
        """Keep Temporal informed until the attempt is over.

        Raises:
            asyncio.CancelledError: it was cancelled.
        """
        pulse = _Pulse(attempt, trial, contextvars.copy_context())
        self._pulses[attempt.key] = pulse
        cancel: asyncio.CancelledError | None = None
        try:
            while not trial.ended.done():
                try:
                    await asyncio.wait([trial.ended], timeout=self._pace())
                    pulse.beat()
                except asyncio.CancelledError as error:
                    cancel = error
                    trial.interrupt(_reason())
        finally:
            if self._pulses.get(attempt.key) is pulse:
                del self._pulses[attempt.key]
        outcome = trial.outcome()
        if outcome.why is Why.CANCEL and cancel is not None:
            raise cancel
        return outcome

    async def _end_earlier(self, attempt: Attempt) -> None:
        """End an earlier attempt at the same step that Temporal holds for lost."""
        earlier = self._pulses.get(attempt.key)
        if earlier is not None:
            earlier.trial.interrupt(Why.CANCEL)
            await asyncio.wait([earlier.trial.ended])

    async def _keep(self) -> Json:
        """Launch nothing; answer so once the worker closes, for the next one."""
        try:
            while True:
                await asyncio.sleep(QUICKEST)
                activity.heartbeat()
        except asyncio.CancelledError:
            if _reason() is Why.CANCEL:
                raise
        return {"closed": True}

    def _pace(self) -> float:
        return min(max(len(self._pulses) / BEATS_A_SECOND, QUICKEST), SLOWEST)

    def _beat(self, workflow_id: str) -> None:
        for pulse in tuple(self._pulses.values()):
            if pulse.attempt.workflow_id == workflow_id:
                pulse.beat()


def _reason() -> Why:
    details = activity.cancellation_details()
    if details is not None and details.cancel_requested:
        return Why.CANCEL
    if details is not None and details.worker_shutdown:
        return Why.CLOSE
    return Why.CANCEL


def _answer(outcome: Outcome, order: Json) -> Json:
    """Return what the workflow is told; it decides nothing, so that replays agree."""
    if outcome.why is not None:
        return {"closed": True}
    failure = outcome.failure
    if failure is None:
        return {"done": decode(outcome.result)}
    retry, failures = order["retry"], order["failures"]
    if (
        failure.final
        or failure.code in retry["fatal"]
        or failures + 1 >= retry["max_attempts"]
    ):
        return {"failed": [failure.code, failure.message, dict(failure.details)]}
    wait = retry["initial_seconds"] * retry["backoff"] ** failures
    return {
        "retry": min(wait, retry["max_seconds"]),
        "code": failure.code,
        "message": failure.message[:LONGEST_REASON],
    }
