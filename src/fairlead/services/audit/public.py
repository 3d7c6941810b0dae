"""The audit trail as others see it."""

from abc import abstractmethod
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
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

    `digest` chains it to the entry before; both are hex SHA-256.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryFilter:
    """Which entries are wanted; None: any."""

    action: str | None = None
    actor: str | None = None
    outcome: Outcome | None = None
    target: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainState:
    """What verifying the chain found; `broken_at` is the first bad sequence."""

    entries: int
    broken_at: int | None = None
    reason: str = ""


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


class TrailBroken(FairleadError):
    """The chain does not verify."""

    kind = ErrorKind.CONFLICT
    code = "audit.trail_broken"
