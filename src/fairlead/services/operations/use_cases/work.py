"""What can be done with operations; one class per intention."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from typing_extensions import override

from fairlead.kernel.clock import Clock
from fairlead.kernel.paging import BadPage, Page, PageRequest
from fairlead.kernel.principal import Principal
from fairlead.kernel.work import UnitOfWork
from fairlead.services.audit.public import Act, AuditTrail
from fairlead.services.authz.public import Authorizer
from fairlead.services.operations.domain.floor import Ticket
from fairlead.services.operations.domain.record import Record, queue
from fairlead.services.operations.permissions import OPERATION_CANCEL, OPERATION_READ
from fairlead.services.operations.ports import Desk, OperationStore
from fairlead.services.operations.public import (
    Operation,
    OperationFilter,
    OperationNotFound,
    Operations,
    OperationState,
    Submission,
)
from fairlead.services.operations.use_cases.reasons import told


def ticket_of(record: Record) -> Ticket:
    """Return what admission needs to know of an operation."""
    operation = record.operation
    return Ticket(
        id=operation.id,
        tenant_id=record.tenant_id,
        kind=operation.kind,
        project_id=operation.project_id,
        priority=operation.priority,
        created_at=operation.created_at,
        lent=operation.parent_id is not None,
        subject=operation.subject,
        scope=operation.scope,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitOperation:
    """Queue work, once per id."""

    store: OperationStore
    desk: Desk
    work: UnitOfWork
    clock: Clock

    async def __call__(self, who: Principal, submission: Submission) -> Operation:
        """Record the operation, then let the desk admit it; return what is known.

        Raises:
            OperationNotFound: `parent_id` names no operation.
            BadPriority: the priority is out of range.
        """
        record: Record | None = None
        try:
            async with self.work:
                record = await self._record(who, submission)
        finally:
            # also when cancelled while the commit goes on; what was not kept is dropped
            if record is not None and record.operation.state is OperationState.QUEUED:
                self.desk.take(ticket_of(record))
        return _told(record.operation, self.desk)

    async def _record(self, who: Principal, submission: Submission) -> Record:
        parent_id = submission.parent_id
        parent = None if parent_id is None else await self.store.get(parent_id)
        record = queue(who, submission, parent=parent, at=self.clock.now())
        if await self.store.add(record):
            return record
        return await self.store.get(submission.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class GetOperation:
    """Show one operation."""

    store: OperationStore
    authorizer: Authorizer
    desk: Desk

    async def __call__(self, who: Principal, operation_id: UUID) -> Operation:
        """Return one operation, with the reason when it waits.

        Raises:
            OperationNotFound: there is none that `who` may see.
        """
        operation = (await self.store.get(operation_id)).operation
        await self.authorizer.require(
            who,
            OPERATION_READ,
            on=operation.scope,
            target=f"operations/{operation_id}",
            sees=OPERATION_READ,
            missing=_missing(operation_id),
        )
        return (await told([operation], who, self.authorizer, self.desk))[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListOperations:
    """Show many operations."""

    store: OperationStore
    authorizer: Authorizer
    desk: Desk

    async def __call__(
        self, who: Principal, wanted: OperationFilter, page: PageRequest
    ) -> Page[Operation]:
        """Return those that `who` may see, newest first or by turn.

        Raises:
            BadPage: `page.after` is no cursor of this list.
        """
        if wanted.by_turn:
            return await self._by_turn(who, wanted, page)
        reach = await self.authorizer.reach(who, OPERATION_READ)
        found = await self.store.list(wanted, reach, page)
        items = await told(found.items, who, self.authorizer, self.desk)
        return replace(found, items=items)

    async def _by_turn(
        self, who: Principal, wanted: OperationFilter, page: PageRequest
    ) -> Page[Operation]:
        """Return a page of the queue; a cursor is the last one's id."""
        seen: dict[str, bool] = {}
        ids: list[UUID] = []
        for ticket in _after(self.desk.queue(), page.after):
            if ticket.tenant_id != who.tenant_id or not _wanted(ticket, wanted):
                continue
            if ticket.scope not in seen:
                seen[ticket.scope] = await self.authorizer.allows(
                    who, OPERATION_READ, on=ticket.scope
                )
            if seen[ticket.scope]:
                ids.append(ticket.id)
            if len(ids) > page.limit:
                break
        shown = ids[: page.limit]
        found = await self.store.many(shown)
        items = [found[each] for each in shown if each in found]
        return Page(
            items=await told(items, who, self.authorizer, self.desk),
            next=str(shown[-1]) if len(ids) > page.limit else None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelOperation:
    """End an operation, with all its parts, as cancelled."""

    store: OperationStore
    authorizer: Authorizer
    trail: AuditTrail
    desk: Desk
    work: UnitOfWork

    async def __call__(self, who: Principal, operation_id: UUID) -> Operation:
        """Record the wish, tell the engine, return the operation as it then is.

        A queued one never starts; an ended one stays as it is.

        Raises:
            OperationNotFound: there is none that `who` may see.
            NotAllowed: `who` may see but not cancel it.
        """
        operation = (await self.store.get(operation_id)).operation
        await self.authorizer.require(
            who,
            OPERATION_CANCEL,
            on=operation.scope,
            target=f"operations/{operation_id}",
            sees=OPERATION_READ,
            missing=_missing(operation_id),
        )
        if operation.state.final:
            return operation
        family: list[UUID] = []
        try:
            async with self.work:
                family = await self._family(operation_id)
                await self.store.ask_cancel(family)
                await self.trail.record(who, _act(operation))
        except asyncio.CancelledError:
            self.desk.cancel(family)  # the commit may go on without us
            raise
        await self.desk.cancel(family)
        left = (await self.store.get(operation_id)).operation
        return (await told([left], who, self.authorizer, self.desk))[0]

    async def _family(self, operation_id: UUID) -> list[UUID]:
        """Return the operation and its unended parts, innermost first."""
        family = generation = [operation_id]
        while generation:
            generation = await self.store.unended_children(generation)
            family = generation + family
        return family


@dataclass(frozen=True, slots=True, kw_only=True)
class AwaitOperation:
    """Wait for an operation's end."""

    store: OperationStore
    desk: Desk

    async def __call__(self, operation_id: UUID) -> Operation:
        """Return the operation once it has ended.

        Raises:
            OperationNotFound: there is none.
        """
        with self.desk.ended(operation_id) as ended:
            operation = (await self.store.get(operation_id)).operation
            while not operation.state.final:
                await ended.wait()
                operation = (await self.store.get(operation_id)).operation
        return operation


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalOperations(Operations):
    """The public contract, kept by the use cases of this process."""

    submit_operation: SubmitOperation
    get_operation: GetOperation
    list_operations: ListOperations
    cancel_operation: CancelOperation
    await_operation: AwaitOperation

    @override
    async def submit(self, who: Principal, submission: Submission) -> Operation:
        return await self.submit_operation(who, submission)

    @override
    async def get(self, who: Principal, operation_id: UUID) -> Operation:
        return await self.get_operation(who, operation_id)

    @override
    async def list(
        self, who: Principal, wanted: OperationFilter, page: PageRequest
    ) -> Page[Operation]:
        return await self.list_operations(who, wanted, page)

    @override
    async def cancel(self, who: Principal, operation_id: UUID) -> Operation:
        return await self.cancel_operation(who, operation_id)

    @override
    async def wait(self, operation_id: UUID) -> Operation:
        return await self.await_operation(operation_id)


def _told(operation: Operation, desk: Desk) -> Operation:
    if operation.state is not OperationState.QUEUED:
        return operation
    return replace(operation, reason=desk.reason(operation.id))


def _after(queue: Sequence[Ticket], after: str | None) -> Sequence[Ticket]:
    """Return what comes after a cursor; all of it when that one waits no more."""
    if after is None:
        return queue
    try:
        wanted = UUID(after)
    except ValueError as error:
        raise BadPage("Use a cursor from 'next' of the page before.") from error
    for place, ticket in enumerate(queue, 1):
        if ticket.id == wanted:
            return queue[place:]
    return queue


def _wanted(ticket: Ticket, wanted: OperationFilter) -> bool:
    return (
        wanted.state in {None, OperationState.QUEUED}
        and wanted.but is not OperationState.QUEUED
        and wanted.kind in {None, ticket.kind}
        and wanted.project_id in {None, ticket.project_id}
    )


def _act(operation: Operation) -> Act:
    return Act(
        action=OPERATION_CANCEL,
        target=f"operations/{operation.id}",
        scope=operation.scope,
        details={"kind": operation.kind, "subject": operation.subject},
    )


def _missing(operation_id: UUID) -> OperationNotFound:
    return OperationNotFound(f"There is no operation {operation_id}.")
