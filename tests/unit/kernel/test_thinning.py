"""Thinning keeps a flood from filling what records it."""

from datetime import UTC, datetime, timedelta

from fairlead.kernel.thinning import Thinning

NOW = datetime(2026, 1, 1, tzinfo=UTC)
WINDOW = timedelta(seconds=10)


def test_the_first_is_told_and_the_rest_are_counted() -> None:
    """One record per window; the next one says how many were left out."""
    thinning = Thinning(WINDOW)

    assert thinning.admit("a", at=NOW) == 0
    assert thinning.admit("a", at=NOW + WINDOW / 2) is None
    assert thinning.admit("a", at=NOW + WINDOW / 2) is None
    assert thinning.admit("a", at=NOW + WINDOW) == 2
    assert thinning.admit("a", at=NOW + WINDOW * 2) == 0


def test_keys_do_not_disturb_each_other() -> None:
    """A flood of one fact hides no other."""
    thinning = Thinning(WINDOW)
    thinning.admit("a", at=NOW)

    assert thinning.admit("b", at=NOW) == 0


def test_its_memory_is_bounded() -> None:
    """The key that was told longest ago is forgotten first."""
    thinning = Thinning(WINDOW, capacity=2)
    for key in ("a", "b", "c"):
        thinning.admit(key, at=NOW)

    assert thinning.admit("c", at=NOW) is None
    assert thinning.admit("a", at=NOW) == 0
