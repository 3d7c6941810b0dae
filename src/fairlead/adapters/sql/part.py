"""What a module gives to the database: its tables and their migrations."""

from dataclasses import dataclass
from pathlib import Path

from fairlead.kernel.module import Part


@dataclass(frozen=True)
class TablePart(Part):
    """The folder of a module's numbered Alembic migrations."""

    migrations: Path
