"""The tables of environments."""

from sqlalchemy import (
    JSON,
    BigInteger,
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

environments = Table(
    "environments_environments",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("tenant_id", Uuid, nullable=False),
    Column("project_id", Uuid, nullable=False),
    Column("project", String(63), nullable=False),
    Column("name", String(63), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    UniqueConstraint("project_id", "name"),
)
Index(
    "ix_environments_environments_names",
    environments.c.tenant_id,
    environments.c.project,
    environments.c.name,
)

workloads = Table(
    "environments_workloads",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("tenant_id", Uuid, nullable=False),
    Column("project_id", Uuid, nullable=False),
    Column("project", String(63), nullable=False),
    Column("environment_id", Uuid, nullable=False),
    Column("environment", String(63), nullable=False),
    Column("name", String(63), nullable=False),
    Column("state", String(20), nullable=False),
    Column("port", Integer, nullable=False),
    Column("release", Integer, nullable=False),
    Column("run_id", Uuid, nullable=False),
    Column("run_number", Integer, nullable=False),
    Column("replicas", Integer, nullable=False),
    Column("restarts", Integer, nullable=False),
    Column("starts", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    Column("holder", Uuid, nullable=True),
    Column("output_start", BigInteger, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    UniqueConstraint("environment_id", "name"),
)
Index(
    "ix_environments_workloads_names",
    workloads.c.tenant_id,
    workloads.c.project,
    workloads.c.environment,
    workloads.c.name,
)
Index("ix_environments_workloads_project_id", workloads.c.project_id)

releases = Table(
    "environments_releases",
    metadata,
    Column("workload_id", Uuid, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("tenant_id", Uuid, nullable=False),
    Column("run_id", Uuid, nullable=False),
    Column("run_number", Integer, nullable=False),
    Column("deployment", Uuid, nullable=False),
    Column("specification", JSON, nullable=False),
    Column("state", String(20), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)

replicas = Table(
    "environments_replicas",
    metadata,
    Column("key", String(200), primary_key=True),
    Column("tenant_id", Uuid, nullable=False),
    Column("workload_id", Uuid, nullable=False),
    Column("release", Integer, nullable=False),
    Column("number", Integer, nullable=False),
    Column("start", Integer, nullable=False),
    Column("port", Integer, nullable=False),
    Column("deployment", Uuid, nullable=False),
    Column("state", String(20), nullable=False),
)
Index("ix_environments_replicas_workload_id", replicas.c.workload_id)
