"""Where a PostgreSQL database is, and connections to it."""

from dataclasses import dataclass
from uuid import UUID

import asyncpg
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from fairlead.adapters.sql.postgres.errors import BadDatabaseAddress

CONNECT_SECONDS = 10.0
SCHEMES = frozenset({"postgresql", "postgres"})


@dataclass(frozen=True, slots=True)
class Place:
    """An address; `name` is what may be shown of it."""

    url: str
    name: str

    async def connect(self, **settings: str) -> asyncpg.Connection:
        """Open a connection whose session has these `settings`.

        Raises: what the driver raises; `errors.translated` knows.
        """
        connection = await asyncpg.connect(
            self.url,
            timeout=CONNECT_SECONDS,
            server_settings={
                "application_name": "fairlead",
                "timezone": "UTC",
                **settings,
            },
        )
        await connection.set_type_codec(
            "uuid",
            schema="pg_catalog",
            format="binary",
            encoder=lambda value: value.bytes,
            decoder=lambda data: UUID(bytes=bytes(data)),
        )
        return connection


def read_place(url: str) -> Place:
    """Return the place that the setting `database.url` names.

    Raises:
        BadDatabaseAddress: it has another form; the message does not repeat it.
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        parsed = None
    if parsed is None or parsed.drivername not in SCHEMES or not parsed.database:
        raise BadDatabaseAddress(
            "Set database.url to postgresql://user:password@host/database, or leave it "
            "empty for SQLite.",
            path="database.url",
        )
    shown = parsed.set(password=None, query={})
    return Place(url, shown.render_as_string())
