"""The tables of runs, steps, executions and artifacts."""

from dataclasses import fields
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)

from fairlead.adapters.sql.tables import metadata
from fairlead.adapters.sql.types import UtcDateTime

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
    Column("priority", Integer, nullable=False, server_default="5"),
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
    Column("mode", Integer),
    Index("ix_pipelines_artifacts_of_run", "tenant_id", "run_id", "name"),
)


def columns_of(table: Table) -> list[Column[Any]]:
    """Return what a row of `table` says, without whose it is."""
    return [column for column in table.c if column.name != "tenant_id"]


def values_of(value: Any) -> dict[str, Any]:
    """Return a frozen value as the columns of its row, its state as text."""
    values = {field.name: getattr(value, field.name) for field in fields(value)}
    if "state" in values:
        values["state"] = values["state"].value
    return values
