"""Every module's migrations make exactly the tables its code declares."""

from pathlib import Path

from fairlead.testing.database import (
    import_tables,
    migrated_database,
    modules_with_migrations,
    schema_differences,
)


async def test_migrated_tables_are_the_declared_ones(tmp_path: Path) -> None:
    """Migrating an empty file and creating the declared tables ends alike."""
    modules = modules_with_migrations()
    async with migrated_database(tmp_path, modules) as database:
        import_tables(modules)

        differences = schema_differences(database.file, ["platform", *modules])
    assert differences == []
