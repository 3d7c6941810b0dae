"""A running trail on each database."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.integration.services.audit.rig import (
    Trail,
    container_of,
    postgres_hand,
    sqlite_hand,
)

from fairlead.adapters.bus.relay import OutboxRelay
from fairlead.adapters.sql.postgres.database import PostgresDatabase
from fairlead.adapters.sql.sqlite import SqliteDatabase
from fairlead.services.audit.settings import AuditSettings
from fairlead.testing.database import BACKENDS, OpenDatabase


@pytest.fixture
def settings() -> AuditSettings:
    """Entries are kept for 30 days where retention is run."""
    return AuditSettings(retention_days=30)


@pytest.fixture(params=BACKENDS)
async def trail(
    request: pytest.FixtureRequest,
    open_database: OpenDatabase,
    tmp_path: Path,
    settings: AuditSettings,
) -> AsyncIterator[Trail]:
    async with open_database(request.param, ["audit"]) as database:
        container = container_of(database, tmp_path, settings)
        relay = await container.get(OutboxRelay)
        await relay.open()
        trail = Trail(container, relay, database, tmp_path)
        if isinstance(database, SqliteDatabase):
            trail.hand = sqlite_hand(database)
        elif isinstance(database, PostgresDatabase):
            server = request.getfixturevalue("postgresql")
            trail.hand = postgres_hand(database, server.query)
        yield trail
        await relay.close()
        await container.close()
