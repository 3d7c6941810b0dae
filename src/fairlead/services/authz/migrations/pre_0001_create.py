"""Create the tables of authz."""

import sqlalchemy as sa
from alembic import op

from fairlead.adapters.sql.types import UtcDateTime

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "authz_bindings",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("principal_id", sa.Uuid, nullable=False),
        sa.Column("principal_name", sa.String(63), nullable=False),
        sa.Column("role", sa.String(63), nullable=False),
        sa.Column("scope", sa.String(140), nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_authz_bindings"),
        sa.UniqueConstraint(
            "tenant_id",
            "principal_id",
            "role",
            "scope",
            name="uq_authz_bindings_tenant_id_principal_id_role_scope",
        ),
    )
    op.create_index(
        "ix_authz_bindings_role", "authz_bindings", ["tenant_id", "role", "scope"]
    )
    op.create_table(
        "authz_versions",
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", name="pk_authz_versions"),
    )
