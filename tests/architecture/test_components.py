"""Programs that tests need come from the fixture, so that CI notices a missing one."""

from pathlib import Path

TESTS = Path(__file__).parents[1]
OWN_SEARCH = ("shutil.which", "from shutil import which", "mark.skipif")


def test_no_test_looks_for_its_programs_itself() -> None:
    """A test that skips itself would be green where all components are required."""
    found = [
        f"{path.relative_to(TESTS)}: {word}"
        for path in TESTS.rglob("*.py")
        if path != Path(__file__)
        for word in OWN_SEARCH
        if word in path.read_text(encoding="utf-8")
    ]

    assert found == []
