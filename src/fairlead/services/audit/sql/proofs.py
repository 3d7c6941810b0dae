"""Checkpoints and anchors in a relational database."""

from dataclasses import asdict
from typing import Any, TypeVar

from sqlalchemy import RowMapping, Table, select
from typing_extensions import override

from fairlead.adapters.sql.connection import Connection
from fairlead.adapters.sql.paging import Keyset
from fairlead.kernel.paging import Page, PageRequest
from fairlead.kernel.principal import TenantId
from fairlead.services.audit.ports import ProofStore
from fairlead.services.audit.public import Anchor, Checkpoint
from fairlead.services.audit.sql.tables import anchors, checkpoints

AT_ONCE = 1_000
_NEWEST_FIRST = Keyset((checkpoints.c.number,), descending=True)
ProofT = TypeVar("ProofT", bound=Checkpoint)


class SqlProofStore(ProofStore):
    """Reads and appends to `audit_checkpoints` and `audit_anchors` of one tenant."""

    def __init__(self, connection: Connection, tenant: TenantId) -> None:
        """Use the request's `connection`."""
        self._connection = connection
        self._tenant = tenant

    @override
    async def checkpoint(self) -> Checkpoint | None:
        return await self._last(checkpoints, Checkpoint)

    @override
    async def checkpoints(self, after: int = 0) -> tuple[Checkpoint, ...]:
        return await self._after(checkpoints, Checkpoint, after)

    @override
    async def list(self, page: PageRequest) -> Page[Checkpoint]:
        query = select(checkpoints).where(checkpoints.c.tenant_id == self._tenant)
        found = await self._connection.execute(_NEWEST_FIRST.select(query, page))
        return _NEWEST_FIRST.page(
            found.mappings().all(), page, lambda row: _proof(row, Checkpoint)
        )

    @override
    async def add_checkpoint(self, checkpoint: Checkpoint) -> None:
        await self._add(checkpoints, checkpoint)

    @override
    async def anchor(self) -> Anchor | None:
        return await self._last(anchors, Anchor)

    @override
    async def anchors(self, after: int = 0) -> tuple[Anchor, ...]:
        return await self._after(anchors, Anchor, after)

    @override
    async def add_anchor(self, anchor: Anchor) -> None:
        await self._add(anchors, anchor)

    async def _last(self, table: Table, kind: type[ProofT]) -> ProofT | None:
        query = (
            select(table)
            .where(table.c.tenant_id == self._tenant)
            .order_by(table.c.number.desc())
            .limit(1)
        )
        row = (await self._connection.execute(query)).mappings().first()
        return None if row is None else _proof(row, kind)

    async def _after(
        self, table: Table, kind: type[ProofT], number: int
    ) -> tuple[ProofT, ...]:
        query = (
            select(table)
            .where(table.c.tenant_id == self._tenant, table.c.number > number)
            .order_by(table.c.number)
            .limit(AT_ONCE)
        )
        found = await self._connection.execute(query)
        return tuple(_proof(row, kind) for row in found.mappings())

    async def _add(self, table: Table, proof: Checkpoint) -> None:
        row = {"tenant_id": self._tenant, **asdict(proof)}
        await self._connection.execute(table.insert(), row)


def _proof(row: RowMapping, kind: type[ProofT]) -> ProofT:
    facts: dict[str, Any] = dict(row)
    del facts["tenant_id"]
    return kind(**facts)
