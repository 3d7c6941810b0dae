"""Create the tables of auth."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "auth_sessions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("user_name", sa.String(63), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("expires_at", moment, nullable=False),
        sa.Column("ended_at", moment, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_auth_sessions"),
    )
    for column in ("user_id", "ended_at", "expires_at"):
        op.create_index(
            f"ix_auth_sessions_{column}", "auth_sessions", ["tenant_id", column]
        )
    op.create_table(
        "auth_refresh_tokens",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("seal", sa.String(64), nullable=False),
        sa.Column("issued_at", moment, nullable=False),
        sa.Column("spent_at", moment, nullable=True),
        sa.PrimaryKeyConstraint("digest", name="pk_auth_refresh_tokens"),
    )
    op.create_index(
        "ix_auth_refresh_tokens_session_id", "auth_refresh_tokens", ["session_id"]
    )
    op.create_table(
        "auth_keys",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("x", sa.String(43), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_auth_keys"),
    )
    op.create_table(
        "auth_installations",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("stage", sa.String(20), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", name="pk_auth_installations"),
    )
