"""A process is killed between a change and its entry: nothing is lost or doubled."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest
from sqlalchemy import text
from tests.integration.services.audit.dying import MOMENTS
from tests.integration.services.audit.rig import ADA, container_of

from fairlead.adapters.bus.relay import OutboxRelay
from fairlead.adapters.sql.postgres.database import PostgresDatabase
from fairlead.adapters.sql.sqlite import SqliteDatabase
from fairlead.adapters.sql.work import SqlUnitOfWork
from fairlead.kernel.paging import PageRequest
from fairlead.kernel.principal import Principal
from fairlead.services.audit.public import AuditLog, EntryFilter
from fairlead.services.audit.settings import AuditSettings
from fairlead.testing.database import BACKENDS, OpenDatabase

ROOT = Path(__file__).parents[4]
PATIENCE = 60.0


async def killed(moment: str, place: str, home: Path) -> int:
    """Run the process until it is gone; return how it ended."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "tests.integration.services.audit.dying", moment, place, str(home)),
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"},
    )
    try:
        async with asyncio.timeout(PATIENCE):
            return await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("backend", BACKENDS)
async def test_the_entry_of_a_change_arrives_exactly_once(
    open_database: OpenDatabase, tmp_path: Path, backend: str, moment: str
) -> None:
    """The act lies in the outbox, in the transaction of the change (kill -9)."""
    async with open_database(backend, ["audit"]) as database:
        connection = database.connection()
        async with SqlUnitOfWork(connection):
            await connection.execute(text("CREATE TABLE boats (name TEXT)"))
        if isinstance(database, SqliteDatabase):
            place = str(database.file)
        else:
            assert isinstance(database, PostgresDatabase)
            place = database.place.url
        ended = await killed(moment, place, tmp_path)

        container = container_of(database, tmp_path, AuditSettings())
        relay = await container.get(OutboxRelay)
        await relay.open()
        async with asyncio.timeout(PATIENCE):
            await relay.idle()
        async with container(context={Principal: ADA}) as scope:
            log = await scope.get(AuditLog)
            page = await log.list(ADA, EntryFilter(), PageRequest())
            state = await log.verify(ADA)
        boats = (await connection.execute(text("SELECT name FROM boats"))).scalars()
        changes = boats.all()
        await relay.close()
        await container.close()

    assert ended == -signal.SIGKILL
    assert changes == ["one"]
    assert [entry.act.target for entry in page.items] == ["boats/one"]
    assert (state.entries, state.broken_at) == (1, None)
