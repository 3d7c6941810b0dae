"""Schedules and explanations as people use them: command line and console."""

import http.cookiejar
import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fairlead.testing.server import PASSWORD, TestServer, eventually, make_repository

PIPELINE = {
    ".fairlead.yaml": 'version: 1\nbuild:\n  steps: [{name: say, run: "echo hi"}]\n'
}


@pytest.fixture
def open_page(server: TestServer) -> Callable[..., str]:
    """Return what opens pages of the console, logged in; with fields it posts them."""
    cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
    browser = urllib.request.build_opener(cookies)
    browser.addheaders = [("Accept", "text/html")]

    def fetch(path: str, **fields: str) -> str:
        data = urllib.parse.urlencode(fields).encode() if fields else None
        with browser.open(server.url + path, data, timeout=30) as answer:
            text: str = answer.read().decode()
        return text

    fetch("/login", username="admin", password=PASSWORD)
    return fetch


def test_an_address_without_a_page_is_named(open_page: Callable[..., str]) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        open_page("/timetables")

    assert "There is nothing at /timetables." in refused.value.read().decode()


def test_a_pipeline_runs_on_a_schedule(
    server: TestServer, tmp_path: Path, open_page: Callable[..., str]
) -> None:
    """Made, run at once, paused, resumed, deleted; what it started explains itself."""
    repository = make_repository(tmp_path / "repository", PIPELINE)
    server.run("projects", "create", "timed", "--repository", str(repository))
    made = server.run(
        *("schedules", "create", "timed", "--cron", "30 2 * * *"),
        *("--time-zone", "Europe/Berlin", "--revision", "main"),
    )
    assert made.exit_code == 0, made.err
    operation = server.run("schedules", "run", "timed").out.strip()
    ended = eventually(lambda: _ended(server), "the run ended")
    late = server.run("operations", "cancel", operation)
    told_of = server.run("schedules", "show", "timed").out
    paused = server.run("schedules", "pause", "timed")
    page = open_page("/schedules")
    resumed = server.run("schedules", "resume", "timed")
    told = server.run("operations", "explain", operation)
    shown = open_page(f"/operations/{operation}")
    again = server.run("schedules", "create", "timed", "--cron", "0 0 * * *")
    gone = server.run("schedules", "delete", "timed", "--yes")

    assert ended["last"]["operation_id"] == operation
    assert ended["last"]["state"] == "succeeded"
    assert (late.exit_code, late.err) == (0, "timed/1 had already succeeded\n")
    assert re.search(r"revision +main\npriority +5\n", told_of)
    assert ended["last"]["duration_seconds"] > 0
    assert (paused.exit_code, resumed.exit_code, gone.exit_code) == (0, 0, 0)
    assert "paused by admin" in page
    assert f"/operations/{operation}" in page
    assert "It succeeded after" in told.out
    assert "It succeeded after" in shown
    assert again.exit_code == 5
    assert "choose another name" in again.err


def _ended(server: TestServer) -> dict[str, Any] | None:
    found: dict[str, Any] = server.data("schedules", "show", "timed")
    last = found["last"] or {}
    return found if last.get("state") not in {None, "queued", "running"} else None


def test_the_jobs_of_the_modules_are_there(
    server: TestServer, open_page: Callable[..., str]
) -> None:
    """They can be run and paused, not deleted; the digest tells of the week."""
    names = {each["name"] for each in server.data("schedules", "list")["items"]}
    token = re.search(r'name="form_token" value="(\w+)"', open_page("/schedules"))
    assert token is not None
    jobs = {"auth.expire_tokens", "operations.prune", "operations.digest"}
    jobs |= {"audit.checkpoint", "audit.retain"}
    digests = server.data("schedules", "show", "operations.digest")["id"]
    shown = open_page(f"/schedules/{digests}/run", form_token=token.group(1))
    operation = server.data("schedules", "show", "operations.digest")["last"]
    output = server.run("operations", "logs", operation["operation_id"]).out
    refused = server.run("schedules", "delete", "operations.prune", "--yes")
    for job in jobs - {"operations.digest"}:
        assert server.run("schedules", "run", job).exit_code == 0

    assert jobs <= names
    assert "operations.digest" in shown
    for title in ("Work by project and outcome", "New users", "Failed workloads"):
        assert title in output
    assert refused.exit_code == 5


def test_a_wrong_schedule_stays_in_its_form(
    server: TestServer, open_page: Callable[..., str]
) -> None:
    token = re.search(r'name="form_token" value="(\w+)"', open_page("/schedules"))
    assert token
    given = {"project": "none", "cron": "99 * * * *", "name": "kept-name"}
    with pytest.raises(urllib.error.HTTPError) as refused:
        open_page("/schedules", form_token=token[1], **given)
    page = refused.value.read().decode()

    assert refused.value.code in {404, 422}
    assert 'role="alert"' in page
    assert 'value="kept-name"' in page


def test_taking_a_role_or_a_schedule_away_asks_first(
    server: TestServer, tmp_path: Path, open_page: Callable[..., str]
) -> None:
    repository = make_repository(tmp_path / "repository", PIPELINE)
    server.run("projects", "create", "asked", "--repository", str(repository))
    server.run(
        *("schedules", "create", "asked", "--cron", "30 2 * * *"),
        *("--time-zone", "Asia/Tokyo"),
    )
    server.run("users", "create", "nils", "--service")
    server.run("roles", "bind", "nils", "viewer", "--project", "asked")
    schedules, access = open_page("/schedules"), open_page("/access")
    unasked = server.run("schedules", "delete", "asked")
    gone = server.run("schedules", "delete", "asked", "--yes")

    assert "Delete the schedule asked?" in schedules
    assert "02:30 <small>Asia/Tokyo</small>" in schedules
    assert "17:30:00 UTC" in schedules
    assert "Take the role viewer away from nils?" in access
    assert '<a class="link" href="/projects/asked">asked</a>' in access
    assert unasked.exit_code == 2
    assert "--yes" in unasked.err
    assert "deleted asked" in gone.err
