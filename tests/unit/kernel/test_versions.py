"""Module versions and the ranges they are asked for in."""

import pytest

from fairlead.kernel.versions import BadVersion, Version, satisfies


def test_missing_parts_are_zero() -> None:
    assert Version.parse("1") == Version(1, 0, 0)


@pytest.mark.parametrize(
    ("version", "wanted", "fits"),
    [
        ("1.4.2", ">=1.0", True),
        ("1.4.2", ">=1.0, <1.4", False),
        ("1.4.2", "~=1.2", True),
        ("2.0.0", "~=1.2", False),
        ("1.5.0", "~=1.4.2", False),
        ("1.4.2", "!=1.4.2", False),
        ("0.1", "", True),
    ],
)
def test_ranges_hold(version: str, wanted: str, *, fits: bool) -> None:
    assert satisfies(version, wanted) is fits


@pytest.mark.parametrize("wanted", ["1.0", ">=one", "latest"])
def test_bad_ranges_are_refused(wanted: str) -> None:
    with pytest.raises(BadVersion):
        satisfies("1.0", wanted)
