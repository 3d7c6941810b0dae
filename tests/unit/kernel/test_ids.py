"""Identifiers."""

from fairlead.kernel.ids import new_id


def test_ids_are_version_seven_and_distinct() -> None:
    ids = {new_id() for _ in range(1000)}
    assert len(ids) == 1000
    assert {made.version for made in ids} == {7}
    assert {made.variant for made in ids} == {"specified in RFC 4122"}
