"""Environments and workloads in a relational database."""

from collections.abc import Sequence
from dataclasses import asdict, fields
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, RowMapping, Table, select
from typing_extensions import override

from fairlead.adapters.sql.connection import Connection
from fairlead.adapters.sql.paging import Keyset
from fairlead.adapters.sql.reach import reached
from fairlead.adapters.sql.tenants import AllTenants
from fairlead.kernel.paging import Page, PageRequest
from fairlead.kernel.principal import TenantId
from fairlead.kernel.reach import Reach
from fairlead.modules.environments.domain import WorkloadRecord
from fairlead.modules.environments.ports import (
    Berth,
    EnvironmentStore,
    Fleet,
    WorkloadStore,
)
from fairlead.modules.environments.public import (
    Environment,
    WorkloadNotFound,
    WorkloadState,
)
from fairlead.modules.environments.sql.tables import (
    environments,
    releases,
    replicas,
    workloads,
)

BY_NAME = Keyset((environments.c.project, environments.c.name))
BY_NAMES = Keyset((workloads.c.project, workloads.c.environment, workloads.c.name))


class SqlEnvironmentStore(EnvironmentStore):
    """Reads and writes `environments_environments`; the unit of work commits."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        """See one tenant's rows through `connection`."""
        self._connection = connection
        self._tenant_id = tenant_id

    @override
    async def ensure(self, environment: Environment) -> Environment:
        query = (
            select(environments)
            .where(environments.c.tenant_id == self._tenant_id)
            .where(environments.c.project_id == environment.project_id)
            .where(environments.c.name == environment.name)
        )
        row = (await self._connection.execute(query)).mappings().first()
        if row is not None:
            return _environment(row)
        values = {**asdict(environment), "tenant_id": self._tenant_id}
        await self._connection.execute(environments.insert(), values)
        return environment

    @override
    async def list(
        self, reach: Reach, page: PageRequest, *, project: str | None
    ) -> Page[Environment]:
        query = select(environments).where(environments.c.tenant_id == self._tenant_id)
        for condition in _conditions(environments, environments.c.id, reach, project):
            query = query.where(condition)
        result = await self._connection.execute(BY_NAME.select(query, page))
        return BY_NAME.page(result.mappings().all(), page, _environment)

    @override
    async def remove_project(self, project_id: UUID) -> None:
        await self._connection.execute(
            environments.delete()
            .where(environments.c.tenant_id == self._tenant_id)
            .where(environments.c.project_id == project_id)
        )


class SqlWorkloadStore(WorkloadStore):
    """Reads and writes `environments_workloads`; the unit of work commits."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        """See one tenant's rows through `connection`."""
        self._connection = connection
        self._tenant_id = tenant_id

    @override
    async def get(self, workload_id: UUID) -> WorkloadRecord:
        return await self._one(workloads.c.id == workload_id)

    @override
    async def find(self, project: str, environment: str, name: str) -> WorkloadRecord:
        return await self._one(
            workloads.c.project == project,
            workloads.c.environment == environment,
            workloads.c.name == name,
        )

    async def _one(self, *conditions: ColumnElement[bool]) -> WorkloadRecord:
        query = select(workloads).where(
            workloads.c.tenant_id == self._tenant_id, *conditions
        )
        row = (await self._connection.execute(query)).mappings().first()
        if row is None:
            raise WorkloadNotFound("This workload does not exist.")
        return _workload(row)

    @override
    async def add(self, workload: WorkloadRecord) -> None:
        values = {**asdict(workload), "tenant_id": self._tenant_id}
        await self._connection.execute(workloads.insert(), values)

    @override
    async def save(self, workload: WorkloadRecord) -> None:
        statement = (
            workloads.update()
            .where(workloads.c.tenant_id == self._tenant_id)
            .where(workloads.c.id == workload.id)
            .values(**asdict(workload))
        )
        if (await self._connection.execute(statement)).rowcount == 0:
            raise WorkloadNotFound("This workload does not exist.")

    @override
    async def list(
        self, reach: Reach, page: PageRequest, *, project: str | None
    ) -> Page[WorkloadRecord]:
        query = select(workloads).where(workloads.c.tenant_id == self._tenant_id)
        place = workloads.c.environment_id
        for condition in _conditions(workloads, place, reach, project):
            query = query.where(condition)
        result = await self._connection.execute(BY_NAMES.select(query, page))
        return BY_NAMES.page(result.mappings().all(), page, _workload)

    @override
    async def of_project(self, project_id: UUID) -> Sequence[WorkloadRecord]:
        query = (
            select(workloads)
            .where(workloads.c.tenant_id == self._tenant_id)
            .where(workloads.c.project_id == project_id)
        )
        rows = (await self._connection.execute(query)).mappings()
        return [_workload(row) for row in rows]

    @override
    async def remove(self, workload_id: UUID) -> None:
        for table, column in (
            (replicas, replicas.c.workload_id),
            (releases, releases.c.workload_id),
            (workloads, workloads.c.id),
        ):
            await self._connection.execute(
                table.delete()
                .where(table.c.tenant_id == self._tenant_id)
                .where(column == workload_id)
            )


class SqlFleet(Fleet):
    """Reads the workloads of all tenants."""

    def __init__(self, all_tenants: AllTenants) -> None:
        """Read through a connection that sees them."""
        self._connection = all_tenants.connection

    @override
    async def berths(self) -> Sequence[Berth]:
        query = select(workloads.c.tenant_id, workloads.c.id, workloads.c.port)
        return [
            Berth(tenant_id=TenantId(tenant_id), workload_id=workload_id, port=port)
            for tenant_id, workload_id, port in await self._connection.execute(query)
        ]


def _conditions(
    table: Table, place: ColumnElement[Any], reach: Reach, project: str | None
) -> list[ColumnElement[bool]]:
    conditions = [reached(reach, project=table.c.project_id, environment=place)]
    if project is not None:
        try:
            conditions.append(table.c.project_id == UUID(project))
        except ValueError:
            conditions.append(table.c.project == project)
    return conditions


_ENVIRONMENT = [field.name for field in fields(Environment)]
_WORKLOAD = [field.name for field in fields(WorkloadRecord)]


def _environment(row: RowMapping) -> Environment:
    return Environment(**{name: row[name] for name in _ENVIRONMENT})


def _workload(row: RowMapping) -> WorkloadRecord:
    values = {name: row[name] for name in _WORKLOAD}
    return WorkloadRecord(**{**values, "state": WorkloadState(row["state"])})
