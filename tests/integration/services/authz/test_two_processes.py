"""Two processes on one database, should there ever be two."""

import pytest

from fairlead.adapters.sql.database import Database
from fairlead.adapters.sql.work import SqlUnitOfWork
from fairlead.kernel.ids import new_id
from fairlead.kernel.principal import DEFAULT_TENANT, Principal, TenantId, service
from fairlead.services.authz.domain import OwnRole, RoleBook
from fairlead.services.authz.public import ROOT, Binding
from fairlead.services.authz.sql import (
    SqlBindingStore,
    SqlGroupStore,
    SqlRoleStore,
    SqlVersionStore,
)
from fairlead.services.authz.use_cases.cache import LOOK_SECONDS, GrantCache
from fairlead.services.authz.use_cases.changes import NoteChange
from fairlead.services.authz.use_cases.decide import LocalAuthorizer
from fairlead.services.authz.use_cases.holdings import Holdings, RoleBooks
from fairlead.testing.database import BACKENDS, OpenDatabase
from fairlead.testing.fakes import FrozenClock, RecordingOutbox, RecordingTrail

READ, CREATE = "projects.project.read", "projects.project.create"
ADA = Principal(id=new_id(), name="ada")
OTHER = TenantId(new_id())
ELSEWHERE = Principal(id=ADA.id, name="ada", tenant_id=OTHER)


class Process:
    """What one process knows of the rights in a database."""

    def __init__(self, database: Database, tenant: TenantId = DEFAULT_TENANT) -> None:
        """Know nothing yet."""
        self.now = 0.0
        self.tenant = tenant
        self.connection = database.connection(tenant)
        self.cache = GrantCache(lambda: self.now)
        self.roles = SqlRoleStore(self.connection, tenant)
        self.bindings = SqlBindingStore(self.connection, tenant)
        self.versions = SqlVersionStore(self.connection, tenant)
        holdings = Holdings(
            books=RoleBooks(built_in=RoleBook.of((READ, CREATE)), roles=self.roles),
            bindings=self.bindings,
            groups=SqlGroupStore(self.connection, tenant),
            versions=self.versions,
            cache=self.cache,
        )
        self.authorizer = LocalAuthorizer(holdings=holdings, trail=RecordingTrail())

    async def change(self, role: OwnRole, *, new: bool = False) -> None:
        """Make a role that ada has, or make it another."""
        note = NoteChange(
            versions=self.versions,
            cache=self.cache,
            outbox=RecordingOutbox(),
            clock=FrozenClock(),
        )
        async with SqlUnitOfWork(self.connection):
            if new:
                await self.roles.add(role)
                await self.bindings.add(
                    Binding(
                        id=new_id(),
                        principal_id=ADA.id,
                        principal_name="ada",
                        role=role.name,
                        scope=ROOT,
                        created_at=FrozenClock().now(),
                    )
                )
            else:
                await self.roles.save(role)
            await note(service("test", self.tenant))


@pytest.mark.parametrize("backend", BACKENDS)
async def test_a_change_holds_here_at_once_and_there_after_a_look(
    open_database: OpenDatabase, backend: str
) -> None:
    """Nothing another tenant's change does."""
    async with open_database(backend, ["authz"]) as database:
        here, there = Process(database), Process(database)
        elsewhere = Process(database, OTHER)
        reads = OwnRole(name="own", permissions=frozenset({READ}))
        creates = OwnRole(name="own", permissions=frozenset({CREATE}))
        await here.change(reads, new=True)
        await elsewhere.change(reads, new=True)
        for process in (here, there):
            assert await process.authorizer.allows(ADA, READ)

        await here.change(creates)

        assert await here.authorizer.allows(ADA, CREATE)
        assert not await here.authorizer.allows(ADA, READ)
        assert await there.authorizer.allows(ADA, READ)
        there.now += LOOK_SECONDS
        assert not await there.authorizer.allows(ADA, READ)
        assert await there.authorizer.allows(ADA, CREATE)
        assert await elsewhere.authorizer.allows(ELSEWHERE, READ)
        assert await elsewhere.versions.current() == 1
