"""Keep the permission bits of artifacts."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the column; what was stored before has none."""
    op.add_column("pipelines_artifacts", sa.Column("mode", sa.Integer()))
