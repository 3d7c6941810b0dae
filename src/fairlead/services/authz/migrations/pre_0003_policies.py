"""Create the table of policies."""

import sqlalchemy as sa
from alembic import op

from fairlead.adapters.sql.types import UtcDateTime

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "authz_policies",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("name", sa.String(63), nullable=False),
        sa.Column("summary", sa.String(200), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("permissions", sa.JSON, nullable=False),
        sa.Column("enabled", sa.Boolean, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("updated_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_authz_policies"),
        sa.UniqueConstraint(
            "tenant_id", "name", name="uq_authz_policies_tenant_id_name"
        ),
    )
