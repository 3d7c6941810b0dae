"""A workplace inside somebody else's project does not take over its settings."""

import subprocess
import sys
from pathlib import Path

from fairlead.modules.pipelines.activities.workplace import Workplace


def test_pytest_in_a_checkout_ignores_the_settings_around_the_data_folder(
    tmp_path: Path,
) -> None:
    (tmp_path / "pyproject.toml").write_text(
        "[tool.pytest.ini_options]\naddopts = '--no-such-option'\n"
    )
    place = Workplace(tmp_path / ".fairlead" / "work" / "run")
    place.prepare()
    place.source.mkdir()
    (place.source / "test_it.py").write_text("def test_it():\n    pass\n")
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=place.source,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_ruff_finds_empty_settings_above_a_checkout(tmp_path: Path) -> None:
    place = Workplace(tmp_path / "work" / "run")
    place.prepare()
    lines = (place.source.parent / "ruff.toml").read_text().splitlines()
    assert lines
    assert all(line.startswith("#") for line in lines)
