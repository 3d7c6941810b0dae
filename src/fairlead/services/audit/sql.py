"""The trail in a relational database; triggers refuse to change or remove entries."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import (
    JSON,
    Column,
    Index,
    Integer,
    RowMapping,
    String,
    Table,
    UniqueConstraint,
    Uuid,
    bindparam,
    select,
)
from typing_extensions import override

from fairlead.adapters.sql.connection import Connection
from fairlead.adapters.sql.paging import Keyset
from fairlead.adapters.sql.tables import metadata
from fairlead.adapters.sql.types import UtcDateTime
from fairlead.kernel.paging import Page, PageRequest
from fairlead.kernel.principal import TenantId
from fairlead.services.audit.domain import EntryRecorded, Head, Seal
from fairlead.services.audit.ports import EntryStore, Surroundings
from fairlead.services.audit.public import Act, Entry, EntryFilter, Outcome

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
    UniqueConstraint("tenant_id", "id"),
)
for _column in ("action", "actor", "outcome", "target"):
    Index(
        f"ix_audit_entries_tenant_id_{_column}",
        entries.c.tenant_id,
        entries.c[_column],
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

_NEWEST_FIRST = Keyset((entries.c.sequence,), descending=True)
_OF_TENANT = entries.c.tenant_id == bindparam("tenant")
_HEAD = (
    select(entries.c.sequence, entries.c.digest)
    .where(_OF_TENANT)
    .order_by(entries.c.sequence.desc())
    .limit(1)
)
_HAS = select(entries.c.sequence).where(_OF_TENANT, entries.c.id == bindparam("entry"))
_SEAL = select(seals.c.sequence, seals.c.digest, seals.c.mac).where(
    seals.c.tenant_id == bindparam("tenant")
)
_INSERT = entries.insert()


class SqlEntryStore(EntryStore):
    """Reads and appends to the `audit_entries` of one tenant."""

    def __init__(self, connection: Connection, tenant: TenantId) -> None:
        """Use the request's `connection`."""
        self._connection = connection
        self._tenant = tenant

    @override
    async def head(self) -> Head:
        found = await self._connection.execute(_HEAD, {"tenant": self._tenant})
        row = found.first()
        return Head() if row is None else Head(row.sequence, row.digest)

    @override
    async def has(self, entry_id: UUID) -> bool:
        wanted = {"tenant": self._tenant, "entry": entry_id}
        return (await self._connection.execute(_HAS, wanted)).first() is not None

    @override
    async def append(self, entry: Entry) -> None:
        await self._connection.execute(_INSERT, _row(entry, self._tenant))

    @override
    async def seal(self) -> Seal | None:
        found = await self._connection.execute(_SEAL, {"tenant": self._tenant})
        row = found.first()
        return None if row is None else Seal(row.sequence, row.digest, row.mac)

    @override
    async def put_seal(self, seal: Seal) -> None:
        values = asdict(seal)
        mine = seals.c.tenant_id == self._tenant
        changed = await self._connection.execute(
            seals.update().where(mine).values(**values)
        )
        if changed.rowcount == 0:
            first = seals.insert().values(tenant_id=self._tenant, **values)
            await self._connection.execute(first)

    @override
    async def list(self, wanted: EntryFilter, page: PageRequest) -> Page[Entry]:
        query = select(entries).where(entries.c.tenant_id == self._tenant)
        for column in ("action", "actor", "outcome", "target"):
            value = getattr(wanted, column)
            if value is not None:
                query = query.where(entries.c[column] == value)
        found = await self._connection.execute(_NEWEST_FIRST.select(query, page))
        return _NEWEST_FIRST.page(found.mappings().all(), page, _entry)

    @override
    async def following(self, sequence: int, *, limit: int) -> tuple[Entry, ...]:
        query = (
            select(entries)
            .where(entries.c.tenant_id == self._tenant)
            .where(entries.c.sequence > sequence)
            .order_by(entries.c.sequence)
            .limit(limit)
        )
        found = await self._connection.execute_long(query)
        return tuple(_entry(row) for row in found.mappings())


class ConnectionSurroundings(Surroundings):
    """Asks the request's connection; leaves word in the server's log."""

    def __init__(self, connection: Connection) -> None:
        """Use the request's `connection`."""
        self._connection = connection

    @override
    def working(self) -> bool:
        return self._connection.working

    @override
    def lost(self, recorded: EntryRecorded) -> None:
        structlog.get_logger("fairlead.audit").error(
            "act_not_recorded",
            actor=recorded.actor.name,
            action=recorded.act.action,
            target=recorded.act.target,
            outcome=recorded.act.outcome.value,
        )


def _row(entry: Entry, tenant: TenantId) -> dict[str, Any]:
    act = entry.act
    return {
        "tenant_id": tenant,
        "sequence": entry.sequence,
        "id": entry.id,
        "at": entry.at,
        "actor": entry.actor,
        "actor_id": entry.actor_id,
        "actor_kind": entry.actor_kind,
        "address": entry.address,
        "user_agent": entry.user_agent,
        "request_id": entry.request_id,
        "action": act.action,
        "target": act.target,
        "scope": act.scope,
        "outcome": act.outcome.value,
        "details": dict(act.details),
        "previous": entry.previous,
        "digest": entry.digest,
    }


def _entry(row: RowMapping) -> Entry:
    return Entry(
        sequence=row["sequence"],
        id=row["id"],
        at=row["at"],
        actor=row["actor"],
        actor_id=row["actor_id"],
        actor_kind=row["actor_kind"],
        address=row["address"],
        user_agent=row["user_agent"],
        request_id=row["request_id"],
        act=Act(
            action=row["action"],
            target=row["target"],
            scope=row["scope"],
            outcome=Outcome(row["outcome"]),
            details=row["details"],
        ),
        previous=row["previous"],
        digest=row["digest"],
    )
