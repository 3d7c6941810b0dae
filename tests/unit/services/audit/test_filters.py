"""What may be asked of the trail, and how times are told."""

from datetime import UTC, datetime, timedelta
from typing import Any

import click
import pytest

from fairlead.services.audit.commands.filters import zoned
from fairlead.services.audit.http.entries import wanted_entries
from fairlead.services.audit.pages import _filter
from fairlead.services.audit.public import BadFilter, EntryFilter, Outcome, moment

NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    ["2026-11-29T12:00:00Z", "2026-11-29T13:00:00+01:00", "2026-11-29 12:00+00:00"],
)
def test_times_are_taken_with_their_zone(text: str) -> None:
    assert moment("since", text) == NOON


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("2026-11-29T12:00:00", "with its zone"),
        ("2026-11-29", "with its zone"),
        ("noon", "'since' is no time; write it like 2026-11-29T14:00:00Z"),
        ("0001-01-01T00:00:00+23:00", "is no time"),
    ],
)
def test_other_times_are_refused_by_name(text: str, said: str) -> None:
    with pytest.raises(BadFilter, match=said) as error:
        moment("since", text)

    assert "'since'" in error.value.message


@pytest.mark.parametrize(
    "wanted",
    [
        {"since": NOON, "until": NOON},
        {"since": NOON, "until": NOON - timedelta(seconds=1)},
        {"action": "a*b"},
        {"action": "a**"},
        {"action": "*.create"},
        {"actor": "a\0b"},
        {"trace_id": "\0"},
    ],
)
def test_filters_that_nothing_can_match_are_refused(wanted: dict[str, Any]) -> None:
    with pytest.raises(BadFilter):
        EntryFilter(**wanted)


@pytest.mark.parametrize(
    ("action", "prefix"),
    [("projects.*", "projects."), ("pro*", "pro"), ("*", ""), ("a.b.c", None)],
)
def test_a_star_at_the_end_asks_for_a_beginning(
    action: str, prefix: str | None
) -> None:
    assert EntryFilter(action=action).prefix == prefix


def test_what_is_empty_in_a_query_is_not_asked_for() -> None:
    """As forms send it."""
    assert wanted_entries(action="", actor="", since="", until="") == EntryFilter()
    assert wanted_entries(within="/x", outcome=Outcome.DONE) == EntryFilter(
        scope="/x", outcome=Outcome.DONE
    )


@pytest.mark.parametrize(
    ("given", "since"),
    [
        ("2026-11-29T12:00", NOON),
        ("2026-11-29T12:00:00Z", NOON),
        ("2026-11-29T13:00+01:00", NOON),
        ("2026-11-29", NOON - timedelta(hours=12)),
    ],
)
def test_pages_take_times_for_utc(given: str, since: datetime) -> None:
    """A browser's field knows no zone, so the label says which it is."""
    assert _filter({"since": given, "outcome": "odd"}) == EntryFilter(since=since)


def test_the_command_line_takes_spans_and_its_own_zone() -> None:
    ago = zoned("since", "2h")
    assert ago is not None
    span = datetime.now(UTC) - datetime.fromisoformat(ago)
    own = zoned("since", "2026-11-29T12:00")
    assert own is not None

    assert timedelta(hours=2) <= span < timedelta(hours=3)
    assert datetime.fromisoformat(own) == datetime(2026, 11, 29, 12).astimezone()
    assert zoned("since", None) is None
    with pytest.raises(click.BadParameter):
        zoned("since", "2x")
