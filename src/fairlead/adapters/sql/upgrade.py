"""Running migration files with Alembic's operations on SQLite."""

import sqlite3
from pathlib import Path

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from fairlead.adapters.sql.errors import unavailable
from fairlead.adapters.sql.histories import Pending, Revision
from fairlead.adapters.sql.scripts import run_script
from fairlead.adapters.sql.sqlite import engine_for

_WAIT = "PRAGMA busy_timeout = 60000"
_UNCHECKED = "PRAGMA foreign_keys = OFF"  # tables are made anew; checked at the end


def upgrade(file: Path, waiting: Pending) -> list[str]:
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
        run_script(connection, revision.file)
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
