"""Remember where the feeds of ended operations are kept."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

TABLE = "operations_operations"
OWN = "feed_id = id AND ended_at IS NOT NULL"


def upgrade() -> None:
    """Add the column, and what finds those that are to be moved or removed."""
    op.add_column(
        TABLE,
        sa.Column("feed_place", sa.String(10), nullable=False, server_default="here"),
    )
    op.create_index(
        f"ix_{TABLE}_feed_place",
        TABLE,
        ["feed_place", "ended_at", "id"],
        sqlite_where=sa.text(OWN),
        postgresql_where=sa.text(OWN),
    )
