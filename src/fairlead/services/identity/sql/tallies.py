"""Wrong guesses in a relational database."""

from dataclasses import asdict
from datetime import datetime

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Index,
    Integer,
    RowMapping,
    String,
    Table,
    Uuid,
    and_,
    or_,
    select,
)
from typing_extensions import override

from fairlead.adapters.sql.connection import Connection
from fairlead.adapters.sql.tables import metadata
from fairlead.adapters.sql.types import UtcDateTime
from fairlead.kernel.principal import TenantId
from fairlead.services.identity.domain import Tallies, Tally, places_of
from fairlead.services.identity.ports import TallyStore

failures = Table(
    "identity_failures",
    metadata,
    Column("tenant_id", Uuid, primary_key=True),
    Column("account", String(63), primary_key=True),
    Column("address", String(64), primary_key=True),
    Column("wrong", Integer, nullable=False),
    Column("last_at", UtcDateTime, nullable=False),
    Column("trusted", Boolean, nullable=False),
    Index("ix_identity_failures_last_at", "tenant_id", "trusted", "last_at"),
)


class SqlTallyStore(TallyStore):
    """Reads and writes `identity_failures`."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        """Keep the tallies of `tenant_id`."""
        self._connection = connection
        self._tenant_id = tenant_id

    @override
    async def find(self, account: str, address: str) -> Tallies:
        places = (self._at(*place) for place in places_of(account, address))
        query = select(failures).where(or_(*places))
        rows = (await self._connection.execute(query)).mappings()
        return Tallies(tuple(_tally(row) for row in rows))

    @override
    async def save(self, tally: Tally) -> None:
        values = {
            "wrong": tally.wrong,
            "last_at": tally.last_at,
            "trusted": tally.trusted,
        }
        here = self._at(tally.account, tally.address)
        saved = await self._connection.execute(
            failures.update().where(here).values(**values)
        )
        if saved.rowcount == 0:
            first = asdict(tally) | {"tenant_id": self._tenant_id}
            await self._connection.execute(failures.insert().values(**first))

    @override
    async def clear(self, account: str) -> None:
        mine = and_(
            failures.c.tenant_id == self._tenant_id, failures.c.account == account
        )
        await self._connection.execute(failures.update().where(mine).values(wrong=0))

    @override
    async def purge(self, before: datetime) -> None:
        await self._connection.execute(
            failures.delete()
            .where(failures.c.tenant_id == self._tenant_id)
            .where(failures.c.trusted.is_(False))
            .where(failures.c.last_at < before)
        )

    def _at(self, account: str, address: str) -> ColumnElement[bool]:
        return and_(
            failures.c.tenant_id == self._tenant_id,
            failures.c.account == account,
            failures.c.address == address,
        )


def _tally(row: RowMapping) -> Tally:
    return Tally(
        account=row["account"],
        address=row["address"],
        wrong=row["wrong"],
        last_at=row["last_at"],
        trusted=row["trusted"],
    )
