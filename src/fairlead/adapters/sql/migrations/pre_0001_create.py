"""Create the tables of the platform: outbox, deliveries, inbox, request keys."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

POSITION = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Create them."""
    op.create_table(
        "platform_outbox",
        sa.Column("position", POSITION, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("topic", sa.String(100), nullable=False),
        sa.Column("aggregate", sa.String(200), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("position", name="pk_platform_outbox"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "platform_deliveries",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("position", POSITION, nullable=False),
        sa.Column("subscriber", sa.String(100), nullable=False),
        sa.PrimaryKeyConstraint(
            "position", "subscriber", name="pk_platform_deliveries"
        ),
    )
    op.create_table(
        "platform_inbox",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("delivery_id", sa.Uuid(), nullable=False),
        sa.Column("subscriber", sa.String(100), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("delivery_id", "subscriber", name="pk_platform_inbox"),
    )
    op.create_index("ix_platform_inbox_at", "platform_inbox", ["at"])
    op.create_table(
        "platform_idempotency_keys",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("caller", sa.String(200), nullable=False),
        sa.Column("action", sa.String(100), nullable=False),
        sa.Column("key", sa.String(255), nullable=False),
        sa.Column("digest", sa.String(100), nullable=False),
        sa.Column("work_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint(
            "tenant_id", "caller", "action", "key", name="pk_platform_idempotency_keys"
        ),
    )
    op.create_index(
        "ix_platform_idempotency_keys_at", "platform_idempotency_keys", ["at"]
    )
