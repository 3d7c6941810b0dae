"""Create the tables of identity."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "identity_users",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(63), nullable=False),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("password_hash", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_identity_users"),
        sa.UniqueConstraint(
            "tenant_id", "name", name="uq_identity_users_tenant_id_name"
        ),
    )
    op.create_table(
        "identity_failures",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("account", sa.String(63), nullable=False),
        sa.Column("address", sa.String(64), nullable=False),
        sa.Column("wrong", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("trusted", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint(
            "tenant_id", "account", "address", name="pk_identity_failures"
        ),
    )
    op.create_index(
        "ix_identity_failures_last_at",
        "identity_failures",
        ["tenant_id", "trusted", "last_at"],
    )
