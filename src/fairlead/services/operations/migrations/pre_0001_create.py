"""Create the table of operations."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

TABLE = "operations_operations"


def upgrade() -> None:
    """Create it."""
    op.create_table(
        TABLE,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(100), nullable=False),
        sa.Column("subject", sa.String(300), nullable=False),
        sa.Column("scope", sa.String(200), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Uuid()),
        sa.Column("environment_id", sa.Uuid()),
        sa.Column("parent_id", sa.Uuid()),
        sa.Column("feed_id", sa.Uuid(), nullable=False),
        sa.Column("requester_id", sa.Uuid(), nullable=False),
        sa.Column("requester_name", sa.String(200), nullable=False),
        sa.Column("requester_kind", sa.String(20), nullable=False),
        sa.Column("argument", sa.JSON()),
        sa.Column("result", sa.JSON()),
        sa.Column("error_code", sa.String(100)),
        sa.Column("error_message", sa.Text()),
        sa.Column("cancel_requested", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True)),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name=f"pk_{TABLE}"),
    )
    _index("created_at", "tenant_id", "created_at", "id")
    _index("project_id", "tenant_id", "project_id", "created_at", "id")
    _index("state", "tenant_id", "state", "created_at", "id")
    _index("kind", "tenant_id", "kind", "created_at", "id")
    _index("unended", "id", where="ended_at IS NULL")
    _index("parent_id", "parent_id", where="parent_id IS NOT NULL")


def _index(name: str, *columns: str, where: str | None = None) -> None:
    condition = None if where is None else sa.text(where)
    op.create_index(
        f"ix_{TABLE}_{name}",
        TABLE,
        list(columns),
        sqlite_where=condition,
        postgresql_where=condition,
    )
