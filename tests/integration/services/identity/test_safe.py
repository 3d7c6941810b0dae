"""Sealing with a key in a file."""

from pathlib import Path

from fairlead.services.identity.safe import FileSafe


def test_what_is_sealed_is_opened_for_its_owner_alone(tmp_path: Path) -> None:
    """By whoever has the key's file, which is its owner's."""
    file = tmp_path / "keys" / "identity.key"
    sealed = FileSafe(file).seal("A" * 32, owner="ada")

    assert FileSafe(file).open(sealed, owner="ada") == "A" * 32
    assert FileSafe(file).open(sealed, owner="bob") is None
    assert len(sealed) <= 200
    assert "AAAA" not in sealed
    assert file.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in file.parent.iterdir()] == ["identity.key"]


def test_without_the_key_nothing_is_opened(tmp_path: Path) -> None:
    """A copy of the database alone gives no secrets."""
    sealed = FileSafe(tmp_path / "one.key").seal("secret", owner="ada")

    assert FileSafe(tmp_path / "other.key").open(sealed, owner="ada") is None
