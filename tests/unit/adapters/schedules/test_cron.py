"""Timetables, above all where clocks are put forward and back."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as some

from fairlead.adapters.schedules.cron import CronCalendar
from fairlead.kernel.schedules import BadTimetable, Timetable

CALENDAR = CronCalendar()
SPRING = "2026-03-28T12:00+00:00"  # the day before Berlin loses the hour from 2 to 3
AUTUMN = "2026-10-24T12:00+00:00"  # the day before Berlin has that hour twice


def ticks(cron: str, zone: str, after: str, count: int) -> list[str]:
    """Return the next times, in UTC, as day and time."""
    at, found = datetime.fromisoformat(after), []
    for _ in range(count):
        at = CALENDAR.following(Timetable(cron=cron, time_zone=zone), after=at)
        found.append(at.strftime("%d %H:%M"))
    return found


@pytest.mark.parametrize(
    ("cron", "zone", "after", "expected"),
    [
        ("30 2 * * *", "UTC", SPRING, ["29 02:30", "30 02:30"]),
        # a time that does not exist comes once, at the next there is
        ("30 2 * * *", "Europe/Berlin", SPRING, ["29 01:00", "30 00:30"]),
        ("0,30 2 * * *", "Europe/Berlin", SPRING, ["29 01:00", "30 00:00"]),
        ("*/20 2 * * *", "Europe/Berlin", SPRING, ["29 01:00", "30 00:00"]),
        ("0 */2 * * *", "Europe/Berlin", "2026-03-28T22:30+00:00", ["28 23:00"] * 1),
        ("30 2,3 * * *", "Europe/Berlin", SPRING, ["29 01:00", "29 01:30"]),
        ("15 2 * * *", "Australia/Lord_Howe", "2026-10-03T12:00+00:00", ["03 15:30"]),
        # a time that exists twice comes the first time only
        ("30 2 * * *", "Europe/Berlin", AUTUMN, ["25 00:30", "26 01:30"]),
        ("*/30 2 * * *", "Europe/Berlin", AUTUMN, ["25 00:00", "25 00:30", "26 01:00"]),
        # asked in the second pass, it was there already
        ("30 2 * * *", "Europe/Berlin", "2026-10-25T01:10+00:00", ["26 01:30"]),
        # hours that pass are counted as they pass
        ("0 * * * *", "Europe/Berlin", "2026-03-29T00:30+00:00", ["29 01:00"]),
        (
            "0 * * * *",
            "Europe/Berlin",
            "2026-10-24T23:30+00:00",
            ["25 00:00", "25 01:00", "25 02:00"],
        ),
        ("0 0 L * *", "UTC", "2026-02-01T00:00+00:00", ["28 00:00", "31 00:00"]),
        ("0 9 * * MON#1", "UTC", "2026-01-06T00:00+00:00", ["02 09:00"]),
    ],
)
def test_times_around_changes_of_the_clock(
    cron: str, zone: str, after: str, expected: list[str]
) -> None:
    assert ticks(cron, zone, after, len(expected)) == expected


@pytest.mark.parametrize(
    "cron",
    ["", "* * * *", "* * * * * *", "@daily", "61 * * * *", "*/0 * * * *", "1, * * * *"],
)
def test_what_cannot_be_read_says_how_to_write_it(cron: str) -> None:
    with pytest.raises(BadTimetable, match="30 4"):
        ticks(cron, "UTC", SPRING, 1)


def test_a_time_that_never_comes_is_refused() -> None:
    with pytest.raises(BadTimetable):
        ticks("0 0 30 2 *", "UTC", SPRING, 1)


@pytest.mark.parametrize("zone", ["Mars/Base", "", "../passwd", "/etc/passwd", "CEST1"])
def test_unknown_zones_are_refused(zone: str) -> None:
    with pytest.raises(BadTimetable, match="no time zone"):
        ticks("* * * * *", zone, SPRING, 1)


ZONES = ["UTC", "Europe/Berlin", "America/Sao_Paulo", "Australia/Lord_Howe"]
CRONS = ["0 3 * * *", "30 2 * * *", "*/15 * * * *", "*/7 1-4 * * *", "5 0 1 * 1"]


@given(
    cron=some.sampled_from(CRONS),
    zone=some.sampled_from(ZONES),
    minutes=some.integers(0, 10 * 366 * 24 * 60),
)
def test_the_next_time_is_later_and_nothing_lies_between(
    cron: str, zone: str, minutes: int
) -> None:
    """Time only goes on; asking from any moment before a time leads to it."""
    after = datetime(2018, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    table = Timetable(cron=cron, time_zone=zone)
    found = CALENDAR.following(table, after=after)
    between = after + (found - after) / 2

    assert found > after
    assert found.tzinfo is UTC
    assert CALENDAR.following(table, after=between) == found
    assert CALENDAR.following(table, after=found) > found


@given(day=some.integers(0, 10 * 366), zone=some.sampled_from(ZONES))
def test_a_daily_time_comes_once_on_every_day(day: int, zone: str) -> None:
    """Whatever the clock does on it."""
    place = ZoneInfo(zone)
    midnight = datetime(2018, 1, 1, 12, tzinfo=UTC) + timedelta(days=day)
    table = Timetable(cron="30 2 * * *", time_zone=zone)
    first = CALENDAR.following(table, after=midnight)
    second = CALENDAR.following(table, after=first)

    days = [each.astimezone(place).date() for each in (first, second)]
    assert days[1] - days[0] == timedelta(days=1)
