"""Create the table of the identities of running steps."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

TABLE = "auth_run_identities"


def upgrade() -> None:
    """Add the table, and what finds those of an operation and expired ones."""
    moment = sa.DateTime(timezone=True)
    op.create_table(
        TABLE,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(300), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("operation_id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("project", sa.String(200), nullable=False),
        sa.Column("environment", sa.String(200), nullable=False),
        sa.Column("step", sa.String(300), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("expires_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name=f"pk_{TABLE}"),
        sa.UniqueConstraint("tenant_id", "digest", name=f"uq_{TABLE}_tenant_id_digest"),
        sa.UniqueConstraint("tenant_id", "key", name=f"uq_{TABLE}_tenant_id_key"),
    )
    for column in ("operation_id", "expires_at"):
        op.create_index(f"ix_{TABLE}_{column}", TABLE, ["tenant_id", column])
