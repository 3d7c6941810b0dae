"""Operations, their feeds and their output as others see them."""

from abc import abstractmethod
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import ClassVar, Protocol, Self
from uuid import UUID

from fairlead.kernel.engine import Json
from fairlead.kernel.errors import ErrorKind, FairleadError
from fairlead.kernel.events import Event
from fairlead.kernel.journal import Frame
from fairlead.kernel.paging import Page, PageRequest
from fairlead.kernel.principal import Principal, PrincipalKind, TenantId


class OperationState(StrEnum):
    """How far an operation is; the last three are final."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def final(self) -> bool:
        """Tell whether the state cannot change any more."""
        return self not in {OperationState.QUEUED, OperationState.RUNNING}


class OperationNotFound(FairleadError):
    """No operation has this id, or the caller may not see it."""

    kind = ErrorKind.NOT_FOUND
    code = "operations.not_found"


class JournalExpired(FairleadError):
    """The operation ended so long ago that its events and output are gone."""

    kind = ErrorKind.NOT_FOUND
    code = "operations.journal_expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationError:
    """Why an operation failed: a stable code and one sentence."""

    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """Work to be done.

    Attributes:
        id: The operation's id, chosen by the submitter; submitting it again is fine.
        kind: The workflow's registered name, e.g. `pipelines.run`.
        argument: What the workflow gets; at most 256 KiB of JSON.
        subject: What a person calls it, e.g. `hello/12`.
        scope: The authorisation scope readers and cancellers need a permission in.
        project_id: Whose limits it counts against; None: nobody's.
        parent_id: The operation that waits for this one; it shares that one's feed,
            and does not wait for a slot of its own.
        priority: 0 (last) to 9 (first).
    """

    id: UUID
    kind: str
    argument: Json
    subject: str
    scope: str = "/"
    project_id: UUID | None = None
    parent_id: UUID | None = None
    priority: int = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowInput:
    """What an operation's workflow gets from the engine as its argument.

    Attributes:
        feed_id: Where to publish and write: the outermost operation's journal.
        requested_by: Who asked, without origin and session.
        input: The submission's argument, unchanged.
    """

    operation_id: UUID
    tenant_id: TenantId
    feed_id: UUID
    requested_by: Principal
    input: Json

    def to_json(self) -> Json:
        """Return it as the engine keeps it."""
        return {
            "operation_id": str(self.operation_id),
            "tenant_id": str(self.tenant_id),
            "feed_id": str(self.feed_id),
            "requested_by": {
                "id": str(self.requested_by.id),
                "name": self.requested_by.name,
                "kind": self.requested_by.kind.value,
            },
            "input": self.input,
        }

    @classmethod
    def from_json(cls, argument: Json) -> Self:
        """Read what `to_json` made; activities get it from their workflow."""
        tenant_id = TenantId(UUID(argument["tenant_id"]))
        requester = argument["requested_by"]
        return cls(
            operation_id=UUID(argument["operation_id"]),
            tenant_id=tenant_id,
            feed_id=UUID(argument["feed_id"]),
            requested_by=Principal(
                id=UUID(requester["id"]),
                name=requester["name"],
                kind=PrincipalKind(requester["kind"]),
                tenant_id=tenant_id,
            ),
            input=argument["input"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One piece of long-running work.

    Attributes:
        feed_id: Whose journal holds its events and output: its own id, or that of
            the outermost operation it is a part of.
        reason: Why it waits, one sentence; empty unless queued.
    """

    id: UUID
    kind: str
    subject: str
    scope: str
    state: OperationState
    priority: int
    project_id: UUID | None
    parent_id: UUID | None
    feed_id: UUID
    requested_by: str
    created_at: datetime
    started_at: datetime | None = None
    ended_at: datetime | None = None
    result: Json = None
    error: OperationError | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationFilter:
    """Which operations are wanted; None: any.

    Attributes:
        but: No operations in this state.
        by_turn: Only those that wait, first whose turn it is; else newest first.
    """

    state: OperationState | None = None
    but: OperationState | None = None
    kind: str | None = None
    project_id: UUID | None = None
    by_turn: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationEnded(Event):
    """An operation reached a final state."""

    topic: ClassVar[str] = "operations.operation.ended"

    operation_id: UUID
    kind: str
    state: OperationState
    error: OperationError | None = None


class Operations(Protocol):
    """Takes, shows and cancels operations."""

    @abstractmethod
    async def submit(self, who: Principal, submission: Submission) -> Operation:
        """Queue work, once per id: a known id returns what is known of it.

        Not authorised here: the submitting use case has done so.
        """

    @abstractmethod
    async def get(self, who: Principal, operation_id: UUID) -> Operation:
        """Return one operation.

        Raises:
            OperationNotFound: there is none the caller may see.
        """

    @abstractmethod
    async def list(
        self, who: Principal, wanted: OperationFilter, page: PageRequest
    ) -> Page[Operation]:
        """Return the operations the caller may see, newest first or by turn."""

    @abstractmethod
    async def cancel(self, who: Principal, operation_id: UUID) -> Operation:
        """Ask it to end as cancelled, with its children; an ended one stays as it is.

        Raises:
            OperationNotFound: there is none the caller may see.
            NotAllowed: the caller lacks `operations.operation.cancel` in its scope.
        """

    @abstractmethod
    async def wait(self, operation_id: UUID) -> Operation:
        """Return the operation once it has ended; for our own activities.

        Raises:
            OperationNotFound: there is none.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedEvent:
    """Something that happened in an operation, e.g. `step.started`.

    `data` is a flat JSON object; a replay after a crash may publish it again, so
    readers take the last of each kind and subject as the truth.
    """

    event: str
    data: Mapping[str, Json] = field(default_factory=dict)


class Feeds(Protocol):
    """An operation's events and output: one journal, read by offset.

    The EVENT frames hold `{"event": name, ...data}`. When the operation that owns the
    journal has ended, `operation.ended {state, error}` is published and the journal
    sealed; nothing comes after.
    """

    @abstractmethod
    async def publish(
        self, feed_id: UUID, event: FeedEvent, *, stream: str = ""
    ) -> None:
        """Append an event."""

    @abstractmethod
    async def write(self, feed_id: UUID, text: str, *, stream: str = "") -> None:
        """Append output of our own, e.g. `cloning …`; the text ends its own lines."""

    @abstractmethod
    def path(self, feed_id: UUID) -> Path:
        """Return the journal's file, for a launcher to append output to."""

    @abstractmethod
    async def read(self, feed_id: UUID, *, after: int = 0) -> list[Frame]:
        """Return the next frames, about 256 KiB at most; empty at the present end.

        Raises:
            JournalExpired: it ended longer ago than feeds are kept.
            BadOffset: `after` is not where a frame begins.
        """

    @abstractmethod
    def follow(self, feed_id: UUID, *, after: int = 0) -> AsyncIterator[Frame]:
        """Yield frames live until the journal is sealed; a GAP where it was too fast.

        Raises:
            BadOffset: `after` is not where a frame begins.
        """
