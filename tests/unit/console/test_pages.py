"""Every page, over stand-ins."""

import pytest

from tests.unit.console.conftest import Browser, Open
from tests.unit.console.stage import stage

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
    "/workloads/00000000-0000-0000-0000-0000000001f4": "web on dev",
    "/audit": "Audit",
    "/operations": "Operations",
    "/access": "Access",
    "/modules": "Modules",
    "/settings": "Settings",
    "/find?q=hel": "Find",
    "/keys": "Keys",
}


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_names_its_object_in_the_title(
    browser: Browser, path: str
) -> None:
    text = await browser.page(path)

    assert f"<title>{PAGES[path]}" in text
    assert len(text.encode()) < 60_000
