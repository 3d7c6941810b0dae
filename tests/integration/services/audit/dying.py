"""A process that makes a change, and is killed before its entry is in the trail."""

import asyncio
import os
import signal
import sys
from pathlib import Path

from dishka import Provider, Scope
from sqlalchemy import text
from tests.integration.services.audit.rig import ADA, act, container_of
from typing_extensions import override

from fairlead.adapters.bus.relay import OutboxRelay
from fairlead.adapters.sql.connection import Connection
from fairlead.adapters.sql.database import Database
from fairlead.adapters.sql.postgres.database import PostgresDatabase
from fairlead.adapters.sql.settings import DatabaseSettings
from fairlead.adapters.sql.sqlite import SqliteDatabase
from fairlead.kernel.events import Delivery
from fairlead.kernel.principal import Principal
from fairlead.services.audit.domain.chain import Seal
from fairlead.services.audit.ports import EntryStore
from fairlead.services.audit.public import AuditTrail
from fairlead.services.audit.settings import AuditSettings
from fairlead.services.audit.sql import SqlEntryStore
from fairlead.services.audit.use_cases.record import AppendEntry

CHANGE = "INSERT INTO boats (name) VALUES ('one')"
BEFORE, HALF, AFTER = "before", "half", "after"
MOMENTS = (BEFORE, HALF, AFTER)


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class DyingBefore(AppendEntry):
    """Is killed when the relay comes with the act: the change is durable."""

    @override
    async def __call__(self, delivery: Delivery) -> None:
        die()


class DyingAfter(AppendEntry):
    """Is killed when the entry is durable: the relay has not struck the act out."""

    @override
    async def __call__(self, delivery: Delivery) -> None:
        await AppendEntry.__call__(self, delivery)
        die()


class DyingStore(SqlEntryStore):
    """Is killed between the entry and its seal, in one unit of work."""

    @override
    async def put_seal(self, seal: Seal) -> None:
        die()


def dying(moment: str) -> Provider:
    provider = Provider(scope=Scope.REQUEST)
    if moment == HALF:
        provider.provide(DyingStore, provides=EntryStore)
    else:
        kind = DyingBefore if moment == BEFORE else DyingAfter
        provider.provide(kind, provides=AppendEntry)
    return provider


async def main(moment: str, place: str, home: Path) -> None:
    database: Database = (
        PostgresDatabase(DatabaseSettings(url=place))
        if "://" in place
        else SqliteDatabase(Path(place))
    )
    await database.open()
    container = container_of(database, home, AuditSettings(), dying(moment))
    await (await container.get(OutboxRelay)).open()
    async with container(context={Principal: ADA}) as scope:
        connection, trail = await scope.get(Connection), await scope.get(AuditTrail)
        await connection.begin()
        await connection.execute(text(CHANGE))
        await trail.record(ADA, act("one"))
        await connection.commit()
        await asyncio.sleep(60)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], Path(sys.argv[3])))
