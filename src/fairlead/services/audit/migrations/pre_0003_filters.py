"""Keep the trace id and how digests are made; index what lists are narrowed by."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

FORMER = ("action", "actor", "outcome", "target")
FILTERED = (
    "request_id",
    "trace_id",
    "target",
    "address",
    "actor",
    "scope",
    "action",
    "outcome",
)


def upgrade() -> None:
    """Entries that are there keep their digests: they are of format 1."""
    op.add_column(
        "audit_entries",
        sa.Column("trace_id", sa.String(64), nullable=False, server_default=""),
    )
    op.add_column(
        "audit_entries",
        sa.Column("format", sa.Integer(), nullable=False, server_default="1"),
    )
    for column in FORMER:
        op.drop_index(f"ix_audit_entries_tenant_id_{column}", "audit_entries")
    for column in FILTERED:
        op.create_index(
            f"ix_audit_entries_tenant_id_{column}_at",
            "audit_entries",
            ["tenant_id", column, "at", "sequence"],
        )
    op.create_index(
        "ix_audit_entries_tenant_id_at",
        "audit_entries",
        ["tenant_id", "at", "sequence"],
    )
