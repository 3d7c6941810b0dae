"""A migrated database for tests, and what its tables should look like."""

import re
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import cache
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol

from sqlalchemy import Connection, create_engine, inspect

import fairlead
from fairlead.adapters.bus import inbox, outbox
from fairlead.adapters.sql import idempotency
from fairlead.adapters.sql.database import Database
from fairlead.adapters.sql.migrate import migrate
from fairlead.adapters.sql.sqlite import SqliteDatabase, create_file
from fairlead.adapters.sql.tables import metadata

BACKENDS = ("sqlite", "postgresql")
PLATFORM_TABLES = (inbox.inbox, outbox.outbox, idempotency.request_keys)

_ROOT = Path(fairlead.__file__).parent
_FOLDERS = ("services", "modules", ".")


class OpenDatabase(Protocol):
    """Opens a database of one of `BACKENDS` with the tables of `modules`."""

    def __call__(
        self, backend: str, modules: Sequence[str | tuple[str, Path]] = ()
    ) -> AbstractAsyncContextManager[Database]:
        """Give it while the context is open; `modules` as in `migrated_database`."""


def migrations_of(module: str) -> Path:
    """Return the migrations folder of one of our modules.

    Raises:
        LookupError: there is no such module, or it has no migrations.
    """
    for folder in _FOLDERS:
        found = _ROOT / folder / module / "migrations"
        if found.is_dir():
            return found.resolve()
    raise LookupError(f"no migrations of {module}")


def modules_with_migrations() -> list[str]:
    """Return the names of all our modules that have tables, sorted."""
    found = (path for each in _FOLDERS for path in (_ROOT / each).glob("*/migrations"))
    return sorted({path.parent.name for path in found})


@asynccontextmanager
async def migrated_database(
    folder: Path, modules: Sequence[str | tuple[str, Path]] = ()
) -> AsyncIterator[SqliteDatabase]:
    """Yield an open database in `folder` with the tables of `modules`, in that order.

    A module of ours is given by its name, others as name and migrations folder.
    """
    file = folder / "fairlead.db"
    create_file(file)
    file.write_bytes(_migrated(histories_of(modules)))
    database = SqliteDatabase(file)
    await database.open()
    try:
        yield database
    finally:
        await database.close()


def histories_of(
    modules: Sequence[str | tuple[str, Path]],
) -> tuple[tuple[str, Path], ...]:
    """Return names and migrations folders, where names may be given alone."""
    return tuple(
        (module, migrations_of(module)) if isinstance(module, str) else module
        for module in modules
    )


@cache
def _migrated(histories: tuple[tuple[str, Path], ...]) -> bytes:
    """Migrate once per process: tests then start from a copy."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "template.db"
        migrate(file, histories)
        return file.read_bytes()


def import_tables(modules: Iterable[str]) -> None:
    """Import what declares the tables of our `modules`."""
    for module in modules:
        folder = migrations_of(module).parent
        name = ".".join(("fairlead", *folder.relative_to(_ROOT).parts))
        for file in sorted(folder.glob("sql*")):
            import_module(f"{name}.{file.stem}")


def schema_differences(migrated: Path, prefixes: Iterable[str]) -> list[str]:
    """Compare the tables of the file `migrated` with those declared in code.

    Only tables named `<prefix>_...` count. Returns one line per difference.
    """
    starts = starts_of(prefixes)
    declared_engine = create_engine("sqlite://")
    migrated_engine = create_engine(f"sqlite:///{migrated}")
    try:
        with declared_engine.connect() as one, migrated_engine.connect() as other:
            metadata.create_all(one)
            declared, found = shape(one, starts), shape(other, starts)
    finally:
        declared_engine.dispose()
        migrated_engine.dispose()
    found.pop("platform_migrations", None)
    return compared(declared, found)


def starts_of(prefixes: Iterable[str]) -> tuple[str, ...]:
    """Return how the tables of the modules `prefixes` begin."""
    return tuple(f"{prefix}_" for prefix in prefixes)


def compared(declared: dict[str, Any], found: dict[str, Any]) -> list[str]:
    """Return one line per table whose two shapes differ."""
    return [
        f"{table}: declared {declared.get(table)}, migrated {found.get(table)}"
        for table in sorted(declared.keys() | found.keys())
        if declared.get(table) != found.get(table)
    ]


def shape(
    connection: Connection, starts: tuple[str, ...], schema: str | None = None
) -> dict[str, Any]:
    """Return all that is to be compared of the tables whose names begin so."""
    inspector = inspect(connection)
    return {
        table: {
            "columns": {
                column["name"]: (
                    column["type"].compile(dialect=connection.dialect),
                    column["nullable"],
                    re.sub(r"nextval\('\S+\.", "nextval('", str(column["default"])),
                )
                for column in inspector.get_columns(table, schema)
            },
            "key": inspector.get_pk_constraint(table, schema)["constrained_columns"],
            "unique": sorted(
                tuple(each["column_names"])
                for each in inspector.get_unique_constraints(table, schema)
            ),
            "indexes": sorted(
                (str(each["name"]), tuple(each["column_names"]), bool(each["unique"]))
                for each in inspector.get_indexes(table, schema)
            ),
            "foreign": sorted(
                (tuple(each["constrained_columns"]), each["referred_table"])
                for each in inspector.get_foreign_keys(table, schema)
            ),
        }
        for table in inspector.get_table_names(schema)
        if table.startswith(starts)
    }
