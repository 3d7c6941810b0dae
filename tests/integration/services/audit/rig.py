"""A running trail over a real database, and a hand that gets past its guards."""

import asyncio
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from dishka import (
    AsyncContainer,
    Provider,
    Scope,
    from_context,
    make_async_container,
    provide,
)
from sqlalchemy import make_url

from fairlead.adapters.blobs.files import FileBlobs
from fairlead.adapters.bus.part import SubscriptionPart
from fairlead.adapters.bus.provider import BusProvider
from fairlead.adapters.bus.relay import OutboxRelay
from fairlead.adapters.settings.home import Home
from fairlead.adapters.sql.connection import Connection
from fairlead.adapters.sql.database import Database
from fairlead.adapters.sql.postgres.database import PostgresDatabase
from fairlead.adapters.sql.sqlite import SqliteDatabase
from fairlead.adapters.sql.tenants import AllTenants
from fairlead.adapters.sql.work import SqlUnitOfWork
from fairlead.adapters.wiring.part import ContainerPart
from fairlead.adapters.wiring.scopes import Scopes
from fairlead.kernel.access import Access
from fairlead.kernel.blobs import Blobs
from fairlead.kernel.clock import Clock
from fairlead.kernel.paging import PageRequest
from fairlead.kernel.principal import Principal, TenantId, service
from fairlead.kernel.work import UnitOfWork
from fairlead.services.audit.domain.entries import digest_of
from fairlead.services.audit.module import MODULE
from fairlead.services.audit.permissions import CHECKPOINT_CREATE, ENTRY_READ
from fairlead.services.audit.public import (
    Act,
    AuditLog,
    AuditTrail,
    ChainState,
    Checkpoint,
    Entry,
    EntryFilter,
)
from fairlead.services.audit.settings import AuditSettings
from fairlead.services.audit.use_cases.checkpoints import TakeCheckpoint
from fairlead.services.audit.use_cases.read import ExportTrail
from fairlead.services.audit.use_cases.retention import RemoveOldEntries
from fairlead.testing.fakes import FrozenClock, GrantList

OURS = TenantId(UUID(int=1))
ADA = Principal(id=UUID(int=7), name="ada", tenant_id=OURS)
EVE = Principal(id=UUID(int=8), name="eve", tenant_id=TenantId(UUID(int=2)))
US = service("audit", OURS)
Hand = Callable[[str], None]


class Platform(Provider):
    """What the composition root would give."""

    who = from_context(Principal, scope=Scope.REQUEST)
    work = provide(SqlUnitOfWork, scope=Scope.REQUEST, provides=UnitOfWork)
    scopes = provide(Scopes, scope=Scope.APP)

    def __init__(self, database: Database, home: Path, settings: AuditSettings) -> None:
        super().__init__()
        self._database = database
        self._home = Home(home)
        self._settings = settings

    @provide(scope=Scope.APP)
    def home(self) -> Home:
        return self._home

    @provide(scope=Scope.APP)
    def blobs(self) -> Blobs:
        return FileBlobs(self._home.path / "blobs")

    @provide(scope=Scope.APP)
    def settings(self) -> AuditSettings:
        return self._settings

    @provide(scope=Scope.APP)
    def database(self) -> Database:
        return self._database

    @provide(scope=Scope.APP)
    def clock(self) -> Clock:
        return FrozenClock()

    @provide(scope=Scope.APP)
    def access(self) -> Access:
        return GrantList(ENTRY_READ, CHECKPOINT_CREATE)

    @provide(scope=Scope.REQUEST)
    def connection(self, who: Principal) -> Connection:
        return self._database.connection(who.tenant_id)

    @provide(scope=Scope.REQUEST)
    def all_tenants(self) -> AllTenants:
        return AllTenants(self._database.connection())

    @provide(scope=Scope.REQUEST)
    def tenant(self, who: Principal) -> TenantId:
        return who.tenant_id


def container_of(
    database: Database, home: Path, settings: AuditSettings, *last: Provider
) -> AsyncContainer:
    """Return the audit service and its platform; providers in `last` win."""
    heard = {
        MODULE.name: [
            each
            for part in MODULE.each(SubscriptionPart)
            for each in part.subscriptions
        ]
    }
    providers = [p for part in MODULE.each(ContainerPart) for p in part.providers]
    return make_async_container(
        BusProvider(heard), Platform(database, home, settings), *providers, *last
    )


@dataclass
class Trail:
    """A running trail; `hand` executes what the guards would refuse."""

    container: AsyncContainer
    relay: OutboxRelay
    database: Database
    home: Path
    hand: Hand = field(default=lambda statement: None)

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

    async def fill(self, count: int) -> None:
        """Record so many acts of Ada and wait for their entries."""
        await self.record(ADA, *map(str, range(count)))
        await self.settle()

    async def settle(self) -> None:
        async with asyncio.timeout(30):
            await self.relay.idle()

    async def advance(self, days: int) -> None:
        """Let time pass."""
        clock = await self.container.get(Clock)
        assert isinstance(clock, FrozenClock)
        clock.advance(timedelta(days=days))

    async def entries(self, who: Principal = ADA) -> list[Entry]:
        """Return all entries, newest first."""
        async with self.container(context={Principal: who}) as scope:
            log = await scope.get(AuditLog)
            page = await log.list(who, EntryFilter(), PageRequest(limit=200))
            return sorted(page.items, key=lambda entry: -entry.sequence)

    async def verify(self, who: Principal = ADA) -> ChainState:
        async with self.container(context={Principal: who}) as scope:
            log: AuditLog = await scope.get(AuditLog)
            return await log.verify(who)

    async def checkpoint(self, who: Principal = ADA) -> Checkpoint:
        """Take a checkpoint, and wait for the entry that tells of it."""
        async with self.container(context={Principal: who}) as scope:
            take: TakeCheckpoint = await scope.get(TakeCheckpoint)
            taken = await take(who)
        await self.settle()
        return taken

    async def retain(self) -> int:
        """Run the job of retention."""
        async with self.container(context={Principal: US}) as scope:
            remove: RemoveOldEntries = await scope.get(RemoveOldEntries)
            removed = await remove()
        await self.settle()
        return removed

    async def export(self, wanted: EntryFilter = EntryFilter()) -> list[bytes]:  # noqa: B008 - frozen
        """Return the lines of an export."""
        async with self.container(context={Principal: ADA}) as scope:
            export: ExportTrail = await scope.get(ExportTrail)
            parts = [part async for part in await export(ADA, wanted)]
        await self.settle()
        return b"".join(parts).splitlines(keepends=True)

    async def chain_anew(self, sequence: int, *, actor: str) -> str:
        """Change an entry and chain what follows again; return the last digest.

        As somebody would who has the database and all our code.
        """
        entries = [e for e in await self.entries() if e.sequence >= sequence][::-1]
        previous = entries[0].previous
        for entry in entries:
            name = actor if entry.sequence == sequence else entry.actor
            forged = replace(entry, actor=name, previous=previous)
            previous = digest_of(forged, OURS)
            self.hand(
                f"UPDATE audit_entries SET actor = '{name}', "  # noqa: S608
                f"previous = '{forged.previous}', digest = '{previous}' "
                f"WHERE sequence = {entry.sequence}"
            )
        return previous


def act(name: str) -> Act:
    return Act(action="boats.boat.sail", target=f"boats/{name}")


def sqlite_hand(database: SqliteDatabase) -> Hand:
    """Return what executes a statement with all triggers dropped."""

    def hand(statement: str) -> None:
        with sqlite3.connect(database.file, timeout=30) as connection:
            found = connection.execute(
                "SELECT name FROM sqlite_schema WHERE type = 'trigger'"
            )
            for (name,) in found.fetchall():
                connection.execute(f"DROP TRIGGER {name}")
            connection.execute(statement)
        connection.close()

    return hand


def postgres_hand(database: PostgresDatabase, query: Callable[..., object]) -> Hand:
    """Return what executes a statement as the superuser, with triggers off."""

    def hand(statement: str) -> None:
        quiet = "SET session_replication_role = replica; SET search_path = audit; "
        query(quiet + statement, make_url(database.place.url).database)

    return hand
