"""Which refusals get an entry."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from fairlead.kernel.principal import Origin, Principal, anonymous, service
from fairlead.services.audit.public import Act, Outcome
from fairlead.services.audit.refusals import (
    CALLER_CAP,
    CAP_WINDOW,
    STRANGER_WINDOW,
    STRANGERS_CAP,
    WINDOW,
    Refusals,
)

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ADA = Principal(id=UUID(int=7), name="ada")
ACT = Act(action="boats.boat.sink", target="boats/1", outcome=Outcome.REFUSED)


def stranger(number: int) -> Principal:
    return anonymous(Origin(address=f"10.0.{number // 256}.{number % 256}"))


def boat(number: int) -> Act:
    return replace(ACT, target=f"boats/{number}")


@pytest.mark.parametrize(
    ("who", "window"), [(ADA, WINDOW), (stranger(1), STRANGER_WINDOW)]
)
def test_a_repeated_refusal_is_recorded_once_per_window(
    who: Principal, window: timedelta
) -> None:
    """The next record tells how many were left out."""
    refusals = Refusals()

    assert refusals.admit(who, ACT, at=NOW) == 0
    assert refusals.admit(who, ACT, at=NOW) is None
    assert refusals.admit(who, ACT, at=NOW + window) == 1


@pytest.mark.parametrize(
    "other",
    [
        replace(ACT, action="boats.boat.sail"),
        replace(ACT, target="boats/2"),
        replace(ACT, scope="/projects/1"),
        replace(ACT, details={"reason": "boats.sunk"}),
    ],
)
def test_what_differs_is_not_merged(other: Act) -> None:
    refusals = Refusals()

    assert refusals.admit(ADA, ACT, at=NOW) == 0
    assert refusals.admit(ADA, other, at=NOW) == 0


def test_a_caller_who_tries_everything_cannot_fill_the_trail() -> None:
    """Different targets do not help: the caller has a cap of its own."""
    refusals = Refusals()

    admitted = [refusals.admit(ADA, boat(n), at=NOW) for n in range(1000)]

    assert sum(each is not None for each in admitted) == CALLER_CAP
    later = refusals.admit(ADA, boat(0), at=NOW + CAP_WINDOW)
    assert later == 1000 - CALLER_CAP


def test_strangers_are_told_apart_by_address() -> None:
    """One stranger's flood hides no other's attempt."""
    refusals = Refusals()
    for number in range(100):
        refusals.admit(stranger(1), boat(number), at=NOW)

    assert refusals.admit(stranger(2), ACT, at=NOW) == 0


def test_strangers_of_many_addresses_cannot_fill_the_trail_either() -> None:
    """Those who are known have their own cap still."""
    refusals = Refusals()

    admitted = [refusals.admit(stranger(n), ACT, at=NOW) for n in range(1000)]

    assert sum(each is not None for each in admitted) == STRANGERS_CAP
    assert refusals.admit(ADA, ACT, at=NOW) == 0
    later = refusals.admit(stranger(2000), ACT, at=NOW + CAP_WINDOW)
    assert later == 1000 - STRANGERS_CAP


def test_what_our_own_parts_are_refused_is_always_told() -> None:
    refusals = Refusals()

    admitted = {refusals.admit(service("x"), ACT, at=NOW) for _ in range(1000)}

    assert admitted == {0}
