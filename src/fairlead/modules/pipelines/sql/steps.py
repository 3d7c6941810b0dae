"""Steps and their executions in a relational database."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Column,
    ColumnElement,
    RowMapping,
    Select,
    Table,
    and_,
    bindparam,
    select,
)
from typing_extensions import override

from fairlead.adapters.sql.connection import Connection
from fairlead.kernel.principal import TenantId
from fairlead.modules.pipelines.domain.records import (
    Execution,
    StepRecord,
)
from fairlead.modules.pipelines.ports import StepStore
from fairlead.modules.pipelines.public import RunNotFound, State
from fairlead.modules.pipelines.sql.tables import (
    columns_of,
    executions,
    steps,
    values_of,
)


def _same(table: Table, step: Column[Any]) -> ColumnElement[bool]:
    return and_(
        table.c.tenant_id == bindparam("the_tenant"),
        table.c.run_id == bindparam("the_run"),
        table.c.stage == bindparam("the_stage"),
        step == bindparam("the_step"),
    )


def _changed(names: tuple[str, ...]) -> dict[str, Any]:
    return {name: bindparam(f"new_{name}") for name in names}


# What every step needs a few times is built once: building costs more than running.
_STEP_CHANGES = (
    "state",
    "exit_code",
    "attempts",
    "started_at",
    "ended_at",
    "isolation",
    "reason",
)
_ATTEMPT_CHANGES = ("state", "ended_at", "exit_code", "reason")
_STEP = _same(steps, steps.c.name)
_ATTEMPT = _same(executions, executions.c.step)
_LAY = steps.insert()
_ONE_STEP = select(*columns_of(steps)).where(_STEP)
_SAVE_STEP = steps.update().where(_STEP).values(_changed(_STEP_CHANGES))
_ATTEMPTS = (
    select(*columns_of(executions)).where(_ATTEMPT).order_by(executions.c.number)
)
_SAVE_ATTEMPT = (
    executions.update()
    .where(_ATTEMPT, executions.c.number == bindparam("the_number"))
    .values(_changed(_ATTEMPT_CHANGES))
)


class SqlStepStore(StepStore):
    """Reads and writes `pipelines_steps` and `pipelines_executions`."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        """Keep the steps of `tenant_id`."""
        self._connection = connection
        self._tenant_id = tenant_id

    @override
    async def lay(self, steps: Sequence[StepRecord]) -> None:
        mine = {"tenant_id": self._tenant_id}
        rows = [values_of(step) | mine for step in steps]
        if rows:
            await self._connection.execute_many(_LAY, rows)

    @override
    async def of_run(self, run_id: UUID) -> tuple[StepRecord, ...]:
        query = self._steps(run_id).order_by(steps.c.position)
        return tuple(
            _step(row) for row in (await self._connection.execute(query)).mappings()
        )

    @override
    async def get(self, run_id: UUID, stage: str, name: str) -> StepRecord:
        asked = self._key(run_id, stage, name)
        found = await self._connection.execute(_ONE_STEP, asked)
        row = found.mappings().one_or_none()
        if row is None:
            raise RunNotFound(f"The run has no step {stage}/{name}.", run=str(run_id))
        return _step(row)

    @override
    async def save(self, step: StepRecord) -> None:
        asked = self._key(step.run_id, step.stage, step.name)
        changes = {f"new_{name}": getattr(step, name) for name in _STEP_CHANGES}
        await self._connection.execute(_SAVE_STEP, asked | changes)

    @override
    async def executions(
        self, run_id: UUID, stage: str, step: str
    ) -> tuple[Execution, ...]:
        asked = self._key(run_id, stage, step)
        rows = (await self._connection.execute(_ATTEMPTS, asked)).mappings()
        return tuple(Execution(**{**row, "state": State(row["state"])}) for row in rows)

    @override
    async def add_execution(self, execution: Execution) -> None:
        values = values_of(execution) | {"tenant_id": self._tenant_id}
        await self._connection.execute(executions.insert(), values)

    @override
    async def save_execution(self, execution: Execution) -> None:
        asked = self._key(execution.run_id, execution.stage, execution.step)
        changes = {f"new_{name}": getattr(execution, name) for name in _ATTEMPT_CHANGES}
        asked["the_number"] = execution.number
        await self._connection.execute(_SAVE_ATTEMPT, asked | changes)

    def _key(self, run_id: UUID, stage: str, step: str) -> dict[str, Any]:
        return {
            "the_tenant": self._tenant_id,
            "the_run": run_id,
            "the_stage": stage,
            "the_step": step,
        }

    def _steps(self, run_id: UUID) -> Select[*tuple[Any, ...]]:
        return select(*columns_of(steps)).where(
            steps.c.tenant_id == self._tenant_id, steps.c.run_id == run_id
        )


def _step(row: RowMapping) -> StepRecord:
    return StepRecord(**{**row, "state": State(row["state"])})
