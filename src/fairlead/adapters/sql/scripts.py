"""Running one migration file with Alembic's operations."""

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection


def run_script(connection: Connection, file: Path) -> None:
    """Call the `upgrade` of a migration file in the transaction of `connection`.

    Raises:
        ValueError: it is no Python file.
    """
    spec = spec_from_file_location(f"fairlead_migration_{file.stem}", file)
    if spec is None or spec.loader is None:
        raise ValueError(f"{file} cannot be read as Python")
    script = module_from_spec(spec)
    spec.loader.exec_module(script)
    with Operations.context(MigrationContext.configure(connection)):
        script.upgrade()
