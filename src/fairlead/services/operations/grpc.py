"""Operations and schedules over gRPC: call the inside; the kit translates."""

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Self
from uuid import UUID

from google.protobuf.descriptor import ServiceDescriptor

from fairlead.adapters.grpc.generated.operations.v1 import operations_pb2
from fairlead.kernel.engine import Json
from fairlead.kernel.idempotency import RequestKey
from fairlead.kernel.journal import Frame
from fairlead.kernel.paging import Page, PageRequest
from fairlead.kernel.principal import Principal
from fairlead.services.operations.domain.schedule import Scheduled
from fairlead.services.operations.public import (
    Operation,
    OperationFilter,
    Operations,
    OperationState,
)
from fairlead.services.operations.use_cases.explain import (
    ExplainOperation,
    Explanation,
)
from fairlead.services.operations.use_cases.follow import FollowOperation
from fairlead.services.operations.use_cases.pauses import (
    PauseSchedule,
    ResumeSchedule,
    RunSchedule,
)
from fairlead.services.operations.use_cases.schedules import (
    FindSchedule,
    ListSchedules,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """Which operations are wanted, and which page of them."""

    filter: OperationFilter = field(default_factory=OperationFilter)
    page: PageRequest = field(default_factory=PageRequest)


@dataclass(frozen=True, slots=True, kw_only=True)
class ById:
    """The operation with an id."""

    id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Resume:
    """The feed of an operation from an offset on."""

    id: UUID
    after: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationsServicer:
    """Serves `fairlead.operations.v1.Operations`."""

    service: ClassVar[ServiceDescriptor] = operations_pb2.DESCRIPTOR.services_by_name[
        "Operations"
    ]

    who: Principal
    operations: Operations
    explain_operation: ExplainOperation
    follow_operation: FollowOperation

    async def list(self, asked: Listing) -> Page[Operation]:
        """Return the operations the caller may see, newest first."""
        return await self.operations.list(self.who, asked.filter, asked.page)

    async def get(self, asked: ById) -> Operation:
        """Return one operation."""
        return await self.operations.get(self.who, asked.id)

    async def cancel(self, asked: ById) -> Operation:
        """Ask an operation to end as cancelled; an ended one stays as it is."""
        return await self.operations.cancel(self.who, asked.id)

    async def explain(self, asked: ById) -> Explanation:
        """Say why an operation waits, how it goes, or how it ended."""
        return await self.explain_operation(self.who, asked.id)

    async def follow(self, asked: Resume) -> AsyncIterator[Frame]:
        """Follow the feed an operation shares, from an offset on."""
        return await self.follow_operation(self.who, asked.id, after=asked.after)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleListing:
    """Which page of schedules is wanted."""

    page: PageRequest = field(default_factory=PageRequest)


@dataclass(frozen=True, slots=True, kw_only=True)
class ByName:
    """The schedule with an id or a name."""

    schedule: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunNow:
    """Which schedule to run; one key starts one thing."""

    schedule: str
    idempotency_key: str = ""

    def key(self) -> RequestKey | None:
        """Return the request key; None without one."""
        if not self.idempotency_key:
            return None
        asked = hashlib.sha256(f"run {self.schedule}".encode()).hexdigest()
        return RequestKey(key=self.idempotency_key, digest=asked)


@dataclass(frozen=True, slots=True, kw_only=True)
class LastRun:
    """What a schedule started last, and how that went."""

    operation_id: UUID
    subject: str
    state: OperationState
    started_at: datetime | None
    ended_at: datetime | None
    duration_seconds: float | None
    error: str | None

    @classmethod
    def of(cls, last: Operation | None) -> Self | None:
        """Show an operation as far as a list of schedules does."""
        if last is None:
            return None
        took = None
        if last.started_at is not None and last.ended_at is not None:
            took = (last.ended_at - last.started_at).total_seconds()
        return cls(
            operation_id=last.id,
            subject=last.subject,
            state=last.state,
            started_at=last.started_at,
            ended_at=last.ended_at,
            duration_seconds=took,
            error=None if last.error is None else last.error.message,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownSchedule:
    """A schedule as clients see it."""

    id: UUID
    name: str
    summary: str
    job: bool
    kind: str
    argument: Json
    subject: str
    scope: str
    project_id: UUID | None
    cron: str
    time_zone: str
    jitter_seconds: int
    owner: str
    paused: bool
    pause_reason: str
    created_at: datetime
    next_at: datetime | None
    last_at: datetime | None
    note: str
    last: LastRun | None

    @classmethod
    def of(cls, scheduled: Scheduled) -> Self:
        """Show all of it; a schedule holds no secrets."""
        held = scheduled.schedule
        return cls(
            id=held.id,
            name=held.name,
            summary=held.summary,
            job=held.job,
            kind=held.kind,
            argument=held.argument,
            subject=held.subject,
            scope=held.scope,
            project_id=held.project_id,
            cron=held.timetable.cron,
            time_zone=held.timetable.time_zone,
            jitter_seconds=held.jitter_seconds,
            owner=held.owner.name,
            paused=held.paused,
            pause_reason=held.pause_reason,
            created_at=held.created_at,
            next_at=held.due_at,
            last_at=held.last_tick,
            note=held.note,
            last=LastRun.of(scheduled.last),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SchedulesServicer:
    """Serves `fairlead.operations.v1.Schedules`."""

    service: ClassVar[ServiceDescriptor] = operations_pb2.DESCRIPTOR.services_by_name[
        "Schedules"
    ]

    who: Principal
    list_schedules: ListSchedules
    find_schedule: FindSchedule
    pause_schedule: PauseSchedule
    resume_schedule: ResumeSchedule
    run_schedule: RunSchedule

    async def list(self, asked: ScheduleListing) -> Page[ShownSchedule]:
        """Return the schedules the caller may see, by name, with their last runs."""
        found = await self.list_schedules(self.who, asked.page)
        return Page(
            items=tuple(ShownSchedule.of(each) for each in found.items),
            next=found.next,
        )

    async def get(self, asked: ByName) -> ShownSchedule:
        """Return one schedule by id or name."""
        return ShownSchedule.of(await self.find_schedule(self.who, asked.schedule))

    async def pause(self, asked: ByName) -> ShownSchedule:
        """Have a schedule start nothing until it is resumed."""
        return ShownSchedule.of(await self.pause_schedule(self.who, asked.schedule))

    async def resume(self, asked: ByName) -> ShownSchedule:
        """Let a schedule go on with its next time."""
        return ShownSchedule.of(await self.resume_schedule(self.who, asked.schedule))

    async def run(self, asked: RunNow) -> ShownSchedule:
        """Start at once what a schedule starts, with the caller's rights."""
        started = await self.run_schedule(self.who, asked.schedule, request=asked.key())
        return ShownSchedule.of(started)
