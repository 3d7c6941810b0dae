"""The tables of the trail."""

from sqlalchemy import (
    JSON,
    Column,
    Index,
    Integer,
    String,
    Table,
    UniqueConstraint,
    Uuid,
)

from fairlead.adapters.sql.tables import metadata
from fairlead.adapters.sql.types import UtcDateTime

entries = Table(
    "audit_entries",
    metadata,
    Column("tenant_id", Uuid, primary_key=True),
    Column("sequence", Integer, primary_key=True, autoincrement=False),
    Column("id", Uuid, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("actor", String(200), nullable=False),
    Column("actor_id", Uuid, nullable=False),
    Column("actor_kind", String(20), nullable=False),
    Column("address", String(200), nullable=False),
    Column("user_agent", String(500), nullable=False),
    Column("request_id", String(200), nullable=False),
    Column("action", String(200), nullable=False),
    Column("target", String(200), nullable=False),
    Column("scope", String(200), nullable=False),
    Column("outcome", String(20), nullable=False),
    Column("details", JSON, nullable=False),
    Column("previous", String(64), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("trace_id", String(64), nullable=False, server_default=""),
    Column("format", Integer, nullable=False, server_default="1"),
    UniqueConstraint("tenant_id", "id"),
)

# The most telling first: a list looks entries up by the first that is asked for.
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
for _column in FILTERED:
    Index(
        f"ix_audit_entries_tenant_id_{_column}_at",
        entries.c.tenant_id,
        entries.c[_column],
        entries.c.at,
        entries.c.sequence,
    )
Index(
    "ix_audit_entries_tenant_id_at",
    entries.c.tenant_id,
    entries.c.at,
    entries.c.sequence,
)

seals = Table(
    "audit_seals",
    metadata,
    Column("tenant_id", Uuid, primary_key=True),
    Column("sequence", Integer, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("mac", String(64), nullable=False),
)


checkpoints = Table(
    "audit_checkpoints",
    metadata,
    Column("tenant_id", Uuid, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("sequence", Integer, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("key_id", String(64), nullable=False),
    Column("signature", String(128), nullable=False),
    UniqueConstraint("tenant_id", "sequence"),
)
anchors = Table(
    "audit_anchors",
    metadata,
    Column("tenant_id", Uuid, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("sequence", Integer, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("key_id", String(64), nullable=False),
    Column("signature", String(128), nullable=False),
    Column("archive", String(200), nullable=False),
    Column("archive_digest", String(80), nullable=False),
    UniqueConstraint("tenant_id", "sequence"),
)
