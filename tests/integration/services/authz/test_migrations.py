"""Bindings from before there were groups."""

from pathlib import Path
from shutil import copy
from uuid import UUID

import pytest
import sqlalchemy as sa

from fairlead.adapters.sql.database import Database
from fairlead.adapters.sql.migrate import migrate
from fairlead.adapters.sql.postgres.database import PostgresDatabase
from fairlead.adapters.sql.postgres.migrate import migrate_postgres
from fairlead.adapters.sql.sqlite import SqliteDatabase
from fairlead.adapters.sql.types import UtcDateTime
from fairlead.adapters.sql.work import SqlUnitOfWork
from fairlead.kernel.paging import PageRequest
from fairlead.kernel.principal import DEFAULT_TENANT, TenantId
from fairlead.kernel.reach import Reach
from fairlead.services.authz.ports import Wanted
from fairlead.services.authz.public import (
    ROOT,
    HolderKind,
    environment_scope,
    project_scope,
)
from fairlead.services.authz.sql import SqlBindingStore
from fairlead.testing.database import BACKENDS, OpenDatabase, migrations_of
from fairlead.testing.fakes import FrozenClock

OTHER = TenantId(UUID(int=2))
ONE, TWO = UUID(int=101), UUID(int=102)
SCOPES = (ROOT, project_scope(ONE), environment_scope(ONE, TWO), project_scope(TWO))
OLD = sa.table(
    "authz_bindings",
    sa.column("id", sa.Uuid()),
    sa.column("tenant_id", sa.Uuid()),
    sa.column("principal_id", sa.Uuid()),
    sa.column("principal_name", sa.String()),
    sa.column("role", sa.String()),
    sa.column("scope", sa.String()),
    sa.column("created_at", UtcDateTime()),
)


def _migrate(database: Database, folder: Path) -> list[str]:
    histories = (("authz", folder),)
    if isinstance(database, SqliteDatabase):
        return migrate(database.file, histories)
    assert isinstance(database, PostgresDatabase)
    return migrate_postgres(database.place.url, histories)


@pytest.mark.parametrize("backend", BACKENDS)
async def test_old_bindings_are_those_of_users_in_their_places(
    open_database: OpenDatabase,
    tmp_path: Path,
    backend: str,
) -> None:
    """Of every tenant: lists cut to a reach find them where they are."""
    folder = tmp_path / "migrations"
    folder.mkdir()
    whole = migrations_of("authz")
    copy(whole / "pre_0001_create.py", folder)
    async with open_database(backend, [("authz", folder)]) as database:
        for tenant, scopes in ((DEFAULT_TENANT, SCOPES), (OTHER, SCOPES[1:2])):
            connection = database.connection(tenant)
            rows = [
                {
                    "id": UUID(int=number),
                    "tenant_id": tenant,
                    "principal_id": UUID(int=1),
                    "principal_name": "ada",
                    "role": "viewer",
                    "scope": scope,
                    "created_at": FrozenClock().now(),
                }
                for number, scope in enumerate(scopes, start=100 * (tenant.int & 0xFF))
            ]
            async with SqlUnitOfWork(connection):
                await connection.execute_many(OLD.insert(), rows)

        copy(whole / "pre_0002_roles_and_groups.py", folder)
        assert _migrate(database, folder) == ["authz:0002"]

        async def found(tenant: TenantId, reach: Reach) -> list[str]:
            store = SqlBindingStore(database.connection(tenant), tenant)
            page = await store.list(Wanted(reach=reach), PageRequest())
            assert {each.principal_kind for each in page.items} == {HolderKind.USER}
            return [each.scope for each in page.items]

        everywhere = Reach(everywhere=True)
        of_one = Reach(everywhere=False, projects=frozenset({ONE}))
        single = Reach(everywhere=False, environments=frozenset({(ONE, TWO)}))
        assert sorted(await found(DEFAULT_TENANT, everywhere)) == sorted(SCOPES)
        assert sorted(await found(DEFAULT_TENANT, of_one)) == sorted(SCOPES[1:3])
        assert await found(DEFAULT_TENANT, single) == [SCOPES[2]]
        assert await found(OTHER, everywhere) == [SCOPES[1]]
