"""Create the tables of environments, workloads, releases and replicas."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create them."""
    _environments()
    _workloads()
    _releases()


def _environments() -> None:
    op.create_table(
        "environments_environments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("project", sa.String(63), nullable=False),
        sa.Column("name", sa.String(63), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_environments_environments"),
        sa.UniqueConstraint(
            "project_id", "name", name="uq_environments_environments_project_id_name"
        ),
    )
    op.create_index(
        "ix_environments_environments_names",
        "environments_environments",
        ["tenant_id", "project", "name"],
    )


def _workloads() -> None:
    op.create_table(
        "environments_workloads",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("project", sa.String(63), nullable=False),
        sa.Column("environment_id", sa.Uuid(), nullable=False),
        sa.Column("environment", sa.String(63), nullable=False),
        sa.Column("name", sa.String(63), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("port", sa.Integer(), nullable=False),
        sa.Column("release", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("run_number", sa.Integer(), nullable=False),
        sa.Column("replicas", sa.Integer(), nullable=False),
        sa.Column("restarts", sa.Integer(), nullable=False),
        sa.Column("starts", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("holder", sa.Uuid(), nullable=True),
        sa.Column("output_start", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_environments_workloads"),
        sa.UniqueConstraint(
            "environment_id",
            "name",
            name="uq_environments_workloads_environment_id_name",
        ),
    )
    op.create_index(
        "ix_environments_workloads_names",
        "environments_workloads",
        ["tenant_id", "project", "environment", "name"],
    )
    op.create_index(
        "ix_environments_workloads_project_id", "environments_workloads", ["project_id"]
    )


def _releases() -> None:
    op.create_table(
        "environments_releases",
        sa.Column("workload_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("run_number", sa.Integer(), nullable=False),
        sa.Column("deployment", sa.Uuid(), nullable=False),
        sa.Column("specification", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint(
            "workload_id", "number", name="pk_environments_releases"
        ),
    )
    op.create_table(
        "environments_replicas",
        sa.Column("key", sa.String(200), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("workload_id", sa.Uuid(), nullable=False),
        sa.Column("release", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("port", sa.Integer(), nullable=False),
        sa.Column("deployment", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_environments_replicas"),
    )
    op.create_index(
        "ix_environments_replicas_workload_id", "environments_replicas", ["workload_id"]
    )
