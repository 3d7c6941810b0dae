"""Remember where sessions were used, and when."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

TABLE = "auth_sessions"


def upgrade() -> None:
    """Add the columns; sessions begun before say nothing."""
    op.add_column(TABLE, sa.Column("used_at", sa.DateTime(timezone=True)))
    for name, length in (("address", 64), ("user_agent", 256)):
        column = sa.Column(name, sa.String(length), nullable=False, server_default="")
        op.add_column(TABLE, column)
