"""Identifiers."""

from uuid import UUID

from fairlead.kernel.ids import new_id, new_word


def test_ids_are_version_seven_and_distinct() -> None:
    ids = {new_id() for _ in range(1000)}
    assert len(ids) == 1000
    assert {made.version for made in ids} == {7}
    assert {made.variant for made in ids} == {"specified in RFC 4122"}


def test_words_are_ids_as_text() -> None:
    words = [new_word() for _ in range(1000)]
    ids = {UUID(word) for word in words}
    assert len(ids) == 1000
    assert [str(UUID(word)) for word in words] == words
    assert {made.version for made in ids} == {7}
    assert {made.variant for made in ids} == {"specified in RFC 4122"}
