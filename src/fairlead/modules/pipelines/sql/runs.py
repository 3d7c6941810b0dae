"""Runs in a relational database."""

from typing import Any
from uuid import UUID

from sqlalchemy import (
    RowMapping,
    Select,
    func,
    select,
)
from typing_extensions import override

from fairlead.adapters.sql.connection import Connection
from fairlead.adapters.sql.paging import Keyset
from fairlead.adapters.sql.reach import reached
from fairlead.kernel.paging import Page, PageRequest
from fairlead.kernel.principal import TenantId
from fairlead.kernel.reach import Reach
from fairlead.modules.pipelines.domain.plan import Plan
from fairlead.modules.pipelines.domain.records import (
    Record,
)
from fairlead.modules.pipelines.ports import RunStore
from fairlead.modules.pipelines.public import RunNotFound, State
from fairlead.modules.pipelines.sql.tables import (
    artifacts,
    executions,
    runs,
    steps,
    values_of,
)

NEWEST = Keyset(columns=(runs.c.id,), descending=True)
OF_PROJECT = Keyset(columns=(runs.c.number,), descending=True)
_LISTED = tuple(column for column in runs.c if column.name not in {"tenant_id", "plan"})
_HELD = (*_LISTED, runs.c.plan)


class SqlRunStore(RunStore):
    """Reads and writes `pipelines_runs`, and clears the other tables with it."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        """Keep the runs of `tenant_id`."""
        self._connection = connection
        self._tenant_id = tenant_id

    @override
    async def next_number(self, project_id: UUID) -> int:
        query = select(func.max(runs.c.number)).where(
            runs.c.tenant_id == self._tenant_id, runs.c.project_id == project_id
        )
        return int((await self._connection.execute(query)).scalar() or 0) + 1

    @override
    async def add(self, record: Record) -> None:
        values = _run_values(record) | {"tenant_id": self._tenant_id}
        await self._connection.execute(runs.insert(), values)

    @override
    async def get(self, run_id: UUID) -> Record:
        return await self._one(self._query().where(runs.c.id == run_id), str(run_id))

    @override
    async def numbered(self, project_id: UUID, number: int) -> Record:
        query = self._query().where(
            runs.c.project_id == project_id, runs.c.number == number
        )
        return await self._one(query, str(number))

    @override
    async def page(
        self, reach: Reach, page: PageRequest, *, project_id: UUID | None = None
    ) -> Page[Record]:
        query = select(*_LISTED).where(runs.c.tenant_id == self._tenant_id)
        order = NEWEST
        if project_id is not None:
            order = OF_PROJECT
            query = query.where(runs.c.project_id == project_id)
        query = query.where(reached(reach, project=runs.c.project_id))
        found = await self._connection.execute(order.select(query, page))
        return order.page(found.mappings().all(), page, _record)

    @override
    async def save(self, record: Record) -> None:
        statement = runs.update().where(
            runs.c.tenant_id == self._tenant_id, runs.c.id == record.id
        )
        changed = await self._connection.execute(statement.values(_run_values(record)))
        if changed.rowcount == 0:
            raise RunNotFound("There is no such run.", run=str(record.id))

    @override
    async def of_project(self, project_id: UUID) -> list[UUID]:
        query = select(runs.c.id).where(
            runs.c.tenant_id == self._tenant_id, runs.c.project_id == project_id
        )
        return list((await self._connection.execute(query)).scalars())

    @override
    async def remove(self, run_id: UUID) -> None:
        for table in (steps, executions, artifacts):
            await self._connection.execute(
                table.delete().where(
                    table.c.tenant_id == self._tenant_id, table.c.run_id == run_id
                )
            )
        await self._connection.execute(
            runs.delete().where(
                runs.c.tenant_id == self._tenant_id, runs.c.id == run_id
            )
        )

    def _query(self) -> Select[*tuple[Any, ...]]:
        return select(*_HELD).where(runs.c.tenant_id == self._tenant_id)

    async def _one(self, query: Select[*tuple[Any, ...]], run: str) -> Record:
        row = (await self._connection.execute(query)).mappings().one_or_none()
        if row is None:
            raise RunNotFound("There is no such run.", run=run)
        return _record(row)


def _run_values(record: Record) -> dict[str, Any]:
    plan = None if record.plan is None else record.plan.to_json()
    return values_of(record) | {"urls": list(record.urls), "plan": plan}


def _record(row: RowMapping) -> Record:
    values = dict(row)
    plan = values.pop("plan", None)
    return Record(
        **{**values, "state": State(values["state"]), "urls": tuple(values["urls"])},
        plan=None if plan is None else Plan.from_json(plan),
    )
