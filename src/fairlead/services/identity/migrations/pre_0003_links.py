"""Keep the digests of tokens that were sent."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

TABLE = "identity_links"


def upgrade() -> None:
    """Create the table; no token was sent before."""
    op.create_table(
        TABLE,
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.String(16), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint(
            "tenant_id", "user_id", "purpose", name="pk_identity_links"
        ),
    )
    op.create_index(
        "uq_identity_links_digest", TABLE, ["tenant_id", "digest"], unique=True
    )
    op.create_index("ix_identity_links_expires_at", TABLE, ["tenant_id", "expires_at"])
