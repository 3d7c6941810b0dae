"""One server per data folder."""

import os
from pathlib import Path

import pytest

from fairlead.adapters.settings.home import Home
from fairlead.adapters.settings.lock import HomeHeld, HomeLock, HomeUnusable


def test_second_holder_is_refused_by_name(tmp_path: Path) -> None:
    home = Home(tmp_path / "data")
    lock = HomeLock(home)
    with pytest.raises(HomeHeld, match=str(os.getpid())):
        HomeLock(home)
    lock.close()

    HomeLock(home).close()


def test_folder_is_private(tmp_path: Path) -> None:
    home = Home(tmp_path / "data")
    HomeLock(home).close()
    assert home.path.stat().st_mode & 0o077 == 0


def test_folder_that_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    home = Home(tmp_path / "data")
    home.path.mkdir(mode=0o755)
    home.path.chmod(0o755)
    HomeLock(home).close()

    assert home.path.stat().st_mode & 0o777 == 0o700


def test_unusable_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(HomeUnusable, match="FAIRLEAD_HOME"):
        HomeLock(Home(tmp_path / "file" / "data"))
