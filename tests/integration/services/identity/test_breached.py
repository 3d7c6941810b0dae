"""The list of known passwords as it is shipped, and another."""

from pathlib import Path

import pytest

from fairlead.services.identity.breached import (
    SHIPPED,
    BreachedListMissing,
    FileBreachedPasswords,
)
from fairlead.services.identity.domain import guesses


@pytest.mark.parametrize(
    "password",
    ["1q2w3e4r5t6y7u8i", "Password Password", "correct horse battery staple"],
)
async def test_the_shipped_list_knows_what_is_guessed_first(password: str) -> None:
    """In any disguise."""
    assert await FileBreachedPasswords(SHIPPED).has(guesses(password))


async def test_the_shipped_list_lets_others_pass() -> None:
    """Also parts of lines, and what is no text."""
    shipped = FileBreachedPasswords(SHIPPED)
    for good in ("four words make sense", "q2w3e4r5t6y7u8", "\ud800 any text at all"):
        assert not await shipped.has(guesses(good))


async def test_another_list_takes_its_place(tmp_path: Path) -> None:
    """First and last lines count, whatever ends them."""
    file = tmp_path / "list.txt"
    file.write_bytes(b"first words\r\nlast words\n")
    listed = FileBreachedPasswords(file)

    for line in ("first words", "last words"):
        assert await listed.has(frozenset({line}))
    assert not await listed.has(frozenset({"words"}))


async def test_without_the_list_nothing_is_taken(tmp_path: Path) -> None:
    """A missing or empty file is a mistake, not a pass."""
    (tmp_path / "empty").write_bytes(b"")
    for file in (tmp_path / "none", tmp_path / "empty"):
        with pytest.raises(BreachedListMissing):
            await FileBreachedPasswords(file).has(frozenset({"x"}))
