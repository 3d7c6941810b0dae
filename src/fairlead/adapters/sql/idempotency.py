"""Request keys in the database."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import Column, Index, RowMapping, String, Table, Uuid, select
from sqlalchemy.exc import IntegrityError
from typing_extensions import override

from fairlead.adapters.sql.connection import Connection
from fairlead.adapters.sql.tables import metadata
from fairlead.adapters.sql.types import UtcDateTime
from fairlead.kernel.clock import Clock
from fairlead.kernel.idempotency import IdempotencyKeys, KeyReused, RequestKey
from fairlead.kernel.principal import Principal, TenantId

request_keys = Table(
    "platform_idempotency_keys",
    metadata,
    Column("tenant_id", Uuid, primary_key=True),
    Column("caller", String(200), primary_key=True),
    Column("action", String(100), primary_key=True),
    Column("key", String(255), primary_key=True),
    Column("digest", String(100), nullable=False),
    Column("work_id", Uuid, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)
Index("ix_platform_idempotency_keys_at", request_keys.c.at)


class SqlIdempotencyKeys(IdempotencyKeys):
    """Keeps request keys of one tenant; `adapters.bus` drops old ones."""

    def __init__(self, connection: Connection, tenant: TenantId, clock: Clock) -> None:
        """Claim in the unit of work of `connection`."""
        self._connection = connection
        self._tenant = tenant
        self._clock = clock

    @override
    async def claim(
        self, who: Principal, action: str, request: RequestKey, *, new: UUID
    ) -> UUID:
        caller = f"{who.kind}/{who.id if who.id.int else who.name}"
        identity = {
            "tenant_id": self._tenant,
            "caller": caller[:200],
            "action": action,
            "key": request.key,
        }
        found = await self._find(identity)
        if found is None:
            row = {
                **identity,
                "digest": request.digest,
                "work_id": new,
                "at": self._clock.now(),
            }
            try:
                await self._connection.execute(request_keys.insert(), row)
            except IntegrityError:  # another request had the same thought
                found = await self._find(identity)
                if found is None:
                    raise
            else:
                return new
        if found["digest"] != request.digest:
            raise KeyReused(
                "This idempotency key was used with another body: use a new one.",
                key=request.key,
            )
        claimed: UUID = found["work_id"]
        return claimed

    async def _find(self, identity: Mapping[str, object]) -> RowMapping | None:
        columns = (request_keys.c.digest, request_keys.c.work_id)
        query = select(*columns).filter_by(**identity)
        return (await self._connection.execute(query)).mappings().first()
