"""Create the table of API keys."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

TABLE = "auth_api_keys"


def upgrade() -> None:
    """Add the table, and what finds keys and lists them."""
    moment = sa.DateTime(timezone=True)
    op.create_table(
        TABLE,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("owner_name", sa.String(63), nullable=False),
        sa.Column("name", sa.String(63), nullable=False),
        sa.Column("prefix", sa.String(10), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("projects", sa.Text(), nullable=False),
        sa.Column("networks", sa.Text(), nullable=False),
        sa.Column("per_minute", sa.Integer(), nullable=False),
        sa.Column("at_once", sa.Integer(), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("expires_at", moment, nullable=False),
        sa.Column("previous_digest", sa.String(64), nullable=False),
        sa.Column("previous_until", moment, nullable=True),
        sa.Column("used_at", moment, nullable=True),
        sa.Column("used_address", sa.String(64), nullable=False),
        sa.Column("revoked_at", moment, nullable=True),
        sa.PrimaryKeyConstraint("id", name=f"pk_{TABLE}"),
        sa.UniqueConstraint("tenant_id", "prefix", name=f"uq_{TABLE}_tenant_id_prefix"),
    )
    newest = ["created_at", "id"]
    op.create_index(f"ix_{TABLE}_created_at", TABLE, ["tenant_id", *newest])
    op.create_index(f"ix_{TABLE}_owner_id", TABLE, ["tenant_id", "owner_id", *newest])
