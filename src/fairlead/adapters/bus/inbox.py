"""The inbox: what a subscriber has handled already."""

from uuid import UUID

from sqlalchemy import Column, Index, String, Table, Uuid
from sqlalchemy.exc import IntegrityError

from fairlead.adapters.sql.connection import Connection
from fairlead.adapters.sql.tables import metadata
from fairlead.adapters.sql.types import UtcDateTime
from fairlead.kernel.clock import Clock
from fairlead.kernel.principal import TenantId

inbox = Table(
    "platform_inbox",
    metadata,
    Column("tenant_id", Uuid, nullable=False),
    Column("delivery_id", Uuid, primary_key=True),
    Column("subscriber", String(100), primary_key=True),
    Column("at", UtcDateTime, nullable=False),
)
Index("ix_platform_inbox_at", inbox.c.at)


class Inbox:
    """Makes a handler idempotent when its own change is not so by itself."""

    def __init__(self, connection: Connection, tenant: TenantId, clock: Clock) -> None:
        """Remember in the unit of work of `connection`."""
        self._connection = connection
        self._tenant = tenant
        self._clock = clock

    async def first(self, delivery_id: UUID, subscriber: str) -> bool:
        """Tell whether this subscriber sees this delivery for the first time.

        Call it inside the unit of work that makes the change: both are kept, or none.
        Remembered for a week, which is longer than a delivery is retried.
        """
        row = {
            "tenant_id": self._tenant,
            "delivery_id": delivery_id,
            "subscriber": subscriber,
            "at": self._clock.now(),
        }
        try:
            await self._connection.execute(inbox.insert(), row)
        except IntegrityError:
            return False
        return True
