"""Runs, steps, executions and artifacts in a relational database."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any
from uuid import UUID

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    RowMapping,
    Select,
    String,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    func,
    select,
)
from typing_extensions import override

from fairlead.adapters.sql.connection import Connection
from fairlead.adapters.sql.paging import Keyset
from fairlead.adapters.sql.tables import metadata
from fairlead.adapters.sql.types import UtcDateTime
from fairlead.kernel.paging import Page, PageRequest
from fairlead.kernel.principal import TenantId
from fairlead.modules.pipelines.domain.plan import Plan
from fairlead.modules.pipelines.domain.records import (
    Execution,
    Record,
    StepRecord,
    StoredArtifact,
)
from fairlead.modules.pipelines.ports import ArtifactStore, RunStore, StepStore
from fairlead.modules.pipelines.public import Artifact, RunNotFound, State
from fairlead.services.authz.public import Reach

runs = Table(
    "pipelines_runs",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("tenant_id", Uuid, nullable=False),
    Column("project_id", Uuid, nullable=False),
    Column("project", String(63), nullable=False),
    Column("number", Integer, nullable=False),
    Column("repository", Text, nullable=False),
    Column("wanted", String(255), nullable=False),
    Column("state", String(16), nullable=False),
    Column("revision", String(255), nullable=False),
    Column("requested_by", String(200), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("commit", String(64), nullable=False),
    Column("title", Text, nullable=False),
    Column("started_at", UtcDateTime),
    Column("ended_at", UtcDateTime),
    Column("reason", Text, nullable=False),
    Column("failed_stage", String(16), nullable=False),
    Column("urls", JSON, nullable=False),
    Column("plan", JSON(none_as_null=True)),
    UniqueConstraint("tenant_id", "project_id", "number"),
    Index("ix_pipelines_runs_newest", "tenant_id", "id"),
)
steps = Table(
    "pipelines_steps",
    metadata,
    Column("run_id", Uuid, primary_key=True),
    Column("stage", String(16), primary_key=True),
    Column("name", String(63), primary_key=True),
    Column("tenant_id", Uuid, nullable=False),
    Column("job", String(80), nullable=False),
    Column("position", Integer, nullable=False),
    Column("state", String(16), nullable=False),
    Column("exit_code", Integer),
    Column("attempts", Integer, nullable=False),
    Column("started_at", UtcDateTime),
    Column("ended_at", UtcDateTime),
    Column("isolation", String(32), nullable=False),
    Column("reason", Text, nullable=False),
)
executions = Table(
    "pipelines_executions",
    metadata,
    Column("run_id", Uuid, primary_key=True),
    Column("stage", String(16), primary_key=True),
    Column("step", String(63), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("tenant_id", Uuid, nullable=False),
    Column("key", String(255), nullable=False),
    Column("state", String(16), nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Column("exit_code", Integer),
    Column("isolation", String(32), nullable=False),
    Column("reason", Text, nullable=False),
)
artifacts = Table(
    "pipelines_artifacts",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("tenant_id", Uuid, nullable=False),
    Column("run_id", Uuid, nullable=False),
    Column("name", String(63), nullable=False),
    Column("type", String(16), nullable=False),
    Column("filename", String(255), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("digest", String(80), nullable=False),
    Column("executable", Boolean, nullable=False),
    Index("ix_pipelines_artifacts_of_run", "tenant_id", "run_id", "name"),
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
        if not reach.everywhere:
            query = query.where(runs.c.project_id.in_(sorted(reach.projects)))
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


class SqlStepStore(StepStore):
    """Reads and writes `pipelines_steps` and `pipelines_executions`."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        """Keep the steps of `tenant_id`."""
        self._connection = connection
        self._tenant_id = tenant_id

    @override
    async def lay(self, steps: Sequence[StepRecord]) -> None:
        mine = {"tenant_id": self._tenant_id}
        rows = [_values(step) | mine for step in steps]
        if rows:
            await self._connection.execute_many(_STEPS.insert(), rows)

    @override
    async def of_run(self, run_id: UUID) -> tuple[StepRecord, ...]:
        query = self._steps(run_id).order_by(steps.c.position)
        return tuple(
            _step(row) for row in (await self._connection.execute(query)).mappings()
        )

    @override
    async def get(self, run_id: UUID, stage: str, name: str) -> StepRecord:
        query = self._steps(run_id).where(steps.c.stage == stage, steps.c.name == name)
        row = (await self._connection.execute(query)).mappings().one_or_none()
        if row is None:
            raise RunNotFound(f"The run has no step {stage}/{name}.", run=str(run_id))
        return _step(row)

    @override
    async def save(self, step: StepRecord) -> None:
        await self._connection.execute(
            steps.update()
            .where(
                steps.c.tenant_id == self._tenant_id,
                steps.c.run_id == step.run_id,
                steps.c.stage == step.stage,
                steps.c.name == step.name,
            )
            .values(_values(step))
        )

    @override
    async def executions(
        self, run_id: UUID, stage: str, step: str
    ) -> tuple[Execution, ...]:
        query = (
            select(*_of(executions))
            .where(
                executions.c.tenant_id == self._tenant_id,
                executions.c.run_id == run_id,
                executions.c.stage == stage,
                executions.c.step == step,
            )
            .order_by(executions.c.number)
        )
        rows = (await self._connection.execute(query)).mappings()
        return tuple(Execution(**{**row, "state": State(row["state"])}) for row in rows)

    @override
    async def add_execution(self, execution: Execution) -> None:
        values = _values(execution) | {"tenant_id": self._tenant_id}
        await self._connection.execute(executions.insert(), values)

    @override
    async def save_execution(self, execution: Execution) -> None:
        await self._connection.execute(
            executions.update()
            .where(
                executions.c.tenant_id == self._tenant_id,
                executions.c.run_id == execution.run_id,
                executions.c.stage == execution.stage,
                executions.c.step == execution.step,
                executions.c.number == execution.number,
            )
            .values(_values(execution))
        )

    def _steps(self, run_id: UUID) -> Select[*tuple[Any, ...]]:
        return select(*_of(steps)).where(
            steps.c.tenant_id == self._tenant_id, steps.c.run_id == run_id
        )


class SqlArtifactStore(ArtifactStore):
    """Reads and writes `pipelines_artifacts`."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        """Keep the artifacts of `tenant_id`."""
        self._connection = connection
        self._tenant_id = tenant_id

    @override
    async def add(self, artifact: StoredArtifact) -> None:
        mine = artifacts.c.tenant_id == self._tenant_id
        same = artifacts.c.id == artifact.artifact.id
        await self._connection.execute(artifacts.delete().where(mine, same))
        values = _values(artifact.artifact) | {
            "tenant_id": self._tenant_id,
            "run_id": artifact.run_id,
            "executable": artifact.executable,
        }
        await self._connection.execute(artifacts.insert(), values)

    @override
    async def of_run(self, run_id: UUID) -> tuple[StoredArtifact, ...]:
        query = (
            select(artifacts)
            .where(
                artifacts.c.tenant_id == self._tenant_id, artifacts.c.run_id == run_id
            )
            .order_by(artifacts.c.name)
        )
        rows = (await self._connection.execute(query)).mappings()
        return tuple(_artifact(row) for row in rows)


_STEPS = steps


def _of(table: Table) -> list[Column[Any]]:
    return [column for column in table.c if column.name != "tenant_id"]


def _values(value: Any) -> dict[str, Any]:
    values = {field.name: getattr(value, field.name) for field in fields(value)}
    if "state" in values:
        values["state"] = values["state"].value
    return values


def _run_values(record: Record) -> dict[str, Any]:
    plan = None if record.plan is None else record.plan.to_json()
    return _values(record) | {"urls": list(record.urls), "plan": plan}


def _record(row: RowMapping) -> Record:
    values = dict(row)
    plan = values.pop("plan", None)
    return Record(
        **{**values, "state": State(values["state"]), "urls": tuple(values["urls"])},
        plan=None if plan is None else Plan.from_json(plan),
    )


def _step(row: RowMapping) -> StepRecord:
    return StepRecord(**{**row, "state": State(row["state"])})


def _artifact(row: RowMapping) -> StoredArtifact:
    known = {field.name for field in fields(Artifact)}
    return StoredArtifact(
        run_id=row["run_id"],
        artifact=Artifact(**{key: row[key] for key in known}),
        executable=row["executable"],
    )
