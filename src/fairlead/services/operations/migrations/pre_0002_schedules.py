"""Create the table of schedules."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

TABLE = "operations_schedules"


def upgrade() -> None:
    """Create it, and what finds the operations that ended long ago."""
    op.create_table(
        TABLE,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("summary", sa.String(300), nullable=False),
        sa.Column("job", sa.Boolean(), nullable=False),
        sa.Column("kind", sa.String(100), nullable=False),
        sa.Column("argument", sa.JSON()),
        sa.Column("subject", sa.String(300), nullable=False),
        sa.Column("scope", sa.String(200), nullable=False),
        sa.Column("project_id", sa.Uuid()),
        sa.Column("cron", sa.String(200), nullable=False),
        sa.Column("time_zone", sa.String(100), nullable=False),
        sa.Column("jitter_seconds", sa.Integer(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("owner_name", sa.String(200), nullable=False),
        sa.Column("owner_kind", sa.String(20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_tick", sa.DateTime(timezone=True)),
        sa.Column("due_at", sa.DateTime(timezone=True)),
        sa.Column("last_tick", sa.DateTime(timezone=True)),
        sa.Column("last_operation_id", sa.Uuid()),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("pause_reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=f"pk_{TABLE}"),
        sa.UniqueConstraint("tenant_id", "name", name=f"uq_{TABLE}_tenant_id"),
    )
    op.create_index(f"ix_{TABLE}_due_at", TABLE, ["due_at"])
    op.create_index(
        "ix_operations_operations_ended_at",
        "operations_operations",
        ["tenant_id", "ended_at"],
        sqlite_where=sa.text("ended_at IS NOT NULL"),
        postgresql_where=sa.text("ended_at IS NOT NULL"),
    )
