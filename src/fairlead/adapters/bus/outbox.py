"""The outbox: events kept with the change they tell of."""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from sqlalchemy import BigInteger, Column, Integer, LargeBinary, String, Table, Uuid
from typing_extensions import override

from fairlead.adapters.sql.connection import Connection
from fairlead.adapters.sql.tables import metadata
from fairlead.adapters.sql.types import UtcDateTime
from fairlead.kernel.events import Event, Outbox
from fairlead.kernel.ids import new_id

POSITION = BigInteger().with_variant(Integer, "sqlite")
outbox = Table(
    "platform_outbox",
    metadata,
    Column("position", POSITION, primary_key=True),
    Column("id", Uuid, nullable=False),
    Column("tenant_id", Uuid, nullable=False),
    Column("topic", String(100), nullable=False),
    Column("aggregate", String(200), nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    sqlite_autoincrement=True,
)
deliveries = Table(
    "platform_deliveries",
    metadata,
    Column("tenant_id", Uuid, nullable=False),
    Column("position", POSITION, primary_key=True, autoincrement=False),
    Column("subscriber", String(100), primary_key=True),
)


def encode_event(event: Event) -> bytes:
    """Return an event as JSON."""
    return msgspec.json.encode(event)


def decode_event(payload: bytes, kind: type[Event]) -> Event:
    """Return the event of class `kind` that `encode_event` wrote.

    Raises:
        msgspec.ValidationError: it was written by another form of the class.
    """
    decoded: Any = msgspec.json.decode(payload, type=kind)
    event: Event = decoded
    return event


class SqlOutbox(Outbox):
    """Writes events in the unit of work of a connection."""

    def __init__(self, connection: Connection, wake: Callable[[], None]) -> None:
        """Call `wake` whenever events have become durable."""
        self._connection = connection
        self._wake = wake

    @override
    async def add(self, event: Event) -> None:
        await self._connection.execute(_ADD, _row(event))
        self._connection.after_commit(self._wake)

    @override
    async def add_all(self, events: Sequence[Event]) -> None:
        if events:
            await self._connection.execute_many(_ADD, [_row(each) for each in events])
            self._connection.after_commit(self._wake)


_ADD = outbox.insert()


def _row(event: Event) -> dict[str, Any]:
    return {
        "id": new_id(),
        "tenant_id": event.actor.tenant_id,
        "topic": event.topic,
        "aggregate": event.aggregate,
        "payload": encode_event(event),
        "at": event.at,
    }
