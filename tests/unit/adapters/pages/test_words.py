"""How times and sizes read, and where a stranger is sent."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from litestar.exceptions import NotFoundException
from litestar.testing import RequestFactory

from fairlead.adapters.pages.controller import page_error, wants_page
from fairlead.adapters.pages.words import ago, duration, initials, size, took
from fairlead.services.auth.public import Unauthenticated

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5, "just now"),
        (9, "just now"),
        (59, "59 s ago"),
        (61, "1 min ago"),
        (86_400, "24 h ago"),
        (200_000, "2 days ago"),
        (90 * 86_400, "3 Oct 2025"),
    ],
)
def test_times_are_short_with_the_exact_one_on_hover(seconds: int, words: str) -> None:
    at = NOW - timedelta(seconds=seconds)
    text = ago(at, NOW)

    assert f">{words}</time>" in text
    assert f'title="{at:%Y-%m-%d %H:%M:%S} UTC"' in text
    assert f'datetime="{at.isoformat()}"' in text


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.04, "0.0 s"),
        (9.94, "9.9 s"),
        (9.96, "10 s"),
        (59.6, "1 min 0 s"),
        (112, "1 min 52 s"),
        (7380, "2 h 3 min"),
    ],
)
def test_durations_say_as_much_as_matters(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_only_what_runs_ticks() -> None:
    start = NOW - timedelta(seconds=12)

    assert "data-since" in took(start, None, NOW)
    assert took(start, NOW, NOW) == "12 s"
    assert took(None, None, NOW) == ""


def test_sizes_and_initials_are_short() -> None:
    assert [size(812), size(4300), size(17 << 20)] == ["812 B", "4.2 KiB", "17.0 MiB"]
    assert [initials(name) for name in ("ada", "ci-bot", "x", "")] == [
        "AD",
        "CB",
        "X",
        "",
    ]


def request(path: str, accept: str = "text/html") -> Any:
    return RequestFactory().get(path, headers={"accept": accept})


def test_a_stranger_is_sent_to_the_log_in_and_back() -> None:
    answer = page_error(request("/runs?project=a&x=%2F%2Fevil"), Unauthenticated("No."))

    assert answer.status_code == 303
    assert answer.url == "/login?next=/runs%3Fproject%3Da%26x%3D%252F%252Fevil"  # type: ignore[attr-defined]


def test_people_get_pages_and_programs_get_problems() -> None:
    assert wants_page(request("/nothing"))
    assert not wants_page(request("/api/v1/nothing"))
    assert not wants_page(request("/nothing", "application/json"))
    assert page_error(request("/x"), NotFoundException()).status_code == 404
    assert page_error(request("/x"), ValueError(UUID(int=1))).status_code == 500
