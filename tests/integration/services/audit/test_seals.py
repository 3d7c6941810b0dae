"""The key of the seals in a file."""

from pathlib import Path

from fairlead.kernel.principal import DEFAULT_TENANT
from fairlead.services.audit.domain.entries import Head
from fairlead.services.audit.seals import FILE, KeySealer


def test_the_key_is_made_once_and_is_its_owners_alone(tmp_path: Path) -> None:
    first = KeySealer.of(tmp_path / "keys")
    second = KeySealer.of(tmp_path / "keys")

    assert (first.fresh, second.fresh) == (True, False)
    assert first.key == second.key
    assert (tmp_path / "keys" / FILE).stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "keys").stat().st_mode & 0o777 == 0o700
    assert [path.name for path in (tmp_path / "keys").iterdir()] == [FILE]


def test_another_key_makes_no_seal_that_fits(tmp_path: Path) -> None:
    ours, theirs = KeySealer.of(tmp_path / "a"), KeySealer.of(tmp_path / "b")
    seal = theirs.seal(Head(1, "d"), DEFAULT_TENANT)

    assert theirs.fits(seal, DEFAULT_TENANT)
    assert not ours.fits(seal, DEFAULT_TENANT)
