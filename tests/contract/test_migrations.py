"""Every module's migrations make exactly the tables its code declares."""

from pathlib import Path

from fairlead.testing.database import (
    import_tables,
    migrated_database,
    modules_with_migrations,
    schema_differences,
)
from fairlead.testing.postgres import (
    PostgresServer,
    postgres_database,
    postgres_differences,
)


async def test_migrated_tables_are_the_declared_ones(tmp_path: Path) -> None:
    """Migrating an empty file and creating the declared tables ends alike."""
    modules = modules_with_migrations()
    async with migrated_database(tmp_path, modules) as database:
        import_tables(modules)

        differences = schema_differences(database.file, ["platform", *modules])
    assert differences == []


async def test_migrated_tables_are_the_declared_ones_on_postgresql(
    postgresql: PostgresServer,
) -> None:
    """There, each module's tables are in a schema of their own."""
    modules = modules_with_migrations()
    async with postgres_database(postgresql, modules) as database:
        import_tables(modules)

        found = await postgres_differences(database, ["platform", *modules])
    assert found == []
