"""Operations in a dictionary: for tests."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from typing_extensions import override

from fairlead.kernel.events import Outbox
from fairlead.kernel.paging import BadPage, Page, PageRequest
from fairlead.kernel.principal import TenantId
from fairlead.kernel.reach import Reach
from fairlead.services.authz.public import ROOT
from fairlead.services.operations.domain.floor import Ticket
from fairlead.services.operations.domain.record import Ending, Record
from fairlead.services.operations.domain.schedule import (
    Schedule,
    Scheduled,
    ScheduleNameTaken,
    ScheduleNotFound,
    as_id,
)
from fairlead.services.operations.ports import (
    Agenda,
    Alarm,
    Books,
    Desk,
    Docket,
    OperationStore,
    ScheduleStore,
    Sheet,
    Standing,
    Tally,
    Unended,
)
from fairlead.services.operations.public import (
    Operation,
    OperationFilter,
    OperationNotFound,
    OperationState,
)

Shelf = dict[UUID, Record]


@dataclass(frozen=True, slots=True)
class MemoryOperationStore(OperationStore):
    """Keeps one tenant's operations on a shelf that others may share."""

    shelf: Shelf
    tenant: TenantId
    schedules: dict[UUID, Schedule] = field(default_factory=dict)

    @override
    async def add(self, record: Record) -> bool:
        if record.id in self.shelf:
            return False
        self.shelf[record.id] = record
        return True

    @override
    async def get(self, operation_id: UUID) -> Record:
        record = self.shelf.get(operation_id)
        if record is None or record.tenant_id != self.tenant:
            raise OperationNotFound(f"There is no operation {operation_id}.")
        return record

    @override
    async def many(self, operation_ids: Sequence[UUID]) -> dict[UUID, Operation]:
        wanted = set(operation_ids)
        return {r.id: r.operation for r in self._mine() if r.id in wanted}

    @override
    async def unended_children(self, parents: Sequence[UUID]) -> list[UUID]:
        return [
            each.id
            for each in self._mine()
            if each.operation.parent_id in parents and not each.operation.state.final
        ]

    @override
    async def ask_cancel(self, operation_ids: Sequence[UUID]) -> None:
        for record in self._mine():
            if record.id in operation_ids:
                self.shelf[record.id] = record.ask_cancel()

    @override
    async def list(
        self, wanted: OperationFilter, reach: Reach, page: PageRequest
    ) -> Page[Operation]:
        found = sorted(
            (
                record.operation
                for record in self._mine()
                if _within(record, reach) and _matches(record.operation, wanted)
            ),
            key=lambda operation: (operation.created_at, operation.id),
            reverse=True,
        )
        if page.after is not None:
            ids = [str(operation.id) for operation in found]
            if page.after not in ids:
                raise BadPage("Use a cursor from 'next' of the page before.")
            found = found[ids.index(page.after) + 1 :]
        kept = tuple(found[: page.limit])
        more = len(found) > page.limit
        return Page(items=kept, next=str(kept[-1].id) if more else None)

    @override
    async def outlived(self, before: datetime, *, limit: int) -> Sequence[UUID]:
        def old(record: Record | None) -> bool:
            ended_at = None if record is None else record.operation.ended_at
            return ended_at is not None and ended_at < before

        last = {each.last_operation_id for each in self.schedules.values()}
        found = [
            record
            for record in self._mine()
            if old(record) and record.id not in last
            if (root := self.shelf.get(record.operation.feed_id)) is None or old(root)
        ]
        found.sort(key=lambda record: str(record.operation.ended_at))
        return [record.id for record in found[:limit]]

    @override
    async def remove(self, operation_ids: Sequence[UUID]) -> None:
        for record in self._mine():
            if record.id in operation_ids:
                del self.shelf[record.id]

    @override
    async def tally(self, *, since: datetime, until: datetime) -> Sequence[Tally]:
        counts: Counter[tuple[str, str, OperationState]] = Counter()
        for record in self._mine():
            each = record.operation
            ended = each.ended_at
            if ended is None or each.parent_id is not None:
                continue
            if since <= ended < until:
                counts[each.kind, each.subject.partition("/")[0], each.state] += 1
        return [
            Tally(kind=kind, group=group, state=state, count=count)
            for (kind, group, state), count in sorted(counts.items())
        ]

    def _mine(self) -> tuple[Record, ...]:
        return tuple(
            record for record in self.shelf.values() if record.tenant_id == self.tenant
        )


@dataclass(frozen=True, slots=True)
class MemoryDocket(Docket):
    """Works on the shelf of all tenants."""

    shelf: Shelf

    @override
    async def unended(self, *, after: UUID | None, limit: int) -> list[Unended]:
        found = sorted(
            (
                record
                for record in self.shelf.values()
                if not record.operation.state.final
                and (after is None or record.id > after)
            ),
            key=lambda record: record.id,
        )
        return [_unended(record) for record in found[:limit]]

    @override
    async def start(
        self, operation_ids: Sequence[UUID], *, at: datetime
    ) -> list[Record]:
        started = []
        for operation_id in operation_ids:
            record = self.shelf.get(operation_id)
            if record is None or record.cancel_requested:
                continue
            if record.operation.state is OperationState.QUEUED:
                self.shelf[operation_id] = record.begin(at=at)
                started.append(self.shelf[operation_id])
        return started

    @override
    async def end(
        self,
        endings: Mapping[UUID, Ending | None],
        *,
        at: datetime,
        running: Mapping[UUID, Record] | None = None,
    ) -> list[Record]:
        ended = []
        for operation_id, ending in endings.items():
            record = self.shelf.get(operation_id)
            changed = record and record.concluded(ending, at=at)
            if changed is not None:
                self.shelf[operation_id] = changed
                ended.append(changed)
        return ended

    @override
    async def find(self, operation_id: UUID) -> Record | None:
        return self.shelf.get(operation_id)


@dataclass(slots=True)
class MemoryBooks(Books):
    """Writes to a shelf; `failures` are raised at the next units of work, once each."""

    shelf: Shelf
    outbox: Outbox
    failures: list[Exception] = field(default_factory=list)

    @override
    @asynccontextmanager
    async def write(self) -> AsyncIterator[Sheet]:
        if self.failures:
            raise self.failures.pop(0)
        yield Sheet(docket=MemoryDocket(self.shelf), outbox=self.outbox)

    @override
    @asynccontextmanager
    async def read(self) -> AsyncIterator[Any]:
        yield MemoryDocket(self.shelf)


@dataclass(slots=True)
class IdleDesk(Desk):
    """Admits nothing; keeps what it was asked, and ends what the test says."""

    taken: list[UUID] = field(default_factory=list)
    cancelled: list[UUID] = field(default_factory=list)
    watched: dict[UUID, asyncio.Event] = field(default_factory=dict)

    @override
    def take(self, ticket: Ticket) -> None:
        self.taken.append(ticket.id)

    @override
    def cancel(self, operation_ids: Sequence[UUID]) -> Awaitable[None]:
        self.cancelled.extend(operation_ids)
        done = asyncio.get_running_loop().create_future()
        done.set_result(None)
        return done

    @override
    def reason(self, operation_id: UUID) -> str:
        return "waiting: nobody is at the desk"

    @override
    def queue(self) -> Sequence[Ticket]:
        return ()

    @override
    def standing(self, operation_id: UUID) -> Standing:
        return Standing(position=None, queued=0, obstacle=None, ending=False)

    @override
    @contextmanager
    def ended(self, operation_id: UUID) -> Iterator[asyncio.Event]:
        yield self.watched.setdefault(operation_id, asyncio.Event())


def _unended(record: Record) -> Unended:
    operation = record.operation
    return Unended(
        ticket=Ticket(
            id=operation.id,
            tenant_id=record.tenant_id,
            kind=operation.kind,
            project_id=operation.project_id,
            priority=operation.priority,
            created_at=operation.created_at,
            lent=operation.parent_id is not None,
            subject=operation.subject,
            scope=operation.scope,
        ),
        running=operation.state is OperationState.RUNNING,
        cancel_requested=record.cancel_requested,
    )


def _within(record: Record, reach: Reach) -> bool:
    if record.operation.scope == ROOT:
        return reach.everywhere
    return reach.holds(record.operation.project_id, record.environment_id)


def _matches(operation: Operation, wanted: OperationFilter) -> bool:
    return (
        wanted.state in {None, operation.state}
        and wanted.but is not operation.state
        and wanted.kind in {None, operation.kind}
        and wanted.project_id in {None, operation.project_id}
    )


@dataclass(frozen=True, slots=True)
class MemoryScheduleStore(ScheduleStore):
    """Keeps one tenant's schedules among those of all."""

    schedules: dict[UUID, Schedule]
    shelf: Shelf
    tenant: TenantId

    @override
    async def add(self, schedule: Schedule) -> None:
        self._check(schedule)
        self.schedules[schedule.id] = schedule

    @override
    async def get(self, schedule: str) -> Scheduled:
        for each in self._mine():
            if (as_id(schedule) or schedule) in {each.id, each.name}:
                return self._shown(each)
        raise ScheduleNotFound(f"There is no schedule '{schedule}'.")

    @override
    async def save(self, schedule: Schedule) -> None:
        await self.get(str(schedule.id))
        self._check(schedule)
        self.schedules[schedule.id] = schedule

    @override
    async def delete(self, schedule_id: UUID) -> None:
        if any(each.id == schedule_id for each in self._mine()):
            del self.schedules[schedule_id]

    @override
    async def list(self, reach: Reach, page: PageRequest) -> Page[Scheduled]:
        found = [
            self._shown(each)
            for each in self._mine()
            if (
                reach.everywhere if each.scope == ROOT else reach.holds(each.project_id)
            )
        ]
        if page.after is not None:
            if page.after not in {each.name for each in self._mine()}:
                raise BadPage("Use a cursor from 'next' of the page before.")
            found = [each for each in found if each.schedule.name > page.after]
        kept = tuple(found[: page.limit])
        more = len(found) > page.limit
        return Page(items=kept, next=kept[-1].schedule.name if more else None)

    @override
    async def jobs(self) -> Sequence[Schedule]:
        return [each for each in self._mine() if each.job]

    def _mine(self) -> tuple[Schedule, ...]:
        mine = (
            each
            for each in self.schedules.values()
            if each.owner.tenant_id == self.tenant
        )
        return tuple(sorted(mine, key=lambda each: each.name))

    def _shown(self, schedule: Schedule) -> Scheduled:
        last_id = schedule.last_operation_id
        last = None if last_id is None else self.shelf.get(last_id)
        return Scheduled(
            schedule=schedule, last=None if last is None else last.operation
        )

    def _check(self, schedule: Schedule) -> None:
        for each in self._mine():
            if each.name == schedule.name and each.id != schedule.id:
                raise ScheduleNameTaken(f"There is a schedule '{each.name}' already.")


@dataclass(frozen=True, slots=True)
class MemoryAgenda(Agenda):
    """Sees the schedules of all tenants."""

    schedules: dict[UUID, Schedule]

    @override
    async def upcoming(self, limit: int) -> Sequence[Schedule]:
        due = [(each.due_at, each) for each in self.schedules.values() if each.due_at]
        due.sort(key=lambda pair: pair[0])
        return [each for _, each in due[:limit]]


@dataclass(slots=True)
class CountingAlarm(Alarm):
    """Counts how often it rang."""

    rings: int = 0

    @override
    def changed(self) -> None:
        self.rings += 1
