"""Operations in a relational database."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Index,
    Integer,
    RowMapping,
    String,
    Table,
    Text,
    Uuid,
    and_,
    bindparam,
    false,
    or_,
    select,
    true,
)
from sqlalchemy.exc import IntegrityError
from typing_extensions import override

from fairlead.adapters.sql.connection import Connection
from fairlead.adapters.sql.paging import Keyset
from fairlead.adapters.sql.tables import metadata
from fairlead.adapters.sql.types import UtcDateTime
from fairlead.kernel.paging import Page, PageRequest
from fairlead.kernel.principal import Principal, PrincipalKind, TenantId
from fairlead.services.authz.public import ROOT, Reach
from fairlead.services.operations.domain.floor import Ticket
from fairlead.services.operations.domain.record import Ending, Record
from fairlead.services.operations.ports import Docket, OperationStore, Unended
from fairlead.services.operations.public import (
    Operation,
    OperationError,
    OperationFilter,
    OperationNotFound,
    OperationState,
)

operations = Table(
    "operations_operations",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("tenant_id", Uuid, nullable=False),
    Column("kind", String(100), nullable=False),
    Column("subject", String(300), nullable=False),
    Column("scope", String(200), nullable=False),
    Column("state", String(20), nullable=False),
    Column("priority", Integer, nullable=False),
    Column("project_id", Uuid),
    Column("environment_id", Uuid),
    Column("parent_id", Uuid),
    Column("feed_id", Uuid, nullable=False),
    Column("requester_id", Uuid, nullable=False),
    Column("requester_name", String(200), nullable=False),
    Column("requester_kind", String(20), nullable=False),
    Column("argument", JSON(none_as_null=True)),
    Column("result", JSON(none_as_null=True)),
    Column("error_code", String(100)),
    Column("error_message", Text),
    Column("cancel_requested", Boolean, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("started_at", UtcDateTime),
    Column("ended_at", UtcDateTime),
)
_newest = (operations.c.created_at, operations.c.id)
Index("ix_operations_operations_created_at", operations.c.tenant_id, *_newest)
Index(
    "ix_operations_operations_project_id",
    operations.c.tenant_id,
    operations.c.project_id,
    *_newest,
)
Index(
    "ix_operations_operations_state",
    operations.c.tenant_id,
    operations.c.state,
    *_newest,
)
Index(
    "ix_operations_operations_kind",
    operations.c.tenant_id,
    operations.c.kind,
    *_newest,
)
Index(
    "ix_operations_operations_unended",
    operations.c.id,
    sqlite_where=operations.c.ended_at.is_(None),
    postgresql_where=operations.c.ended_at.is_(None),
)
Index(
    "ix_operations_operations_parent_id",
    operations.c.parent_id,
    sqlite_where=operations.c.parent_id.is_not(None),
    postgresql_where=operations.c.parent_id.is_not(None),
)
KEYSET = Keyset(_newest, descending=True)

_among = operations.c.id.in_(bindparam("keys", expanding=True))
_ENDABLE = (
    select(operations).where(_among, operations.c.ended_at.is_(None)).with_for_update()
)
_STARTABLE = _ENDABLE.where(
    operations.c.state == OperationState.QUEUED,
    operations.c.cancel_requested.is_(False),
)
_CHANGE = operations.update().where(operations.c.id == bindparam("key"))
_START = _CHANGE.values(
    state=OperationState.RUNNING, started_at=bindparam("started_at")
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
        return _to_record(row)

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
        return KEYSET.page(found.mappings().all(), page, _to_operation)


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
        found = await self._records(_STARTABLE, operation_ids)
        started = [record.begin(at=at) for record in found]
        if started:
            rows = [{"key": record.id, "started_at": at} for record in started]
            await self._connection.execute_many(_START, rows)
        return started

    @override
    async def end(
        self, endings: Mapping[UUID, Ending | None], *, at: datetime
    ) -> list[Record]:
        found = await self._records(_ENDABLE, list(endings))
        concluded = [record.concluded(endings[record.id], at=at) for record in found]
        ended = [record for record in concluded if record is not None]
        if ended:
            await self._connection.execute_many(
                _END, [_end_row(each) for each in ended]
            )
        return ended

    @override
    async def find(self, operation_id: UUID) -> Record | None:
        query = select(operations).where(operations.c.id == operation_id)
        row = (await self._connection.execute(query)).mappings().first()
        return None if row is None else _to_record(row)

    async def _records(self, query: Any, keys: Sequence[UUID]) -> list[Record]:
        rows = (await self._connection.execute(query, {"keys": keys})).mappings()
        return [_to_record(row) for row in rows]


async def _known(connection: Connection, operation_id: UUID) -> bool:
    query = select(operations.c.id).where(operations.c.id == operation_id)
    return (await connection.execute(query)).first() is not None


def _within(reach: Reach) -> Any:
    if reach.everywhere:
        return true()
    if not reach.projects and not reach.environments:
        return false()
    return and_(
        operations.c.scope != ROOT,
        or_(
            operations.c.project_id.in_(reach.projects),
            operations.c.environment_id.in_(reach.environments),
        ),
    )


def _matches(wanted: OperationFilter) -> Any:
    clauses: list[Any] = [true()]
    if wanted.state is not None:
        clauses.append(operations.c.state == wanted.state)
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


def _to_operation(row: RowMapping) -> Operation:
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


def _to_record(row: RowMapping) -> Record:
    tenant_id = TenantId(row["tenant_id"])
    return Record(
        operation=_to_operation(row),
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
