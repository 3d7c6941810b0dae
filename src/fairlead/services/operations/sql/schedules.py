"""Schedules in their table."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import (
    RowMapping,
    Select,
    and_,
    or_,
    select,
    true,
)
from sqlalchemy.exc import IntegrityError
from typing_extensions import override

from fairlead.adapters.sql.connection import Connection
from fairlead.adapters.sql.errors import violates
from fairlead.adapters.sql.paging import Keyset
from fairlead.adapters.sql.reach import reached
from fairlead.kernel.paging import Page, PageRequest
from fairlead.kernel.principal import Principal, PrincipalKind, TenantId
from fairlead.kernel.reach import Reach
from fairlead.kernel.schedules import Timetable
from fairlead.services.authz.public import ROOT
from fairlead.services.operations.domain.schedule import (
    Schedule,
    Scheduled,
    ScheduleNameTaken,
    ScheduleNotFound,
    as_id,
)
from fairlead.services.operations.ports import Agenda, ScheduleStore
from fairlead.services.operations.sql.tables import one_name, operations, schedules
from fairlead.services.operations.sql.work import to_operation

KEYSET = Keyset((schedules.c.name,))
_LAST = tuple(column.label(f"last_{column.name}") for column in operations.c)
_CHANGED = frozenset(column.name for column in schedules.c) - {"id", "tenant_id"}


class SqlScheduleStore(ScheduleStore):
    """Reads and writes the schedules of one tenant."""

    def __init__(self, connection: Connection, tenant: TenantId) -> None:
        """Keep those of `tenant`."""
        self._connection = connection
        self._tenant = tenant

    @override
    async def add(self, schedule: Schedule) -> None:
        await self._write(schedules.insert(), _to_row(schedule), schedule.name)

    @override
    async def get(self, schedule: str) -> Scheduled:
        query = _with_last().where(*self._mine(_is(schedule)))
        row = (await self._connection.execute(query)).mappings().first()
        if row is None:
            raise _missing(schedule)
        return _to_scheduled(row)

    @override
    async def save(self, schedule: Schedule) -> None:
        row = _to_row(schedule)
        statement = schedules.update().where(*self._mine(schedules.c.id == schedule.id))
        values = {name: row[name] for name in _CHANGED}
        if not await self._write(statement.values(values), None, schedule.name):
            raise _missing(str(schedule.id))

    @override
    async def delete(self, schedule_id: UUID) -> None:
        mine = self._mine(schedules.c.id == schedule_id)
        await self._connection.execute(schedules.delete().where(*mine))

    @override
    async def list(self, reach: Reach, page: PageRequest) -> Page[Scheduled]:
        query = KEYSET.select(_with_last().where(*self._mine(_within(reach))), page)
        found = await self._connection.execute(query)
        return KEYSET.page(found.mappings().all(), page, _to_scheduled)

    @override
    async def jobs(self) -> Sequence[Schedule]:
        query = select(schedules).where(*self._mine(schedules.c.job))
        rows = await self._connection.execute(query.order_by(schedules.c.name))
        return [_to_schedule(row) for row in rows.mappings()]

    async def _write(
        self, statement: Any, values: Mapping[str, Any] | None, name: str
    ) -> int:
        try:
            return int((await self._connection.execute(statement, values)).rowcount)
        except IntegrityError as error:
            if violates(error, one_name):
                raise ScheduleNameTaken(
                    f"There is a schedule '{name}' already; choose another name.",
                    name=name,
                ) from error
            raise

    def _mine(self, also: Any) -> tuple[Any, ...]:
        return (schedules.c.tenant_id == self._tenant, also)


class SqlAgenda(Agenda):
    """Reads the schedules of all tenants."""

    def __init__(self, connection: Connection) -> None:
        """Use the `connection` of one piece of work."""
        self._connection = connection

    @override
    async def upcoming(self, limit: int) -> Sequence[Schedule]:
        query = (
            select(schedules)
            .where(schedules.c.due_at.is_not(None))
            .order_by(schedules.c.due_at)
            .limit(limit)
        )
        rows = (await self._connection.execute(query)).mappings()
        return [_to_schedule(row) for row in rows]


def _with_last() -> Select[*tuple[Any, ...]]:
    last = operations.c.id == schedules.c.last_operation_id
    return select(*schedules.c, *_LAST).select_from(
        schedules.outerjoin(operations, last)
    )


def _is(schedule: str) -> Any:
    schedule_id = as_id(schedule)
    if schedule_id is not None:
        return schedules.c.id == schedule_id
    return schedules.c.name == schedule


def _within(reach: Reach) -> Any:
    if reach.whole:
        return true()
    within = reached(reach, project=schedules.c.project_id)
    of_tenant = schedules.c.scope == ROOT
    return or_(of_tenant, within) if reach.everywhere else and_(~of_tenant, within)


def _to_row(schedule: Schedule) -> dict[str, Any]:
    owner, timetable = schedule.owner, schedule.timetable
    return {
        "id": schedule.id,
        "tenant_id": owner.tenant_id,
        "name": schedule.name,
        "summary": schedule.summary,
        "job": schedule.job,
        "kind": schedule.kind,
        "argument": schedule.argument,
        "subject": schedule.subject,
        "scope": schedule.scope,
        "project_id": schedule.project_id,
        "cron": timetable.cron,
        "time_zone": timetable.time_zone,
        "jitter_seconds": schedule.jitter_seconds,
        "owner_id": owner.id,
        "owner_name": owner.name,
        "owner_kind": owner.kind,
        "created_at": schedule.created_at,
        "next_tick": schedule.next_tick,
        "due_at": schedule.due_at,
        "last_tick": schedule.last_tick,
        "last_operation_id": schedule.last_operation_id,
        "note": schedule.note,
        "pause_reason": schedule.pause_reason,
    }


def _to_schedule(row: RowMapping) -> Schedule:
    return Schedule(
        id=row["id"],
        name=row["name"],
        summary=row["summary"],
        job=row["job"],
        kind=row["kind"],
        argument=row["argument"],
        subject=row["subject"],
        scope=row["scope"],
        project_id=row["project_id"],
        timetable=Timetable(cron=row["cron"], time_zone=row["time_zone"]),
        jitter_seconds=row["jitter_seconds"],
        owner=Principal(
            id=row["owner_id"],
            name=row["owner_name"],
            kind=PrincipalKind(row["owner_kind"]),
            tenant_id=TenantId(row["tenant_id"]),
        ),
        created_at=row["created_at"],
        next_tick=row["next_tick"],
        last_tick=row["last_tick"],
        last_operation_id=row["last_operation_id"],
        note=row["note"],
        pause_reason=row["pause_reason"],
    )


def _to_scheduled(row: RowMapping) -> Scheduled:
    last = {column.name: row[column] for column in _LAST}
    known = row[_LAST[0]] is not None
    values: Any = {name.removeprefix("last_"): last[name] for name in last}
    return Scheduled(
        schedule=_to_schedule(row), last=to_operation(values) if known else None
    )


def _missing(schedule: str) -> ScheduleNotFound:
    return ScheduleNotFound(
        f"There is no schedule '{schedule[:100]}'.", schedule=schedule[:100]
    )
