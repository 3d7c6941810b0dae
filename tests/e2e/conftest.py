"""A running server, and a browser, for the user journeys."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fairlead.testing.server import TestServer, test_server

if TYPE_CHECKING:  # most journeys need none
    from playwright.sync_api import Browser, Page

QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
WAIT = 60_000.0


@pytest.fixture(scope="session")
def session_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fairlead")


@pytest.fixture(scope="session")
def server(session_folder: Path) -> Iterator[TestServer]:
    """One server for all journeys that do not stop it."""
    with test_server(session_folder) as server:
        server.log_in()
        yield server


@pytest.fixture(scope="module")
def browser(component: Callable[[str], Path]) -> "Iterator[Browser]":
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - see above

    program = component("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(QUIET))
        yield browser
        browser.close()


@pytest.fixture
def page(browser: "Browser") -> "Iterator[Page]":
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.set_default_timeout(WAIT)
    page = context.new_page()
    page.on("pageerror", lambda error: pytest.fail(f"script error: {error}"))
    yield page
    context.close()
