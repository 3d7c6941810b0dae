"""Argon2id as it really is."""

import asyncio
from collections.abc import Iterator

import pytest

from fairlead.services.identity.hashing import QUEUE_PER_CORE, Argon2Hasher
from fairlead.services.identity.public import TooManyAttempts

PASSWORD = "four words make sense"


@pytest.fixture
def hasher() -> Iterator[Argon2Hasher]:
    made = Argon2Hasher(cores=1)
    yield made
    made.close()


async def test_hashes_are_argon2id_at_the_recommended_cost(
    hasher: Argon2Hasher,
) -> None:
    """19 MiB, two passes, one lane; two hashes of one password differ."""
    one, other = await hasher.hash(PASSWORD), await hasher.hash(PASSWORD)

    assert one.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert one != other
    assert not hasher.stale(one)
    assert await hasher.matches(PASSWORD, one)
    assert not await hasher.matches("another", one)


async def test_nobody_has_a_password(hasher: Argon2Hasher) -> None:
    """The comparison for unknown users is a real one, and fails."""
    assert not await hasher.matches(PASSWORD, None)


async def test_cheaper_hashes_are_stale(hasher: Argon2Hasher) -> None:
    """A hash of other parameters is told from today's."""
    stored = await hasher.hash(PASSWORD)

    assert hasher.stale(stored.replace("m=19456", "m=8192"))


async def test_the_line_is_bounded(hasher: Argon2Hasher) -> None:
    """A flood is refused at once, and what was taken on is done."""
    stored = await hasher.hash("\ud800 any text")
    flood = [hasher.matches("x", stored) for _ in range(QUEUE_PER_CORE + 5)]
    results = await asyncio.gather(*flood, return_exceptions=True)

    assert sum(isinstance(each, TooManyAttempts) for each in results) == 5
    assert results.count(False) == QUEUE_PER_CORE
    assert await hasher.matches("\ud800 any text", stored)
