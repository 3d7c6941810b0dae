"""The console in a real browser: log in, run, watch, open the workload."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from tests.e2e.repositories import python_package

from fairlead.testing.server import PASSWORD, TestServer, make_repository

WAIT = 60_000.0
PATHS = ["/", "/projects", "/runs", "/audit", "/operations", "/account"]
PATHS += [f"/account/{name}" for name in ("password", "email", "keys/new")]

pytestmark = pytest.mark.browser


def log_in(page: Page, server: TestServer, path: str = "/") -> None:
    page.goto(server.url + path)
    page.get_by_label("User").fill("admin")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(server.url + path)


def test_run_from_the_first_click_to_the_answer(
    page: Page, server: TestServer, tmp_path: Path
) -> None:
    """Everything by the console: project, run, output, workload."""
    repository = make_repository(tmp_path / "clicked", python_package("clicked"))
    log_in(page, server, "/projects/new")
    page.locator("input[name=name]").fill("clicked")
    page.locator("input[name=repository]").fill(str(repository))
    page.get_by_role("button", name="Create").click()
    page.get_by_role("button", name=re.compile("Run")).first.click()
    page.wait_for_url(re.compile(r"/runs/"))

    pill = page.locator(".state.pill").first
    expect(pill).to_have_text(re.compile("succeeded", re.IGNORECASE), timeout=WAIT)
    page.get_by_role("link", name=re.compile("compile")).first.click()
    expect(page.locator(".log").last).to_contain_text("wheel written", timeout=WAIT)
    url = page.locator("#run-answer a[href^='http:']").first
    assert server.fetch(str(url.get_attribute("href"))) == b"clicked"


def test_wrong_password_is_said_and_kept_out(page: Page, server: TestServer) -> None:
    """The form comes back with a sentence; nothing behind it is shown."""
    page.goto(server.url + "/projects")
    page.get_by_label("User").fill("admin")
    page.get_by_label("Password").fill("not the password")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert "/login" in page.url


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("width", [390, 1280])
def test_pages_fit_their_width(
    page: Page, server: TestServer, path: str, width: int
) -> None:
    """No page scrolls sideways, at phone width neither."""
    page.set_viewport_size({"width": width, "height": 800})
    log_in(page, server, path)
    overflow = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    assert overflow <= 0


def test_what_was_typed_survives_a_refusal(page: Page, server: TestServer) -> None:
    """On the way back from the page that says no the form is as it was."""
    log_in(page, server, "/account/keys/new")
    form = page.locator("form[method=post]").filter(has=page.locator("[name=name]"))
    form.locator("[name=name]").fill("kept")
    page.evaluate(  # as if the session had been another's
        "document.querySelectorAll('main [name=form_token]')"
        ".forEach((each) => (each.value = 'x'))"
    )
    form.get_by_role("button").last.click()
    back = page.get_by_role("link", name="Back to the form")
    expect(back).to_be_visible()
    back.click()
    page.wait_for_url("**/account/keys/new")

    expect(form.locator("[name=name]")).to_have_value("kept")
    page.goto(server.url + "/account")
    page.goto(server.url + "/account/keys/new")
    expect(form.locator("[name=name]")).to_have_value("")
