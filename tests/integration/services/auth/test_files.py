"""Signing keys in files."""

from pathlib import Path

from fairlead.services.auth.files import FileKeySafe


def test_secrets_are_kept_for_this_user_only(tmp_path: Path) -> None:
    """Mode 0600 in a folder of mode 0700, also one that was there before."""
    folder = tmp_path / "keys"
    folder.mkdir(mode=0o755)
    safe = FileKeySafe(folder)
    safe.save("one", "secret")
    safe.save("one", "other")

    [file] = folder.iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700
    assert FileKeySafe(folder).load("one") == "other"
    assert safe.load("two") is None


def test_a_save_that_was_killed_does_not_stop_the_next(tmp_path: Path) -> None:
    """A half-written file is replaced."""
    safe = FileKeySafe(tmp_path)
    (tmp_path / "ed25519-one.new").write_text("half")
    safe.save("one", "whole")

    assert safe.load("one") == "whole"
