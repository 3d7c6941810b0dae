"""The trail from an act to its entry, over a real database and the relay."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest
from dishka import (
    AsyncContainer,
    Provider,
    Scope,
    from_context,
    make_async_container,
    provide,
)
from sqlalchemy.exc import IntegrityError

from fairlead.adapters.blobs.files import FileBlobs
from fairlead.adapters.bus.part import SubscriptionPart
from fairlead.adapters.bus.provider import BusProvider
from fairlead.adapters.bus.relay import OutboxRelay
from fairlead.adapters.settings.home import Home
from fairlead.adapters.sql.connection import Connection
from fairlead.adapters.sql.database import Database
from fairlead.adapters.sql.sqlite import SqliteDatabase
from fairlead.adapters.sql.work import SqlUnitOfWork
from fairlead.adapters.wiring.part import ContainerPart
from fairlead.adapters.wiring.scopes import Scopes
from fairlead.kernel.access import Access
from fairlead.kernel.blobs import Blobs
from fairlead.kernel.clock import Clock
from fairlead.kernel.paging import PageRequest
from fairlead.kernel.principal import Principal, TenantId
from fairlead.kernel.work import UnitOfWork
from fairlead.services.audit.module import MODULE
from fairlead.services.audit.permissions import ENTRY_READ
from fairlead.services.audit.public import (
    Act,
    AuditLog,
    AuditTrail,
    ChainState,
    Entry,
    EntryFilter,
)
from fairlead.services.audit.settings import AuditSettings
from fairlead.services.audit.sql.tables import entries
from fairlead.testing.database import BACKENDS, OpenDatabase
from fairlead.testing.fakes import FrozenClock, GrantList

ADA = Principal(id=UUID(int=7), name="ada", tenant_id=TenantId(UUID(int=1)))
EVE = Principal(id=UUID(int=8), name="eve", tenant_id=TenantId(UUID(int=2)))


class Platform(Provider):
    """What the composition root would give."""

    who = from_context(Principal, scope=Scope.REQUEST)
    work = provide(SqlUnitOfWork, scope=Scope.REQUEST, provides=UnitOfWork)
    scopes = provide(Scopes, scope=Scope.APP)

    def __init__(self, database: Database, home: Path) -> None:
        super().__init__()
        self._database = database
        self._home = Home(home)

    @provide(scope=Scope.APP)
    def home(self) -> Home:
        return self._home

    @provide(scope=Scope.APP)
    def blobs(self) -> Blobs:
        return FileBlobs(self._home.path / "blobs")

    @provide(scope=Scope.APP)
    def settings(self) -> AuditSettings:
        return AuditSettings()

    @provide(scope=Scope.APP)
    def database(self) -> Database:
        return self._database

    @provide(scope=Scope.APP)
    def clock(self) -> Clock:
        return FrozenClock()

    @provide(scope=Scope.APP)
    def access(self) -> Access:
        return GrantList(ENTRY_READ)

    @provide(scope=Scope.REQUEST)
    def connection(self) -> Connection:
        return self._database.connection()

    @provide(scope=Scope.REQUEST)
    def tenant(self, who: Principal) -> TenantId:
        return who.tenant_id


@dataclass
class Trail:
    """A running trail."""

    container: AsyncContainer
    relay: OutboxRelay
    database: Database

    async def record(self, who: Principal, *names: str, fail: bool = False) -> None:
        """Record one act per name in one unit of work."""
        async with self.container(context={Principal: who}) as scope:
            trail = await scope.get(AuditTrail)
            connection = await scope.get(Connection)
            await connection.begin()
            for name in names:
                await trail.record(who, act(name))
            if fail:
                connection.rollback()
            else:
                await connection.commit()

    async def settle(self) -> None:
        async with asyncio.timeout(30):
            await self.relay.idle()

    async def entries(self, who: Principal) -> list[Entry]:
        async with self.container(context={Principal: who}) as scope:
            log = await scope.get(AuditLog)
            page = await log.list(who, EntryFilter(), PageRequest(limit=200))
            return list(page.items)

    async def verify(self, who: Principal) -> ChainState:
        async with self.container(context={Principal: who}) as scope:
            log: AuditLog = await scope.get(AuditLog)
            return await log.verify(who)


def act(name: str) -> Act:
    return Act(action="boats.boat.sail", target=f"boats/{name}")


@pytest.fixture(params=BACKENDS)
async def trail(
    request: pytest.FixtureRequest, open_database: OpenDatabase, tmp_path: Path
) -> AsyncIterator[Trail]:
    async with open_database(request.param, ["audit"]) as database:
        heard = {
            MODULE.name: [
                each
                for part in MODULE.each(SubscriptionPart)
                for each in part.subscriptions
            ]
        }
        providers = [p for part in MODULE.each(ContainerPart) for p in part.providers]
        container = make_async_container(
            BusProvider(heard), Platform(database, tmp_path), *providers
        )
        relay = await container.get(OutboxRelay)
        await relay.open()
        yield Trail(container, relay, database)
        await relay.close()
        await container.close()


async def test_acts_are_kept_with_their_change(trail: Trail) -> None:
    """Those of a unit of work that committed become entries, others do not."""
    await trail.record(ADA, "one", "two")
    await trail.record(ADA, "undone", fail=True)
    await trail.record(EVE, "foreign")
    await trail.settle()

    found = await trail.entries(ADA)
    assert {entry.act.target for entry in found} == {"boats/one", "boats/two"}
    assert [entry.sequence for entry in found] == [2, 1]
    assert [entry.actor for entry in await trail.entries(EVE)] == ["eve"]


async def test_an_act_alone_opens_its_own_unit_of_work(trail: Trail) -> None:
    """A refusal, which changes nothing, is recorded all the same."""
    async with trail.container(context={Principal: ADA}) as scope:
        await (await scope.get(AuditTrail)).record(ADA, act("alone"))
    await trail.settle()

    assert [e.act.target for e in await trail.entries(ADA)] == ["boats/alone"]


async def test_bursts_make_a_whole_chain(trail: Trail) -> None:
    """Concurrent acts are numbered without gaps and the chain verifies."""
    await asyncio.gather(*(trail.record(ADA, f"b{n}") for n in range(100)))
    await trail.settle()

    state = await trail.verify(ADA)
    assert (state.entries, state.broken_at) == (100, None)


async def test_the_database_refuses_to_change_entries(trail: Trail) -> None:
    """Neither an update nor a delete gets through."""
    await trail.record(ADA, "one")
    await trail.settle()
    connection = trail.database.connection()
    async with SqlUnitOfWork(connection):
        for statement in (entries.update().values(actor="eve"), entries.delete()):
            with pytest.raises(IntegrityError, match="append-only"):
                await connection.execute(statement)

    assert [entry.actor for entry in await trail.entries(ADA)] == ["ada"]


@pytest.mark.parametrize(
    ("change", "broken_at"),
    [
        ("UPDATE audit_entries SET actor = 'eve' WHERE sequence = 3", 3),
        ("UPDATE audit_entries SET details = '{}' WHERE sequence = 2", None),
        ("UPDATE audit_entries SET outcome = 'refused' WHERE sequence = 2", 2),
        ("UPDATE audit_entries SET trace_id = 'x' WHERE sequence = 2", 2),
        ("UPDATE audit_entries SET format = 1 WHERE sequence = 2", 2),
        ("UPDATE audit_entries SET format = 3 WHERE sequence = 2", 2),
        ("DELETE FROM audit_entries WHERE sequence = 4", 4),
    ],
)
@pytest.mark.parametrize("trail", ["sqlite"], indirect=True)
async def test_what_is_changed_behind_our_back_is_found(
    trail: Trail, change: str, broken_at: int | None
) -> None:
    """Somebody with the file and without the triggers cannot hide a change."""
    for number in range(5):
        await trail.record(ADA, str(number))
    await trail.settle()
    assert isinstance(trail.database, SqliteDatabase)
    with sqlite3.connect(trail.database.file) as connection:
        connection.execute("DROP TRIGGER audit_entries_no_update")
        connection.execute("DROP TRIGGER audit_entries_no_delete")
        connection.execute(change)
    connection.close()

    assert (await trail.verify(ADA)).broken_at == broken_at


@pytest.mark.parametrize("trail", ["sqlite"], indirect=True)
async def test_what_is_cut_off_behind_our_back_is_found(trail: Trail) -> None:
    """Also with the seal of an earlier moment forged, for want of the key."""
    for number in range(5):
        await trail.record(ADA, str(number))
    await trail.settle()
    assert (await trail.verify(ADA)).broken_at is None
    assert isinstance(trail.database, SqliteDatabase)
    with sqlite3.connect(trail.database.file) as connection:
        connection.execute("DROP TRIGGER audit_entries_no_delete")
        connection.execute("DELETE FROM audit_entries WHERE sequence > 2")
    connection.close()
    cut_off = await trail.verify(ADA)
    with sqlite3.connect(trail.database.file) as connection:
        connection.execute(
            "UPDATE audit_seals SET sequence = 2, "
            "digest = (SELECT digest FROM audit_entries WHERE sequence = 2)"
        )
    connection.close()
    forged = await trail.verify(ADA)

    assert (cut_off.broken_at, "cut off at its end" in cut_off.reason) == (3, True)
    assert (forged.broken_at, "seal was changed" in forged.reason) == (2, True)


@pytest.mark.parametrize("trail", ["sqlite"], indirect=True)
@pytest.mark.parametrize("same", ["sequence", "id"])
async def test_the_database_refuses_to_replace_entries(trail: Trail, same: str) -> None:
    """An insert that replaces is an update by another name, for any program."""
    await trail.record(ADA, "one")
    await trail.settle()
    assert isinstance(trail.database, SqliteDatabase)
    with sqlite3.connect(trail.database.file) as connection:
        connection.row_factory = sqlite3.Row
        row = dict(connection.execute("SELECT * FROM audit_entries").fetchone())
        row |= {"actor": "eve", **({"id": "x"} if same == "sequence" else {})}
        row |= {"sequence": 2} if same == "id" else {}
        marks = ", ".join(f":{name}" for name in row)
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            connection.execute(
                f"INSERT OR REPLACE INTO audit_entries VALUES ({marks})",  # noqa: S608
                row,
            )
    connection.close()

    assert [entry.actor for entry in await trail.entries(ADA)] == ["ada"]
