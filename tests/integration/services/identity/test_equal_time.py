"""Whether somebody exists is not told by how long a refusal takes."""

import statistics
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from fairlead.kernel.ids import new_id
from fairlead.kernel.principal import DEFAULT_TENANT, Origin
from fairlead.services.identity.domain import NO_HASH, Account
from fairlead.services.identity.hashing import Argon2Hasher
from fairlead.services.identity.memory import (
    MemoryFactorStore,
    MemoryTallyStore,
    MemoryUserStore,
    PaperSafe,
)
from fairlead.services.identity.public import User, WrongCredentials
from fairlead.services.identity.use_cases.credentials import CheckCredentials
from fairlead.services.identity.use_cases.second import CheckSecondFactor
from fairlead.services.identity.use_cases.turnstile import Turnstile
from fairlead.testing.fakes import FrozenClock, NullWork, RecordingOutbox

PASSWORD = "four words make sense"
ROUNDS = 9
TRIES = 5
ALIKE = 1.3
"""How far medians may be apart; without the hash of nobody it is a hundredfold."""

Made = tuple[CheckCredentials, FrozenClock]


@pytest.fixture
async def made() -> AsyncIterator[Made]:
    """Real hashes; the rest in memory."""
    clock, work, store = FrozenClock(), NullWork(), MemoryUserStore()
    hasher = Argon2Hasher(cores=1)
    known = User(
        id=new_id(),
        tenant_id=DEFAULT_TENANT,
        name="ada",
        disabled=False,
        created_at=clock.now(),
    )
    password_hash = await hasher.hash(PASSWORD)
    for user, kept in (
        (known, password_hash),
        (replace(known, id=new_id(), name="gone", disabled=True), password_hash),
        (replace(known, id=new_id(), name="robot", service=True), NO_HASH),
    ):
        await store.add(Account(user=user, password_hash=kept))
    second = CheckSecondFactor(
        factors=MemoryFactorStore(), safe=PaperSafe(), work=work, clock=clock
    )
    yield (
        CheckCredentials(
            store=store,
            tallies=MemoryTallyStore(),
            hasher=hasher,
            turnstile=Turnstile(),
            second=second,
            outbox=RecordingOutbox(),
            work=work,
            clock=clock,
            tenant_id=DEFAULT_TENANT,
        ),
        clock,
    )
    hasher.close()


async def spent(made: Made, name: str, password: str) -> float:
    """Return the processor's time for a refusal: it does not depend on the others'."""
    check, clock = made
    clock.advance(timedelta(days=2))
    began = time.process_time()
    with pytest.raises(WrongCredentials):
        await check(name, password, origin=Origin(address="10.0.0.1"), code="")
    return time.process_time() - began


async def test_strangers_take_as_long_as_those_we_know(made: Made) -> None:
    """Unknown, shut out, without a password, no name at all: like a wrong password."""
    kinds = {
        "known": ("ada", "a wrong one"),
        "unknown": ("eve", "a wrong one"),
        "shut out": ("gone", PASSWORD),
        "service": ("robot", "a wrong one"),
        "no name": ("no name!", "a wrong one"),
    }
    medians: dict[str, float] = {}
    for _ in range(TRIES):
        times: dict[str, list[float]] = {kind: [] for kind in kinds}
        for _ in range(ROUNDS):
            for kind, given in kinds.items():
                times[kind].append(await spent(made, *given))
        medians = {kind: statistics.median(each) for kind, each in times.items()}
        if apart(medians) <= ALIKE:
            return
    raise AssertionError(medians)


def apart(medians: dict[str, float]) -> float:
    return max(medians.values()) / min(medians.values())


async def test_the_clock_would_tell(made: Made) -> None:
    """Too long a password is not hashed for anybody, and that is seen here."""
    wrong: Callable[[str], Any] = lambda password: spent(made, "ada", password)  # noqa: E731
    short = [await wrong("a wrong one") for _ in range(5)]
    long = [await wrong("x" * 2000) for _ in range(5)]

    assert statistics.median(long) < statistics.median(short) / 4
