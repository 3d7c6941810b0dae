"""Running migration files with Alembic's operations."""

import sqlite3
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import structlog
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from fairlead.adapters.sql.errors import unavailable
from fairlead.adapters.sql.histories import Revision
from fairlead.adapters.sql.sqlite import engine_for

_WAIT = "PRAGMA busy_timeout = 60000"
_UNCHECKED = "PRAGMA foreign_keys = OFF"  # tables are made anew; checked at the end


def upgrade(file: Path, waiting: list[tuple[str, tuple[Revision, ...]]]) -> list[str]:
    """Apply revisions one transaction each; those another process applied are left.

    Raises:
        DatabaseUnavailable: `file` cannot be used.
    """
    log = structlog.get_logger("fairlead.sql")
    done: list[str] = []
    engine = engine_for(file, _WAIT, _UNCHECKED)
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql(
                "CREATE TABLE IF NOT EXISTS platform_migrations ("
                "module VARCHAR(40) NOT NULL PRIMARY KEY, "
                "revision VARCHAR(40) NOT NULL)"
            )
            for module, revisions in waiting:
                for revision in revisions:
                    if _apply(connection, module, revision):
                        done.append(f"{module}:{revision.id}")
                        log.info("migrated", module=module, revision=revision.id)
    except (DBAPIError, sqlite3.Error) as error:
        raise unavailable(error, file) or error from error
    finally:
        engine.dispose()
    return done


def _apply(connection: Connection, module: str, revision: Revision) -> bool:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
    try:
        if _current(connection, module) != revision.after:
            connection.exec_driver_sql("ROLLBACK")
            return False
        _run(connection, revision.file)
        connection.exec_driver_sql(
            "INSERT INTO platform_migrations (module, revision) VALUES (?, ?) "
            "ON CONFLICT (module) DO UPDATE SET revision = excluded.revision",
            (module, revision.id),
        )
        _check_references(connection, revision.file)
        connection.exec_driver_sql("COMMIT")
    except BaseException:
        driver = connection.connection.driver_connection
        if isinstance(driver, sqlite3.Connection) and driver.in_transaction:
            driver.rollback()
        raise
    return True


def _current(connection: Connection, module: str) -> str | None:
    found: str | None = connection.exec_driver_sql(
        "SELECT revision FROM platform_migrations WHERE module = ?", (module,)
    ).scalar()
    return found


def _check_references(connection: Connection, file: Path) -> None:
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
    if broken:
        raise ValueError(f"{file} breaks foreign keys: {broken[:3]}")


def _run(connection: Connection, file: Path) -> None:
    spec = spec_from_file_location(f"fairlead_migration_{file.stem}", file)
    if spec is None or spec.loader is None:
        raise ValueError(f"{file} cannot be read as Python")
    script = module_from_spec(spec)
    spec.loader.exec_module(script)
    with Operations.context(MigrationContext.configure(connection)):
        script.upgrade()
