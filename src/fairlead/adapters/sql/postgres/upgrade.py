"""Running migration files with Alembic's operations on PostgreSQL."""

import structlog
from sqlalchemy import Connection, NullPool
from sqlalchemy.ext.asyncio import create_async_engine

from fairlead.adapters.sql.histories import Pending, Revision
from fairlead.adapters.sql.postgres.place import Place
from fairlead.adapters.sql.postgres.schemas import VERSIONS, quoted
from fairlead.adapters.sql.postgres.walls import protect
from fairlead.adapters.sql.scripts import run_script

_TURN = "SELECT pg_advisory_xact_lock(7020326271434752)"
_NO_LIMIT = "SET LOCAL statement_timeout = 0"
_VERSION = "module VARCHAR(40) NOT NULL PRIMARY KEY, revision VARCHAR(40) NOT NULL"
_EVERY_TENANT = "SET LOCAL fairlead.every_tenant = 'on'"


async def upgrade(place: Place, waiting: Pending) -> list[str]:
    """Apply revisions one transaction each; those another process applied are left.

    Raises: what the driver raises.
    """
    log = structlog.get_logger("fairlead.sql")
    done: list[str] = []
    engine = create_async_engine(
        "postgresql+asyncpg://",
        async_creator=lambda **_: place.connect(),
        poolclass=NullPool,
    )
    try:
        async with engine.connect() as connection:
            for module, revisions in waiting:
                for revision in revisions:
                    async with connection.begin():
                        fresh = await connection.run_sync(_apply, module, revision)
                    if fresh:
                        done.append(f"{module}:{revision.id}")
                        log.info("migrated", module=module, revision=revision.id)
    finally:
        await engine.dispose()
    return done


def _apply(connection: Connection, module: str, revision: Revision) -> bool:
    schema = quoted(module)
    versions = f"{schema}.{VERSIONS}"
    for statement in (
        _TURN,
        _NO_LIMIT,
        _EVERY_TENANT,
        f"CREATE SCHEMA IF NOT EXISTS {schema}",
        f"SET LOCAL search_path = {schema}",
        f"CREATE TABLE IF NOT EXISTS {versions} ({_VERSION})",
    ):
        connection.exec_driver_sql(statement)
    current = connection.exec_driver_sql(
        f"SELECT revision FROM {versions}"  # noqa: S608 - quoted
    ).scalar()
    if current != revision.after:
        return False
    run_script(connection, revision.file)
    connection.exec_driver_sql(
        f"INSERT INTO {versions} (module, revision) VALUES ($1, $2) "  # noqa: S608
        "ON CONFLICT (module) DO UPDATE SET revision = excluded.revision",
        (module, revision.id),
    )
    protect(connection, module)
    return True
