"""Migrations: once, in order, whole or not at all, by one process at a time."""

import multiprocessing
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from fairlead.adapters.sql.errors import DatabaseUnavailable
from fairlead.adapters.sql.histories import DatabaseNewer
from fairlead.adapters.sql.migrate import migrate, pending

SCRIPT = '''"""A step."""
import sqlalchemy as sa
from alembic import op

revision = "{id}"
down_revision = {after!r}


def upgrade() -> None:
    {body}
'''


def script(
    folder: Path, number: str, after: str | None, body: str, *, stage: str = "pre"
) -> None:
    folder.mkdir(exist_ok=True)
    (folder / f"{stage}_{number}_step.py").write_text(
        SCRIPT.format(id=number, after=after, body=body)
    )


def make(table: str) -> str:
    return f'op.create_table("{table}", sa.Column("id", sa.Integer))'


def tables(file: Path) -> set[str]:
    connection = sqlite3.connect(file)
    try:
        rows = connection.execute("SELECT name FROM sqlite_schema WHERE type='table'")
        return {name for (name,) in rows}
    finally:
        connection.close()


@pytest.fixture
def boats(tmp_path: Path) -> Path:
    folder = tmp_path / "boats"
    script(folder, "0001", None, make("boats_hulls"))
    return folder


def test_migrations_are_applied_once(tmp_path: Path, boats: Path) -> None:
    """The second time nothing is pending; a new revision is found and applied."""
    file = tmp_path / "f.db"
    first = migrate(file, [("boats", boats)])
    again = migrate(file, [("boats", boats)])
    script(boats, "0002", "0001", make("boats_sails"), stage="post")
    later = migrate(file, [("boats", boats)])

    assert first == ["platform:0001", "boats:0001"]
    assert again == []
    assert later == ["boats:0002"]
    assert {"boats_hulls", "boats_sails", "platform_outbox"} <= tables(file)
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_failed_migration_leaves_nothing(tmp_path: Path, boats: Path) -> None:
    """What it did before it failed is undone; those before it stay."""
    file = tmp_path / "f.db"
    body = f"{make('boats_masts')}; raise KeyError('boom')"
    script(boats, "0002", "0001", body)
    with pytest.raises(KeyError):
        migrate(file, [("boats", boats)])
    left = tables(file)
    script(boats, "0002", "0001", make("boats_masts"))

    assert "boats_hulls" in left
    assert "boats_masts" not in left
    assert migrate(file, [("boats", boats)]) == ["boats:0002"]


def test_a_newer_database_is_refused(tmp_path: Path, boats: Path) -> None:
    """The error names the module; nothing is changed."""
    file = tmp_path / "f.db"
    migrate(file, [("boats", boats)])
    with sqlite3.connect(file) as connection:
        connection.execute(
            "UPDATE platform_migrations SET revision = '0009' WHERE module = 'boats'"
        )
    connection.close()
    script(boats, "0002", "0001", make("boats_sails"))

    with pytest.raises(DatabaseNewer, match="newer version of 'boats'"):
        migrate(file, [("boats", boats)])
    assert "boats_sails" not in tables(file)


def test_processes_that_migrate_at_once_take_turns(tmp_path: Path, boats: Path) -> None:
    """Each revision is applied by exactly one of them, and none fails."""
    file = tmp_path / "f.db"
    for number in range(2, 6):
        script(boats, f"000{number}", f"000{number - 1}", make(f"boats_t{number}"))
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        jobs = [pool.apply_async(migrate, (file, [("boats", boats)])) for _ in "ab"]
        done = [job.get(120) for job in jobs]

    assert sorted(done[0] + done[1]) == [
        *(f"boats:000{n}" for n in range(1, 6)),
        "platform:0001",
    ]


def test_files_that_are_no_database_are_named(tmp_path: Path) -> None:
    """The message tells which file it is and what to do."""
    file = tmp_path / "f.db"
    file.write_bytes(b"no database at all, but long enough to look" * 100)

    with pytest.raises(DatabaseUnavailable, match=r"f\.db is no database"):
        migrate(file, [])


def test_an_unmakeable_file_is_named(tmp_path: Path) -> None:
    """A folder that cannot be made is told, too."""
    (tmp_path / "file").touch()

    with pytest.raises(DatabaseUnavailable, match=r"f\.db cannot be opened"):
        migrate(tmp_path / "file" / "f.db", [])


def test_branches_are_a_bug(tmp_path: Path, boats: Path) -> None:
    """Two revisions after the same one, or one after nothing, are refused."""
    script(boats, "0003", "0002", make("boats_x"))
    with pytest.raises(ValueError, match="form no line"):
        pending(tmp_path / "f.db", [("boats", boats)])
    script(boats, "0002", None, make("boats_y"))
    with pytest.raises(ValueError, match="collide"):
        pending(tmp_path / "f.db", [("boats", boats)])


def test_alembic_is_not_imported_when_nothing_is_pending(tmp_path: Path) -> None:
    """A second start does not pay for it."""
    file = tmp_path / "f.db"
    migrate(file, [])
    code = (
        "import sys; from pathlib import Path;"
        "from fairlead.adapters.sql.migrate import migrate;"
        f"assert migrate(Path({str(file)!r}), []) == [];"
        "assert not [m for m in sys.modules if m.startswith('alembic')]"
    )

    done = subprocess.run([sys.executable, "-c", code], check=False)  # noqa: S603
    assert done.returncode == 0
