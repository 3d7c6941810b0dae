"""Authenticators and recovery codes in a relational database."""

from dataclasses import asdict
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    String,
    Table,
    Uuid,
    and_,
    func,
    select,
)
from typing_extensions import override

from fairlead.adapters.sql.connection import Connection
from fairlead.adapters.sql.tables import metadata
from fairlead.kernel.principal import TenantId
from fairlead.services.identity.domain import Factor
from fairlead.services.identity.ports import FactorStore

factors = Table(
    "identity_factors",
    metadata,
    Column("tenant_id", Uuid, primary_key=True),
    Column("user_id", Uuid, primary_key=True),
    Column("sealed", String(200), nullable=False),
    Column("confirmed", Boolean, nullable=False),
    Column("last_step", BigInteger, nullable=False),
)
codes = Table(
    "identity_recovery_codes",
    metadata,
    Column("tenant_id", Uuid, primary_key=True),
    Column("user_id", Uuid, primary_key=True),
    Column("digest", String(64), primary_key=True),
)


class SqlFactorStore(FactorStore):
    """Reads and writes `identity_factors` and `identity_recovery_codes`."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        """Keep those of `tenant_id`."""
        self._connection = connection
        self._tenant_id = tenant_id

    @override
    async def find(self, user_id: UUID) -> Factor | None:
        query = select(factors).where(self._mine(factors, user_id))
        row = (await self._connection.execute(query)).mappings().one_or_none()
        if row is None:
            return None
        return Factor(
            user_id=row["user_id"],
            sealed=row["sealed"],
            confirmed=row["confirmed"],
            last_step=row["last_step"],
        )

    @override
    async def save(self, factor: Factor) -> None:
        here = self._mine(factors, factor.user_id)
        await self._connection.execute(factors.delete().where(here))
        values = asdict(factor) | {"tenant_id": self._tenant_id}
        await self._connection.execute(factors.insert().values(**values))

    @override
    async def take_step(self, user_id: UUID, step: int) -> bool:
        here = and_(self._mine(factors, user_id), factors.c.last_step < step)
        done = await self._connection.execute(
            factors.update().where(here).values(last_step=step)
        )
        return bool(done.rowcount)

    @override
    async def remove(self, user_id: UUID) -> None:
        for table in (factors, codes):
            here = self._mine(table, user_id)
            await self._connection.execute(table.delete().where(here))

    @override
    async def set_codes(self, user_id: UUID, digests: tuple[str, ...]) -> None:
        here = self._mine(codes, user_id)
        await self._connection.execute(codes.delete().where(here))
        for digest in digests:
            values = {
                "tenant_id": self._tenant_id,
                "user_id": user_id,
                "digest": digest,
            }
            await self._connection.execute(codes.insert().values(**values))

    @override
    async def take_code(self, user_id: UUID, digest: str) -> bool:
        here = and_(self._mine(codes, user_id), codes.c.digest == digest)
        return bool(
            (await self._connection.execute(codes.delete().where(here))).rowcount
        )

    @override
    async def codes_left(self, user_id: UUID) -> int:
        query = select(func.count()).where(self._mine(codes, user_id))
        return int((await self._connection.execute(query)).scalar_one())

    def _mine(self, table: Table, user_id: UUID) -> ColumnElement[bool]:
        return and_(table.c.tenant_id == self._tenant_id, table.c.user_id == user_id)
