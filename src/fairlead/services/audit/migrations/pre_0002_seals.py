"""Create the seals of the trail's heads, and refuse to replace entries."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create `audit_seals`; PostgreSQL's guard refuses replacing already."""
    op.create_table(
        "audit_seals",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("mac", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", name="pk_audit_seals"),
    )
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE TRIGGER audit_entries_no_replace BEFORE INSERT ON audit_entries "
            "WHEN EXISTS (SELECT 1 FROM audit_entries WHERE "
            "tenant_id = NEW.tenant_id "
            "AND (sequence = NEW.sequence OR id = NEW.id)) BEGIN "
            "SELECT RAISE(ABORT, 'audit_entries is append-only'); END"
        )
