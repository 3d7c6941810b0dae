"""The tables of this service."""

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    and_,
)

from fairlead.adapters.sql.tables import metadata
from fairlead.adapters.sql.types import UtcDateTime

operations = Table(
    "operations_operations",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("tenant_id", Uuid, nullable=False),
    Column("kind", String(100), nullable=False),
    Column("subject", String(300), nullable=False),
    Column("scope", String(200), nullable=False),
    Column("state", String(20), nullable=False),
    Column("priority", Integer, nullable=False),
    Column("project_id", Uuid),
    Column("environment_id", Uuid),
    Column("parent_id", Uuid),
    Column("feed_id", Uuid, nullable=False),
    Column("requester_id", Uuid, nullable=False),
    Column("requester_name", String(200), nullable=False),
    Column("requester_kind", String(20), nullable=False),
    Column("argument", JSON(none_as_null=True)),
    Column("result", JSON(none_as_null=True)),
    Column("error_code", String(100)),
    Column("error_message", Text),
    Column("cancel_requested", Boolean, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("started_at", UtcDateTime),
    Column("ended_at", UtcDateTime),
    Column("feed_place", String(10), nullable=False, server_default="here"),
)
NEWEST = (operations.c.created_at, operations.c.id)
Index("ix_operations_operations_created_at", operations.c.tenant_id, *NEWEST)
Index(
    "ix_operations_operations_project_id",
    operations.c.tenant_id,
    operations.c.project_id,
    *NEWEST,
)
Index(
    "ix_operations_operations_state",
    operations.c.tenant_id,
    operations.c.state,
    *NEWEST,
)
Index(
    "ix_operations_operations_kind",
    operations.c.tenant_id,
    operations.c.kind,
    *NEWEST,
)
Index(
    "ix_operations_operations_unended",
    operations.c.id,
    sqlite_where=operations.c.ended_at.is_(None),
)
Index(
    "ix_operations_operations_parent_id",
    operations.c.parent_id,
    sqlite_where=operations.c.parent_id.is_not(None),
)
Index(
    "ix_operations_operations_ended_at",
    operations.c.tenant_id,
    operations.c.ended_at,
    sqlite_where=operations.c.ended_at.is_not(None),
)
_own_feed = and_(
    operations.c.feed_id == operations.c.id, operations.c.ended_at.is_not(None)
)
Index(
    "ix_operations_operations_feed_place",
    operations.c.feed_place,
    operations.c.ended_at,
    operations.c.id,
    sqlite_where=_own_feed,
)
one_name = UniqueConstraint(
    "tenant_id", "name", name="uq_operations_schedules_tenant_id"
)
schedules = Table(
    "operations_schedules",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("tenant_id", Uuid, nullable=False),
    Column("name", String(100), nullable=False),
    Column("summary", String(300), nullable=False),
    Column("job", Boolean, nullable=False),
    Column("kind", String(100), nullable=False),
    Column("argument", JSON(none_as_null=True)),
    Column("subject", String(300), nullable=False),
    Column("scope", String(200), nullable=False),
    Column("project_id", Uuid),
    Column("cron", String(200), nullable=False),
    Column("time_zone", String(100), nullable=False),
    Column("jitter_seconds", Integer, nullable=False),
    Column("owner_id", Uuid, nullable=False),
    Column("owner_name", String(200), nullable=False),
    Column("owner_kind", String(20), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("next_tick", UtcDateTime),
    Column("due_at", UtcDateTime),
    Column("last_tick", UtcDateTime),
    Column("last_operation_id", Uuid),
    Column("note", Text, nullable=False),
    Column("pause_reason", Text, nullable=False),
    one_name,
)
Index("ix_operations_schedules_due_at", schedules.c.due_at)
