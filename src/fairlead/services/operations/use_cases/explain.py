"""Saying why an operation waits, or how it went."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from fairlead.kernel.clock import Clock
from fairlead.kernel.engine import Retried
from fairlead.kernel.principal import Principal
from fairlead.services.authz.public import Authorizer
from fairlead.services.operations.domain.floor import Obstacle
from fairlead.services.operations.permissions import OPERATION_READ
from fairlead.services.operations.ports import Desk, OperationStore, Standing
from fairlead.services.operations.public import (
    Operation,
    OperationNotFound,
    OperationState,
)
from fairlead.services.operations.use_cases.work import GetOperation

SHOWN = 20
MINUTE, HOUR = 60, 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRetry:
    """A step that was tried before.

    Attributes:
        attempt: Which one runs or comes next, of `attempts` at most; those that a
            stop or a crash of the server cut off (`cut_off`) are not counted.
        code, message: Why the last one failed; empty: none did.
        next_at: When the next one comes; None: it runs.
    """

    step: str
    attempt: int
    attempts: int
    cut_off: int
    code: str
    message: str
    next_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Why an operation waits, or how it went.

    Attributes:
        sentences: What a person reads, in order.
        position: Its place in the queue, by turn, from 1; None: it does not wait.
        queued: How many wait.
        limit: The limit it waits for: `project`, `kind`, `total`; empty: none.
        limit_value: How many that limit lets run.
        reached_by: Those that hold its slots, as far as the caller may see them.
        hidden: How many more hold slots.
        waited_seconds, ran_seconds: Up to now where it goes on; None: not yet.
        retries: Its steps that were tried before and run or wait to be tried again.
    """

    operation: Operation
    sentences: tuple[str, ...]
    position: int | None
    queued: int
    limit: str
    limit_value: int | None
    reached_by: tuple[Operation, ...]
    hidden: int
    waited_seconds: float
    ran_seconds: float | None
    retries: tuple[StepRetry, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainOperation:
    """Say why an operation waits, how it goes, or how it ended."""

    get: GetOperation
    store: OperationStore
    authorizer: Authorizer
    desk: Desk
    clock: Clock

    async def __call__(self, who: Principal, operation_id: UUID) -> Explanation:
        """Explain one operation.

        Raises:
            OperationNotFound: there is none that `who` may see.
        """
        operation = await self.get(who, operation_id)
        standing = self.desk.standing(operation_id)
        obstacle = standing.obstacle
        holders = () if obstacle is None else obstacle.reached_by
        seen = await self._seen(who, [ticket.id for ticket in holders])
        hidden = len(holders) - len(seen)
        now = self.clock.now()
        waited, ran = _spans(operation, now)
        retries: tuple[StepRetry, ...] = ()
        if operation.state is OperationState.RUNNING:
            found = await self.desk.retried(operation_id)
            retries = tuple(map(_retry, found[:SHOWN]))
        sentences = (
            _waiting(operation, standing, seen, hidden)
            if operation.state is OperationState.QUEUED
            else _gone_on(operation, waited, ran, ending=standing.ending)
        )
        return Explanation(
            operation=operation,
            sentences=(*sentences, *(_again(each, now) for each in retries)),
            position=standing.position,
            queued=standing.queued,
            limit="" if obstacle is None else obstacle.name,
            limit_value=None if obstacle is None else obstacle.limit,
            reached_by=tuple(seen),
            hidden=hidden,
            waited_seconds=waited,
            ran_seconds=ran,
            retries=retries,
        )

    async def _seen(self, who: Principal, ids: Sequence[UUID]) -> list[Operation]:
        seen: list[Operation] = []
        for each in ids[:SHOWN]:
            try:
                operation = (await self.store.get(each)).operation
            except OperationNotFound:  # another tenant's
                continue
            scope = operation.scope
            if await self.authorizer.allows(who, OPERATION_READ, on=scope):
                seen.append(operation)
        return seen


def _waiting(
    operation: Operation, standing: Standing, seen: list[Operation], hidden: int
) -> list[str]:
    if standing.ending:
        told = (
            "The server is ending, so nothing starts; this goes on at the next start."
        )
        return [told]
    if standing.position is None:
        return ["It was recorded just now and is on its way into the queue."]
    place = f"It is number {standing.position} of {standing.queued} in the queue."
    if standing.obstacle is None:
        return [place, "A slot is free: it is about to start."]
    return [
        place,
        _limit(operation, standing.obstacle),
        f"The slots are held by {_names(seen, hidden)}.",
    ]


def _limit(operation: Operation, obstacle: Obstacle) -> str:
    limit = obstacle.limit
    if obstacle.name == "project":
        return (
            f"It waits because {limit} of its project run, as many as "
            "operations.per_project lets."
        )
    if obstacle.name == "kind":
        return (
            f"It waits because {limit} of {operation.kind} run, as many as "
            "operations.per_kind lets."
        )
    return f"It waits because {limit} run in all, as many as operations.limit lets."


def _names(seen: list[Operation], hidden: int) -> str:
    names = [operation.subject for operation in seen]
    if hidden:
        names.append(f"{hidden} more" if names else f"{hidden} you may not see")
    return ", ".join(names) or "operations that are just ending"


def _gone_on(
    operation: Operation, waited: float, ran: float | None, *, ending: bool
) -> list[str]:
    told = []
    if operation.parent_id is not None:
        told.append("It is a part of another operation and used that one's slot.")
    told.append(f"It waited {_lasting(waited)} in the queue.")
    if operation.state is OperationState.RUNNING:
        told.append(f"It has been running for {_lasting(ran or 0.0)}.")
        if ending:
            told.append(
                "The server is ending; what is left of it goes on at the next start."
            )
        return told
    after = "before it started" if ran is None else f"after {_lasting(ran)}"
    told.append(f"It {_ENDED[operation.state]} {after}.")
    if operation.error is not None:
        told.append(f"Why: {operation.error.message} ({operation.error.code})")
    return told


def _retry(found: Retried) -> StepRetry:
    due = found.due_at
    return StepRetry(
        step=found.step,
        attempt=found.attempt,
        attempts=found.attempts,
        cut_off=found.cut_off,
        code=found.code,
        message=found.message,
        next_at=None if due is None else datetime.fromtimestamp(due, UTC),
    )


def _again(retry: StepRetry, now: datetime) -> str:
    """Say which attempt of a step it is, why there is another, and when it comes."""
    told = f"Step {retry.step}: attempt {retry.attempt} of {retry.attempts}"
    if retry.code:
        message = retry.message.rstrip(".") or "the last one failed"
        told += f", retried because: {message} ({retry.code})"
    if retry.cut_off:
        times = "once" if retry.cut_off == 1 else f"{retry.cut_off} times"
        told += f", cut off {times} by a stop or a crash of the server"
    if retry.next_at is None:
        return f"{told}; it runs."
    left = max((retry.next_at - now).total_seconds(), 0.0)
    return f"{told}; next at {retry.next_at:%H:%M:%S} UTC, in {_lasting(left)}."


_ENDED = {
    OperationState.SUCCEEDED: "succeeded",
    OperationState.FAILED: "failed",
    OperationState.CANCELLED: "was cancelled",
}


def _spans(operation: Operation, now: datetime) -> tuple[float, float | None]:
    created, started, ended = (
        operation.created_at,
        operation.started_at,
        operation.ended_at,
    )
    waited = (started or ended or now) - created
    if started is None:
        return max(waited.total_seconds(), 0.0), None
    ran = (ended or now) - started
    return max(waited.total_seconds(), 0.0), max(ran.total_seconds(), 0.0)


def _lasting(seconds: float) -> str:
    if seconds < MINUTE:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < HOUR:
        return f"{whole // MINUTE} min {whole % MINUTE} s"
    return f"{whole // HOUR} h {whole % HOUR // MINUTE} min"
