"""Migrations on PostgreSQL: once, in order, whole or not at all, one at a time."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from fairlead.adapters.sql.errors import DatabaseUnavailable
from fairlead.adapters.sql.histories import DatabaseNewer
from fairlead.adapters.sql.postgres.migrate import migrate_postgres
from fairlead.testing.postgres import PostgresServer

SCRIPT = '''"""A step."""
import sqlalchemy as sa
from alembic import op

revision = "{id}"
down_revision = {after!r}


def upgrade() -> None:
    {body}
'''


def script(folder: Path, number: str, after: str | None, body: str) -> None:
    folder.mkdir(exist_ok=True)
    file = folder / f"pre_{number}_step.py"
    file.write_text(SCRIPT.format(id=number, after=after, body=body))


def make(table: str) -> str:
    columns = 'sa.Column("id", sa.Integer), sa.Column("tenant_id", sa.Uuid)'
    return f'op.create_table("{table}", {columns})'


@pytest.fixture
def boats(tmp_path: Path) -> Path:
    folder = tmp_path / "boats"
    script(folder, "0001", None, make("boats_hulls"))
    return folder


@pytest.fixture
def name(postgresql: PostgresServer) -> str:
    return postgresql.empty()


@pytest.fixture
def url(postgresql: PostgresServer, name: str) -> str:
    return postgresql.url(name)


def tables(server: PostgresServer, name: str) -> list[str]:
    return server.query(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'boats' ORDER BY 1", name
    )


async def test_migrations_are_applied_once(
    postgresql: PostgresServer, name: str, url: str, boats: Path
) -> None:
    """The second time nothing is pending; it works while the caller's loop runs."""
    first = migrate_postgres(url, [("boats", boats)])
    again = migrate_postgres(url, [("boats", boats)])
    script(boats, "0002", "0001", make("boats_sails"))
    later = await asyncio.to_thread(migrate_postgres, url, [("boats", boats)])

    assert first == ["platform:0001", "boats:0001"]
    assert again == []
    assert later == ["boats:0002"]
    found = tables(postgresql, name)
    assert found == ["boats_hulls", "boats_sails", "fairlead_migrations"]


def test_a_failed_migration_leaves_nothing(
    postgresql: PostgresServer, name: str, url: str, boats: Path
) -> None:
    """What it did before it failed is undone; those before it stay."""
    body = f"{make('boats_masts')}; raise KeyError('boom')"
    script(boats, "0002", "0001", body)
    with pytest.raises(KeyError):
        migrate_postgres(url, [("boats", boats)])
    left = tables(postgresql, name)
    script(boats, "0002", "0001", make("boats_masts"))

    assert left == ["boats_hulls", "fairlead_migrations"]
    assert migrate_postgres(url, [("boats", boats)]) == ["boats:0002"]


def test_a_newer_database_is_refused(
    postgresql: PostgresServer, name: str, url: str, boats: Path
) -> None:
    """The error names the module; nothing is changed."""
    migrate_postgres(url, [("boats", boats)])
    postgresql.query("UPDATE boats.fairlead_migrations SET revision = '0009'", name)
    script(boats, "0002", "0001", make("boats_sails"))

    with pytest.raises(DatabaseNewer, match="newer version of 'boats'"):
        migrate_postgres(url, [("boats", boats)])
    assert tables(postgresql, name) == ["boats_hulls", "fairlead_migrations"]


def test_servers_that_migrate_at_once_take_turns(url: str, boats: Path) -> None:
    """Each revision is applied by exactly one of them, and none fails."""
    for number in range(2, 6):
        script(boats, f"000{number}", f"000{number - 1}", make(f"boats_t{number}"))
    with ThreadPoolExecutor(3) as threads:
        jobs = [
            threads.submit(migrate_postgres, url, [("boats", boats)]) for _ in "abc"
        ]
        done = [revision for job in jobs for revision in job.result(120)]

    assert sorted(done) == [*(f"boats:000{n}" for n in range(1, 6)), "platform:0001"]


def test_a_database_that_is_not_there_is_named(postgresql: PostgresServer) -> None:
    postgresql.empty()
    with pytest.raises(DatabaseUnavailable, match=r"/nowhere does not exist"):
        migrate_postgres(postgresql.url("nowhere"), [])
