"""The second wall: rows of another tenant stay hidden when a statement forgets them."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from typing_extensions import override

from fairlead.adapters.sql.postgres.database import PostgresDatabase
from fairlead.adapters.sql.tenants import EVERY_TENANT, seen_by
from fairlead.adapters.sql.work import SqlUnitOfWork
from fairlead.kernel.errors import FairleadError
from fairlead.kernel.paging import PageRequest
from fairlead.kernel.principal import Principal, TenantId, service
from fairlead.kernel.reach import Reach
from fairlead.modules.projects.public import Project, ProjectNotFound
from fairlead.modules.projects.sql import SqlProjectStore, projects
from fairlead.testing.database import modules_with_migrations
from fairlead.testing.postgres import PostgresServer, postgres_database

OURS, THEIRS = TenantId(UUID(int=70)), TenantId(UUID(int=71))
HELLO = Project(
    id=UUID(int=1),
    name="hello",
    repository="/srv/hello",
    branch="",
    created_at=datetime(2026, 1, 1, tzinfo=UTC),
)
UNPROTECTED = """
SELECT n.nspname || '.' || c.relname FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id'
WHERE c.relkind = 'r' AND NOT (c.relrowsecurity AND c.relforcerowsecurity)
"""
WITHOUT_TENANT = """
SELECT n.nspname || '.' || c.relname FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema')
AND c.relname <> 'fairlead_migrations' AND NOT EXISTS (
    SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id')
"""


class Forgetful(SqlProjectStore):
    """A store whose statements ask for no tenant at all."""

    @override
    def _mine(self, project_id: UUID) -> Any:
        return projects.c.id == project_id

    async def all(self) -> list[str]:
        rows = await self._connection.execute(select(projects.c.name))
        return list(rows.scalars())


@pytest.fixture
async def database(postgresql: PostgresServer) -> AsyncIterator[PostgresDatabase]:
    async with postgres_database(postgresql, ["projects"]) as database:
        connection = database.connection(OURS)
        async with SqlUnitOfWork(connection):
            await SqlProjectStore(connection, OURS).add(HELLO)
        yield database


async def test_a_store_without_its_condition_sees_its_tenant_only(
    database: PostgresDatabase,
) -> None:
    """Neither reads nor changes reach the other tenant's rows."""
    connection = database.connection(THEIRS)
    store = Forgetful(connection, THEIRS)
    async with SqlUnitOfWork(connection):
        assert await store.all() == []
        with pytest.raises(ProjectNotFound):
            await store.remove(HELLO.id)
        with pytest.raises(ProjectNotFound):
            await store.save(HELLO)

    assert await store.all() == []
    assert await Forgetful(database.connection(OURS), OURS).all() == ["hello"]


async def test_a_store_of_another_tenant_than_its_connection_sees_nothing(
    database: PostgresDatabase,
) -> None:
    """A mistake in the wiring shows nothing, and stores nothing."""
    connection = database.connection(THEIRS)
    store = SqlProjectStore(connection, OURS)
    page = await store.list(Reach(everywhere=True), PageRequest())
    work = SqlUnitOfWork(connection)

    assert page.items == ()
    with pytest.raises((DBAPIError, FairleadError)):
        await add_in(work, store)


async def add_in(work: SqlUnitOfWork, store: SqlProjectStore) -> None:
    async with work:
        await store.add(HELLO)


async def test_the_platform_sees_every_tenant(database: PostgresDatabase) -> None:
    assert await Forgetful(database.connection(), THEIRS).all() == ["hello"]


def test_a_session_that_names_no_tenant_sees_nothing(
    postgresql: PostgresServer, database: PostgresDatabase
) -> None:
    """Whoever connects under the application's role and asks for everything."""
    name = database.place.name.rpartition("/")[2]
    seen = postgresql.query(
        "SET ROLE fairlead; SELECT count(*) FROM projects.projects_projects", name
    )
    assert seen == ["0"]


async def test_every_table_of_tenants_has_the_wall(postgresql: PostgresServer) -> None:
    """And there is none without a tenant, but for the versions of migrations."""
    async with postgres_database(postgresql, modules_with_migrations()) as database:
        name = database.place.name.rpartition("/")[2]

        assert postgresql.query(UNPROTECTED, name) == []
        assert postgresql.query(WITHOUT_TENANT, name) == []


def test_only_services_see_every_tenant() -> None:
    """A principal that merely claims the tenant of all is shown that tenant's rows."""
    assert seen_by(service("operations", EVERY_TENANT)) is None
    assert seen_by(service("operations", OURS)) == OURS
    user = Principal(id=UUID(int=9), name="eve", tenant_id=EVERY_TENANT)
    assert seen_by(user) == EVERY_TENANT
