"""Where feeds are kept, in a relational database."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, tuple_
from typing_extensions import override

from fairlead.adapters.sql.connection import Connection
from fairlead.services.operations.ports import EndedFeed, FeedLedger, Place
from fairlead.services.operations.sql.tables import operations


class SqlFeedLedger(FeedLedger):
    """Reads and writes the operations of all tenants; the unit of work commits."""

    def __init__(self, connection: Connection) -> None:
        """Use the `connection` of one piece of work."""
        self._connection = connection

    @override
    async def due(
        self,
        place: Place,
        *,
        before: datetime,
        limit: int,
        after: EndedFeed | None = None,
    ) -> list[EndedFeed]:
        by = (operations.c.ended_at, operations.c.id)
        query = select(operations.c.id, operations.c.ended_at).where(
            operations.c.feed_place == place.value,
            operations.c.feed_id == operations.c.id,
            operations.c.ended_at.is_not(None),
            operations.c.ended_at <= before,
        )
        if after is not None:
            query = query.where(tuple_(*by) > (after.ended_at, after.id))
        rows = await self._connection.execute(query.order_by(*by).limit(limit))
        return [EndedFeed(id=row.id, ended_at=row.ended_at) for row in rows]

    @override
    async def note(self, feed_ids: Sequence[UUID], place: Place) -> None:
        statement = operations.update().where(operations.c.id.in_(feed_ids))
        await self._connection.execute(statement.values(feed_place=place.value))
