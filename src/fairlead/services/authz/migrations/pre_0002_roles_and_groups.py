"""Keep own roles and groups; let groups have roles; say what scopes lie in."""

from uuid import UUID

import sqlalchemy as sa
from alembic import op

from fairlead.adapters.sql.types import UtcDateTime

revision = "0002"
down_revision = "0001"

BINDINGS = "authz_bindings"
INDEXES = {
    "ix_authz_bindings_name": (),
    "ix_authz_bindings_in_role": ("role",),
    "ix_authz_bindings_in_scope": ("scope",),
}


def upgrade() -> None:
    """Create the tables; the bindings from before are those of users."""
    kind = sa.Column(
        "principal_kind", sa.String(10), nullable=False, server_default="user"
    )
    op.add_column(BINDINGS, kind)
    for name in ("project_id", "environment_id"):
        op.add_column(BINDINGS, sa.Column(name, sa.Uuid()))
    _place_bindings()
    for name, columns in INDEXES.items():
        op.create_index(name, BINDINGS, ["tenant_id", *columns, "principal_name", "id"])
    _create_roles()
    _create_groups()


def _place_bindings() -> None:
    """Write down the ids that each scope names: /projects/ID/environments/ID."""
    table = sa.table(
        BINDINGS,
        sa.column("scope", sa.String()),
        sa.column("project_id", sa.Uuid()),
        sa.column("environment_id", sa.Uuid()),
    )
    bind = op.get_bind()
    query = sa.select(table.c.scope).where(table.c.scope != "/").distinct()
    for scope in bind.execute(query).scalars().all():
        ids = [UUID(part) for part in scope.split("/")[2::2]]
        project, environment = [*ids, None][:2]
        bind.execute(
            table.update()
            .where(table.c.scope == scope)
            .values(project_id=project, environment_id=environment)
        )


def _create_roles() -> None:
    op.create_table(
        "authz_roles",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("summary", sa.String(200), nullable=False),
        sa.Column("permissions", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "name", name="pk_authz_roles"),
    )
    op.create_table(
        "authz_role_includes",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(40), nullable=False),
        sa.Column("included", sa.String(40), nullable=False),
        sa.PrimaryKeyConstraint(
            "tenant_id", "role", "included", name="pk_authz_role_includes"
        ),
    )


def _create_groups() -> None:
    op.create_table(
        "authz_groups",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("summary", sa.String(200), nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_authz_groups"),
        sa.UniqueConstraint("tenant_id", "name", name="uq_authz_groups_tenant_id_name"),
    )
    op.create_table(
        "authz_members",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("user_name", sa.String(63), nullable=False),
        sa.Column("since", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint(
            "tenant_id", "group_id", "user_id", name="pk_authz_members"
        ),
    )
    op.create_index(
        "ix_authz_members_user", "authz_members", ["tenant_id", "user_id", "group_id"]
    )
    op.create_index(
        "ix_authz_members_name",
        "authz_members",
        ["tenant_id", "group_id", "user_name", "user_id"],
    )
