"""Keep the priority of runs, for a start that was cut short."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the column; what was started before had the middle one."""
    op.add_column(
        "pipelines_runs",
        sa.Column("priority", sa.Integer(), nullable=False, server_default="5"),
    )
