"""Give users addresses and preferences; let service accounts be users."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

TABLE = "identity_users"


def upgrade() -> None:
    """Add the columns; users from before have no address and a password."""
    op.add_column(TABLE, sa.Column("email", sa.String(254)))
    no = sa.false()
    for name in ("email_verified", "service"):
        op.add_column(
            TABLE, sa.Column(name, sa.Boolean(), nullable=False, server_default=no)
        )
    for name, length in (("locale", 16), ("time_zone", 64)):
        op.add_column(
            TABLE,
            sa.Column(name, sa.String(length), nullable=False, server_default=""),
        )
    op.create_index(
        "uq_identity_users_email", TABLE, ["tenant_id", "email"], unique=True
    )
