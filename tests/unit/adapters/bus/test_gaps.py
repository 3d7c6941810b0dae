"""Gaps of the outbox: noted, filled, forgotten in time."""

from fairlead.adapters.bus.gaps import AT_MOST, KEPT_SECONDS, Gaps


class Watch:
    """Shows the time it is set to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_what_is_missing_between_two_is_open_until_found() -> None:
    gaps = Gaps()
    gaps.note(4, [5, 8, 9, 11])
    assert gaps.open() == [6, 7, 10]
    gaps.fill([7, 99])

    assert gaps.open() == [6, 10]


def test_gaps_are_forgotten_after_some_minutes() -> None:
    """By then no unit of work can be open that took one of these positions."""
    watch = Watch()
    gaps = Gaps(watch)
    gaps.note(0, [2])
    watch.now = KEPT_SECONDS
    gaps.note(2, [4])
    assert gaps.open() == [1, 3]
    watch.now += 1

    assert gaps.open() == [3]


def test_a_huge_gap_costs_little() -> None:
    gaps = Gaps()
    gaps.note(0, [10**12])

    assert len(gaps.open()) == AT_MOST
