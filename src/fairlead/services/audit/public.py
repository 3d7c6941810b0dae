"""The audit trail as others see it."""

from abc import abstractmethod
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from fairlead.kernel.errors import ErrorKind, FairleadError
from fairlead.kernel.paging import Page, PageRequest
from fairlead.kernel.principal import Principal


class Outcome(StrEnum):
    """How an act ended."""

    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What somebody did or tried.

    Attributes:
        action: The permission or event name, e.g. `projects.project.create`.
        target: What it was done to, e.g. `projects/0198…`; empty when nothing.
        scope: The authorisation scope, e.g. `/projects/0198…`.
        details: Flat facts without secrets.
    """

    action: str
    target: str = ""
    scope: str = "/"
    outcome: Outcome = Outcome.DONE
    details: Mapping[str, str] = field(default_factory=dict)


def refused(act: Act, error: FairleadError) -> Act:
    """Return `act` as one that was refused, for the reason that `error` names.

    Record it outside the unit of work that `error` has undone.
    """
    details = {**act.details, "reason": error.code}
    return replace(act, outcome=Outcome.REFUSED, details=details)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A recorded act. `sequence` counts from 1 without gaps within a tenant.

    `digest` chains it to the entry before; both are hex SHA-256. What the digest
    covers depends on the `format`: from 2 on, the trace id too.
    """

    sequence: int
    id: UUID
    at: datetime
    actor: str
    actor_id: UUID
    actor_kind: str
    address: str
    user_agent: str
    request_id: str
    act: Act
    previous: str
    digest: str
    trace_id: str = ""
    format: int = 1


class BadFilter(FairleadError):
    """A filter of the trail cannot be understood; the message says which and why."""

    kind = ErrorKind.INVALID
    code = "audit.bad_filter"


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryFilter:
    """Which entries are wanted; None: any.

    Attributes:
        action: The whole name, or a beginning of it with a star: `projects.*`.
        since: Aware; what happened then, too.
        until: Aware; only what happened before.
    """

    action: str | None = None
    actor: str | None = None
    outcome: Outcome | None = None
    target: str | None = None
    scope: str | None = None
    address: str | None = None
    request_id: str | None = None
    trace_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def __post_init__(self) -> None:
        """Refuse times that nothing can lie between, and stars in the middle.

        Raises:
            BadFilter: `since` is not before `until`, `action` is no beginning, or a
                text has a NUL, which no entry has.
        """
        if any("\0" in text for text in self._texts()):
            raise BadFilter("Ask for texts without NUL characters; no entry has one.")
        if self.since and self.until and self.since >= self.until:
            raise BadFilter("Ask for a time 'until' that is after 'since'.")
        if self.action and "*" in self.action.removesuffix(".*").removesuffix("*"):
            raise BadFilter(
                "Write the star at the end of the action, e.g. 'projects.*'.",
                action=self.action[:100],
            )

    def _texts(self) -> tuple[str, ...]:
        named = (self.action, self.actor, self.target, self.scope)
        other = (self.address, self.request_id, self.trace_id)
        return tuple(text for text in (*named, *other) if text)

    @property
    def prefix(self) -> str | None:
        """Return how actions must begin; None: the whole name is given, or none."""
        if self.action is None or not self.action.endswith("*"):
            return None
        return self.action[:-1]


def moment(name: str, text: str | None) -> datetime | None:
    """Return the time that the filter `name` was given as text; None for nothing.

    Raises:
        BadFilter: it is no time, or says no zone.
    """
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
        if found.tzinfo is not None:
            return found.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise BadFilter(
            f"'{name}' is no time; write it like 2026-11-29T14:00:00Z.", given=text[:60]
        ) from error
    raise BadFilter(
        f"Give '{name}' with its zone, like 2026-11-29T14:00:00Z or "
        "2026-11-29T15:00:00+01:00.",
        given=text[:60],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A signed statement that the entry `sequence` had this digest at that time.

    Whoever kept one can tell whether what came before was rewritten. `number` counts
    from 1 within a tenant; `signature` is hex (Ed25519).
    """

    number: int
    sequence: int
    digest: str
    at: datetime
    key_id: str
    signature: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor(Checkpoint):
    """A signed statement that entries up to `sequence` were removed by retention.

    `archive` is the blob in which they were kept (empty: none), with its digest.
    """

    archive: str = ""
    archive_digest: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainState:
    """What verifying the chain found.

    Attributes:
        entries: The last entry up to which it is whole.
        broken_at: The first bad sequence; None: it is whole.
        removed: Entries 1 to this were removed by retention, at `removed_at`.
        checkpoints: How many were checked.
    """

    entries: int
    broken_at: int | None = None
    reason: str = ""
    removed: int = 0
    removed_at: datetime | None = None
    checkpoints: int = 0

    @property
    def note(self) -> str:
        """Say what was removed by retention; empty: nothing."""
        if not self.removed or self.removed_at is None:
            return ""
        return (
            f"entries 1 to {self.removed} were removed by retention "
            f"on {self.removed_at:%Y-%m-%d}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailState:
    """What is known of the trail without following it.

    `checkpoints` are the last few, newest first; `found` is what the last verification
    of this server found, at `found_at`.
    """

    entries: int
    sealed: int = 0
    checkpoints: tuple[Checkpoint, ...] = ()
    anchor: Anchor | None = None
    found: ChainState | None = None
    found_at: datetime | None = None

    @property
    def checkpoint(self) -> Checkpoint | None:
        """Return the last checkpoint."""
        return self.checkpoints[0] if self.checkpoints else None


@asynccontextmanager
async def told(
    trail: "AuditTrail",
    who: Principal,
    act: Act,
    *reasons: type[FairleadError] | ErrorKind,
) -> AsyncIterator[None]:
    """Record `act` as refused when an error of one of these types leaves the block.

    Put it around the unit of work, which the error undoes.
    """
    try:
        yield
    except FairleadError as error:
        if error.kind in reasons or any(kind in reasons for kind in type(error).mro()):
            await trail.record(who, refused(act, error))
        raise


class AuditTrail(Protocol):
    """Records acts."""

    @abstractmethod
    async def record(self, who: Principal, act: Act) -> None:
        """Record `act` with the current unit of work, or at once where there is none.

        Of many refused acts alike only some are kept, with the number of the others.
        Inside a unit of work it becomes an outbox entry, so it is kept exactly when
        the change is. Never raises for a full or slow trail.
        """


class AuditLog(Protocol):
    """Reads what was recorded."""

    @abstractmethod
    async def list(
        self, who: Principal, wanted: EntryFilter, page: PageRequest
    ) -> Page[Entry]:
        """Return entries of the caller's tenant, newest first.

        Raises:
            NotAllowed: the caller lacks `audit.entry.read`.
        """

    @abstractmethod
    async def verify(self, who: Principal) -> ChainState:
        """Check the whole chain of the caller's tenant.

        Raises:
            NotAllowed: the caller lacks `audit.entry.read`.
        """

    @abstractmethod
    async def state(self, who: Principal) -> TrailState:
        """Return how much there is and what was signed last, without following it.

        Raises:
            NotAllowed: the caller lacks `audit.entry.read`.
        """


class TrailBroken(FairleadError):
    """The chain does not verify."""

    kind = ErrorKind.CONFLICT
    code = "audit.trail_broken"


class NothingToSign(FairleadError):
    """There is no entry of which a checkpoint could be taken."""

    kind = ErrorKind.CONFLICT
    code = "audit.nothing_to_sign"


class TrailMoved(FairleadError):
    """Entries were removed by retention while they were read."""

    kind = ErrorKind.CONFLICT
    code = "audit.trail_moved"
