"""Every page, over stand-ins."""

import re
from dataclasses import replace

from tests.unit.console.conftest import Browser, Open
from tests.unit.console.stage import READING, stage

PAGES = {
    "/": "Overview",
    "/projects": "Projects",
    "/projects/new": "New project",
    "/projects/hello": "hello",
    "/runs": "Runs",
    "/runs?project=hello": "Runs of hello",
    "/runs/00000000-0000-0000-0000-0000000000da": "hello #218",
    "/runs/00000000-0000-0000-0000-0000000000db": "billing #219",
    "/environments": "Environments",
    "/workloads/00000000-0000-0000-0000-0000000001f4": "hello/dev/web",
    "/audit": "Audit",
    "/operations": "Operations",
    "/access": "Access",
    "/access/users": "Users",
    "/access/users/lin": "lin",
    "/access/new-user": "New user",
    "/access/groups": "Groups",
    "/access/groups/platform": "platform",
    "/access/roles": "Roles",
    "/access/roles/viewer": "viewer",
    "/access/roles/new": "New role",
    "/access/policies": "Policies",
    "/access/policies/office-hours": "office-hours",
    "/access/policies/new": "New policy",
    "/access/ask": "Ask",
    "/modules": "Modules",
    "/settings": "Settings",
    "/find?q=hel": "Find",
    "/keys": "Keyboard shortcuts",
}


async def test_a_page_names_its_object_in_the_title(browser: Browser) -> None:
    for path, title in PAGES.items():
        text = await browser.page(path)

        assert f"<title>{title}" in text
        assert len(text.encode()) < 60_000


async def test_a_fresh_installation_has_no_dead_end(open_browser: Open) -> None:
    """Empty pages are whole pages too, and those of lists name the first step."""
    browser = await open_browser(stage(empty=True))
    await browser.login()
    for path in PAGES:
        answer = await browser.client.get(path)
        missing = "0000" in path or path == "/projects/hello"

        assert answer.status_code == (404 if missing else 200)
        assert "</html>" in answer.text


async def test_a_run_that_went_with_its_project_leads_to_its_operation(
    open_browser: Open,
) -> None:
    """Lists of operations still name it."""
    behind = stage()
    kept = behind.operations.items[-1]
    behind.runs.items = [run for run in behind.runs.items if run.id != kept.id]
    browser = await open_browser(behind)
    await browser.login()
    answer = await browser.client.get(f"/runs/{kept.id}", follow_redirects=False)
    gone = await browser.client.get("/runs/nope")

    assert answer.headers["Location"] == f"/operations/{kept.id}"
    assert gone.status_code == 404


async def test_the_empty_overview_shows_the_first_steps(open_browser: Open) -> None:
    browser = await open_browser(stage(empty=True))
    await browser.login()
    text = await browser.page("/")

    assert "fairlead projects create hello" in text
    assert "What runs where" not in text


async def test_the_overview_begins_with_what_needs_the_reader(browser: Browser) -> None:
    text = await browser.page("/")

    assert (
        text.index("Needs you") < text.index("What runs where") < text.index("Latest")
    )
    assert "catalog #88" in text
    assert 'action="/workloads/00000000-0000-0000-0000-0000000001f9/restart"' in text


async def test_a_failed_deployment_is_told_once(open_browser: Open) -> None:
    """The run that failed is named; the workload it could not start only follows."""
    behind = stage()
    failed = next(run for run in behind.runs.items if run.project == "catalog")
    broken = replace(
        behind.workloads.items[-1],
        release=0,
        url="",
        run_id=failed.id,
        project_id=failed.project_id,
    )
    behind.workloads.items = [broken]
    browser = await open_browser(behind)
    await browser.login()

    text = await browser.page("/")
    assert text.count('class="attention') == 1
    assert f'<a href="/workloads/{broken.id}"><b>' not in text

    behind.runs.items = []
    text = await browser.page("/")
    assert "Never answered" in text
    assert ">Crashed<" not in text
    assert "/restart" not in text


async def test_who_cannot_help_sees_it_without_buttons(open_browser: Open) -> None:
    browser = await open_browser(stage(granted=READING))
    await browser.login()
    text = await browser.page("/")

    assert "Not well" in text
    assert "Needs you" not in text
    assert "catalog #88" in text


async def test_what_never_served_is_run_again_not_restarted(
    open_browser: Open,
) -> None:
    behind = stage()
    behind.workloads.items = [replace(behind.workloads.items[-1], release=0, url="")]
    browser = await open_browser(behind)
    await browser.login()
    text = await browser.page(f"/workloads/{behind.workloads.items[0].id}")

    assert "/restart" not in text
    assert 'action="/projects/search/runs"' in text


async def test_environments_say_what_runs_there(browser: Browser) -> None:
    """By environment: address, release, run, commit, since when."""
    text = await browser.page("/environments")
    dev, staging = text.index('aria-label="dev"'), text.index('aria-label="staging"')

    assert dev < text.index("hello/dev/web") < staging
    assert "http://127.0.0.1:40500" in text
    assert 'href="/runs/00000000-0000-0000-0000-0000000000d9">Run 217</a>' in text
    assert f"{217 * 7919:07x}"[:7] in text


async def test_settings_are_shown_without_secrets(browser: Browser) -> None:
    text = await browser.page("/settings")

    assert 'title="FAIRLEAD_ADMIN__PASSWORD"' in text
    assert "hush hush" not in text


async def test_a_failed_checkout_shows_its_output_and_why(open_browser: Open) -> None:
    behind = stage()
    failed = next(run for run in behind.runs.items if run.project == "catalog")
    behind.runs.items = [
        replace(failed, stages=(), artifacts=(), reason="/srv/x cannot be cloned.")
    ]
    browser = await open_browser(behind)
    await browser.login()
    text = await browser.page(f"/runs/{failed.id}")

    assert 'aria-label="Output of checkout"' in text
    assert '<p class="fault">/srv/x cannot be cloned.</p>' in text
    assert '<span class="note">/srv/x cannot be cloned.</span>' in text


ACTS = {
    "/projects": "New project",
    "/projects/hello": "Delete this project",
    "/runs/00000000-0000-0000-0000-0000000000da": "Cancel run",
    "/runs/00000000-0000-0000-0000-000000000058": "Run again",
    "/workloads/00000000-0000-0000-0000-0000000001f4": "Delete this workload",
    "/workloads/00000000-0000-0000-0000-0000000001f5": "Restart</button>",
    "/operations": "Cancel</button>",
    "/access": "Remove",
    "/": "Restart</button>",
}


async def test_a_button_is_shown_to_those_who_may(open_browser: Open) -> None:
    everything = await open_browser(stage())
    reading = await open_browser(stage(granted=READING))
    await everything.login()
    await reading.login()
    for path, act in ACTS.items():
        assert act in await everything.page(path)
        assert act not in await reading.page(path)


async def test_the_side_bar_leaves_out_what_one_may_not_open(
    open_browser: Open,
) -> None:
    browser = await open_browser(stage(granted=("pipelines.run.read",)))
    await browser.login()
    text = await browser.page("/runs")

    assert '<a href="/runs" aria-current="page">' in text
    assert 'href="/audit"' not in text
    assert 'href="/settings"' not in text


HOSTILE = '<script>alert("1")</script>'


async def test_hostile_names_stay_text(open_browser: Open) -> None:
    """Names, titles, reasons and addresses from outside never become markup."""
    behind = stage()
    behind.runs.items = [
        replace(
            run,
            title=HOSTILE,
            reason=HOSTILE,
            requested_by=HOSTILE,
            urls=("javascript:alert(1)",),
        )
        for run in behind.runs.items
    ]
    behind.workloads.items = [
        replace(item, reason=HOSTILE, url="javascript:alert(1)")
        for item in behind.workloads.items
    ]
    behind.projects.items = [
        replace(item, repository=HOSTILE) for item in behind.projects.items
    ]
    browser = await open_browser(behind)
    await browser.login()
    for path in PAGES:
        text = await browser.page(path)

        assert "<script>alert" not in text
        assert 'href="javascript:' not in text


async def test_no_page_needs_what_the_policy_forbids(browser: Browser) -> None:
    """No inline script, no inline style, no handler attribute, no other host."""
    for path in PAGES:
        answer = await browser.client.get(path)

        policy = answer.headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy
        assert not re.search(r"<script(?![^>]*\bsrc=)", answer.text)
        assert not re.search(r"<style|\sstyle=|\son\w+=", answer.text)
        assert not re.search(r'(src|href)="(https?:)?//(?!127\.0\.0\.1)', answer.text)
        assert answer.headers["cache-control"] == "no-store"


async def test_what_is_missing_is_said_on_a_page(browser: Browser) -> None:
    answer = await browser.client.get("/runs/<b>x")

    assert answer.status_code == 404
    assert "&lt;b&gt;x" in answer.text
    assert answer.headers["x-request-id"] in answer.text


async def test_the_palette_finds_by_a_piece_of_the_name(browser: Browser) -> None:
    text = await browser.page("/find?q=hello")

    assert 'href="/projects/hello"' in text
    assert "/workloads/00000000-0000-0000-0000-0000000001f4" in text
    assert "hello #218" in text
    fragment = await browser.client.get("/find?q=zzz", headers={"hx-request": "true"})
    assert "Nothing is called “zzz”" in fragment.text
    assert "<html" not in fragment.text


async def test_a_long_list_is_followed_by_its_cursor(browser: Browser) -> None:
    first = await browser.page("/runs")
    assert 'href="/runs?after=30"' in first

    second = await browser.page("/runs?after=30")
    assert "Show more" not in second
