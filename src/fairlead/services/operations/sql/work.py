"""Operations in their table."""

from collections import Counter
from collections.abc import Mapping, Sequence, Set
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    RowMapping,
    and_,
    bindparam,
    or_,
    select,
    true,
)
from sqlalchemy.exc import IntegrityError
from typing_extensions import override

from fairlead.adapters.sql.connection import Connection
from fairlead.adapters.sql.paging import Keyset
from fairlead.adapters.sql.reach import reached
from fairlead.kernel.paging import Page, PageRequest
from fairlead.kernel.principal import Principal, PrincipalKind, TenantId
from fairlead.kernel.reach import Reach
from fairlead.services.authz.public import ROOT
from fairlead.services.operations.domain.floor import Ticket
from fairlead.services.operations.domain.record import Ending, Record
from fairlead.services.operations.ports import Docket, OperationStore, Tally, Unended
from fairlead.services.operations.public import (
    Operation,
    OperationError,
    OperationFilter,
    OperationNotFound,
    OperationState,
)
from fairlead.services.operations.sql.tables import NEWEST, operations, schedules

KEYSET = Keyset(NEWEST, descending=True)

_among = operations.c.id.in_(bindparam("keys", expanding=True))
_ENDABLE = (
    select(operations)
    .where(
        _among,
        or_(operations.c.ended_at.is_(None), operations.c.ended_at == bindparam("at")),
    )
    .order_by(operations.c.id)  # always locked in one order: none waits in a circle
    .with_for_update()
)
_START = (
    operations.update()
    .where(
        _among,
        operations.c.ended_at.is_(None),
        operations.c.state == OperationState.QUEUED,
        operations.c.cancel_requested.is_(False),
    )
    .values(state=OperationState.RUNNING, started_at=bindparam("began"))
    .returning(operations)
)
_CHANGE = operations.update().where(
    operations.c.id == bindparam("key"), operations.c.ended_at.is_(None)
)
_END = _CHANGE.values(
    {
        name: bindparam(name)
        for name in ("state", "ended_at", "result", "error_code", "error_message")
    }
)


class SqlOperationStore(OperationStore):
    """Reads and writes the operations of one tenant; the unit of work commits."""

    def __init__(self, connection: Connection, tenant: TenantId) -> None:
        """Use the request's `connection`."""
        self._connection = connection
        self._tenant = tenant

    @override
    async def add(self, record: Record) -> bool:
        try:
            await self._connection.execute(operations.insert(), _to_row(record))
        except IntegrityError:
            if await _known(self._connection, record.id):
                return False
            raise
        return True

    @override
    async def get(self, operation_id: UUID) -> Record:
        query = select(operations).where(
            operations.c.id == operation_id, operations.c.tenant_id == self._tenant
        )
        row = (await self._connection.execute(query)).mappings().first()
        if row is None:
            raise OperationNotFound(f"There is no operation {operation_id}.")
        return to_record(row)

    @override
    async def many(self, operation_ids: Sequence[UUID]) -> dict[UUID, Operation]:
        query = select(operations).where(
            operations.c.tenant_id == self._tenant, operations.c.id.in_(operation_ids)
        )
        rows = (await self._connection.execute(query)).mappings()
        return {row["id"]: to_record(row).operation for row in rows}

    @override
    async def unended_children(self, parents: Sequence[UUID]) -> list[UUID]:
        query = select(operations.c.id).where(
            operations.c.tenant_id == self._tenant,
            operations.c.parent_id.in_(parents),
            operations.c.ended_at.is_(None),
        )
        return list((await self._connection.execute(query)).scalars())

    @override
    async def ask_cancel(self, operation_ids: Sequence[UUID]) -> None:
        statement = operations.update().where(
            operations.c.tenant_id == self._tenant,
            operations.c.id.in_(operation_ids),
            operations.c.ended_at.is_(None),
        )
        await self._connection.execute(statement.values(cancel_requested=True))

    @override
    async def list(
        self, wanted: OperationFilter, reach: Reach, page: PageRequest
    ) -> Page[Operation]:
        query = select(operations).where(
            operations.c.tenant_id == self._tenant, _within(reach), _matches(wanted)
        )
        found = await self._connection.execute(KEYSET.select(query, page))
        return KEYSET.page(found.mappings().all(), page, to_operation)

    @override
    async def outlived(self, before: datetime, *, limit: int) -> Sequence[UUID]:
        root = operations.alias("root")
        query = (
            select(operations.c.id)
            .join(root, root.c.id == operations.c.feed_id, isouter=True)
            .where(
                operations.c.tenant_id == self._tenant,
                operations.c.ended_at < before,
                or_(root.c.id.is_(None), root.c.ended_at < before),
                operations.c.id.not_in(
                    select(schedules.c.last_operation_id).where(
                        schedules.c.last_operation_id.is_not(None)
                    )
                ),
            )
            .order_by(operations.c.ended_at)
            .limit(limit)
        )
        return list((await self._connection.execute(query)).scalars())

    @override
    async def remove(self, operation_ids: Sequence[UUID]) -> None:
        await self._connection.execute(
            operations.delete().where(
                operations.c.tenant_id == self._tenant,
                operations.c.id.in_(operation_ids),
            )
        )

    @override
    async def tally(self, *, since: datetime, until: datetime) -> Sequence[Tally]:
        query = select(
            operations.c.kind, operations.c.subject, operations.c.state
        ).where(
            operations.c.tenant_id == self._tenant,
            operations.c.parent_id.is_(None),
            operations.c.ended_at >= since,
            operations.c.ended_at < until,
        )
        rows = await self._connection.execute_long(query)
        counts = Counter(
            (row.kind, row.subject.partition("/")[0], row.state) for row in rows
        )
        return [
            Tally(kind=kind, group=group, state=OperationState(state), count=count)
            for (kind, group, state), count in sorted(counts.items())
        ]


class SqlDocket(Docket):
    """Reads and writes the operations of all tenants, for the desk."""

    def __init__(self, connection: Connection) -> None:
        """Use the `connection` of one piece of work."""
        self._connection = connection

    @override
    async def unended(self, *, after: UUID | None, limit: int) -> list[Unended]:
        query = select(operations).where(operations.c.ended_at.is_(None))
        if after is not None:
            query = query.where(operations.c.id > after)
        query = query.order_by(operations.c.id).limit(limit)
        return [
            Unended(
                ticket=Ticket(
                    id=row["id"],
                    tenant_id=row["tenant_id"],
                    kind=row["kind"],
                    project_id=row["project_id"],
                    priority=row["priority"],
                    created_at=row["created_at"],
                    lent=row["parent_id"] is not None,
                    subject=row["subject"],
                    scope=row["scope"],
                ),
                running=row["state"] == OperationState.RUNNING,
                cancel_requested=row["cancel_requested"],
            )
            for row in (await self._connection.execute(query)).mappings()
        ]

    @override
    async def start(
        self, operation_ids: Sequence[UUID], *, at: datetime
    ) -> list[Record]:
        asked = {"keys": operation_ids, "began": at}
        rows = (await self._connection.execute(_START, asked)).mappings()
        started = {row["id"]: to_record(row) for row in rows}
        return [started[each] for each in operation_ids if each in started]

    @override
    async def end(
        self,
        endings: Mapping[UUID, Ending | None],
        *,
        at: datetime,
        running: Mapping[UUID, Record] | None = None,
    ) -> list[Record]:
        sure = [
            running[each].end(ending, at=at)
            for each, ending in endings.items()
            if running and ending is not None and each in running
        ]
        tried = {record.id for record in sure}
        if not sure or await self._ended(sure) == len(sure):
            left = {each: endings[each] for each in endings if each not in tried}
            return [*sure, *await self._end_others(left, at)] if left else sure
        # somebody had ended one of them; those of now have our time
        return await self._end_others(endings, at, tried)

    async def _end_others(
        self,
        endings: Mapping[UUID, Ending | None],
        at: datetime,
        tried: Set[UUID] = frozenset(),
    ) -> list[Record]:
        """Read them, then end those that can end so; those just `tried` may have."""
        asked = {"keys": list(endings), "at": at}
        rows = (await self._connection.execute(_ENDABLE, asked)).mappings()
        ended: list[Record] = []
        changed: list[Record] = []
        for record in map(to_record, rows):
            if record.operation.ended_at is not None:
                ended += [record] if record.id in tried else []
            elif (new := record.concluded(endings[record.id], at=at)) is not None:
                changed.append(new)
        if changed:
            await self._ended(changed)
        return ended + changed

    async def _ended(self, records: Sequence[Record]) -> int:
        rows = [_end_row(record) for record in records]
        return (await self._connection.execute_many(_END, rows)).rowcount

    @override
    async def find(self, operation_id: UUID) -> Record | None:
        query = select(operations).where(operations.c.id == operation_id)
        row = (await self._connection.execute(query)).mappings().first()
        return None if row is None else to_record(row)


async def _known(connection: Connection, operation_id: UUID) -> bool:
    query = select(operations.c.id).where(operations.c.id == operation_id)
    return (await connection.execute(query)).first() is not None


def _within(reach: Reach) -> Any:
    if reach.whole:
        return true()
    within = reached(
        reach,
        project=operations.c.project_id,
        environment=operations.c.environment_id,
    )
    of_tenant = operations.c.scope == ROOT
    return or_(of_tenant, within) if reach.everywhere else and_(~of_tenant, within)


def _matches(wanted: OperationFilter) -> Any:
    clauses: list[Any] = [true()]
    if wanted.state is not None:
        clauses.append(operations.c.state == wanted.state)
    if wanted.but is not None:
        clauses.append(operations.c.state != wanted.but)
    if wanted.kind is not None:
        clauses.append(operations.c.kind == wanted.kind)
    if wanted.project_id is not None:
        clauses.append(operations.c.project_id == wanted.project_id)
    return and_(*clauses)


def _to_row(record: Record) -> Mapping[str, Any]:
    operation, error = record.operation, record.operation.error
    return {
        "id": operation.id,
        "tenant_id": record.tenant_id,
        "kind": operation.kind,
        "subject": operation.subject,
        "scope": operation.scope,
        "state": operation.state,
        "priority": operation.priority,
        "project_id": operation.project_id,
        "environment_id": record.environment_id,
        "parent_id": operation.parent_id,
        "feed_id": operation.feed_id,
        "requester_id": record.requester.id,
        "requester_name": record.requester.name,
        "requester_kind": record.requester.kind,
        "argument": record.argument,
        "result": operation.result,
        "error_code": None if error is None else error.code,
        "error_message": None if error is None else error.message,
        "cancel_requested": record.cancel_requested,
        "created_at": operation.created_at,
        "started_at": operation.started_at,
        "ended_at": operation.ended_at,
    }


def _end_row(record: Record) -> Mapping[str, Any]:
    row = _to_row(record)
    names = ("state", "ended_at", "result", "error_code", "error_message")
    return {"key": record.id, **{name: row[name] for name in names}}


def to_operation(row: RowMapping) -> Operation:
    """Return the operation a row holds."""
    error = None
    if row["error_code"] is not None:
        error = OperationError(code=row["error_code"], message=row["error_message"])
    return Operation(
        id=row["id"],
        kind=row["kind"],
        subject=row["subject"],
        scope=row["scope"],
        state=OperationState(row["state"]),
        priority=row["priority"],
        project_id=row["project_id"],
        parent_id=row["parent_id"],
        feed_id=row["feed_id"],
        requested_by=row["requester_name"],
        created_at=row["created_at"],
        started_at=row["started_at"],
        ended_at=row["ended_at"],
        result=row["result"],
        error=error,
    )


def to_record(row: RowMapping) -> Record:
    """Return the record a row holds."""
    tenant_id = TenantId(row["tenant_id"])
    return Record(
        operation=to_operation(row),
        tenant_id=tenant_id,
        requester=Principal(
            id=row["requester_id"],
            name=row["requester_name"],
            kind=PrincipalKind(row["requester_kind"]),
            tenant_id=tenant_id,
        ),
        argument=row["argument"],
        cancel_requested=row["cancel_requested"],
    )
