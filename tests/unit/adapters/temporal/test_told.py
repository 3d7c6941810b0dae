"""The record of ends that were taken in."""

from pathlib import Path

import pytest

from fairlead.adapters.temporal.told import ToldFile


@pytest.fixture
def told(tmp_path: Path) -> ToldFile:
    file = ToldFile(tmp_path / "told.db")
    file.open()
    return file


def test_ends_are_remembered_across_openings(told: ToldFile, tmp_path: Path) -> None:
    told.add("run", ended=5.0)
    told.close()
    again = ToldFile(tmp_path / "told.db")
    again.open()

    assert again.knows("run")
    assert not again.knows("other")
    again.close()


def test_settled_ends_are_forgotten(told: ToldFile) -> None:
    """What ended before the moment up to which all was told needs no row."""
    told.add("old", ended=5.0)
    told.add("new", ended=15.0)
    assert told.upto() == 0.0

    told.settle(10.0)

    assert told.upto() == 10.0
    assert (told.knows("old"), told.knows("new")) == (False, True)
    told.close()


def test_a_broken_file_is_made_anew(tmp_path: Path) -> None:
    """Ends are told again then, which listeners bear."""
    place = tmp_path / "told.db"
    place.write_bytes(b"no database " * 500)
    told = ToldFile(place)
    told.open()

    assert told.upto() == 0.0
    told.close()
