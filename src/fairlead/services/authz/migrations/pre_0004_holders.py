"""Let who holds a role in a scope be found by name, page by page."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_index(
        "ix_authz_bindings_holders",
        "authz_bindings",
        ["tenant_id", "role", "scope", "principal_name", "principal_id"],
    )
    op.drop_index("ix_authz_bindings_role", "authz_bindings")
