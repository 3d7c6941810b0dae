"""How files are sent, and what the sheet and the scripts keep to."""

import gzip
import re
from pathlib import Path

import pytest
from tests.unit.console.conftest import Browser

from fairlead.console import module

ASSETS = module.HERE / "assets"


async def addresses(browser: Browser) -> list[str]:
    page = await browser.page("/runs/00000000-0000-0000-0000-0000000000da")
    return re.findall(r'(?:src|href)="(/assets/[^"]+)"', page)


async def test_a_file_is_kept_for_ever_under_its_digest(browser: Browser) -> None:
    found = await addresses(browser)
    assert len(found) == 6

    for address in found:
        answer = await browser.client.get(address)
        again = await browser.client.get(
            address, headers={"if-none-match": answer.headers["etag"]}
        )
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert again.status_code == 304
        assert again.content == b""


async def test_a_file_is_packed_for_those_who_take_it(browser: Browser) -> None:
    sheet = next(item for item in await addresses(browser) if item.endswith(".css"))
    plain = await browser.client.get(sheet, headers={"accept-encoding": "identity"})
    packed = await browser.client.get(sheet, headers={"accept-encoding": "gzip"})

    assert plain.headers["content-type"] == "text/css; charset=utf-8"
    assert plain.content == packed.content
    assert packed.headers["content-encoding"] == "gzip"
    assert plain.headers["vary"] == packed.headers["vary"] == "Accept-Encoding"
    assert len(gzip.compress(plain.content)) < len(plain.content) / 2


async def test_an_old_digest_is_not_kept(browser: Browser) -> None:
    answer = await browser.client.get("/assets/0000/console.css")

    assert answer.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    "name", ["nothing.css", "../module.py", "%2e%2e/module.py", "vendor", "a.exe"]
)
async def test_nothing_else_is_sent(browser: Browser, name: str) -> None:
    answer = await browser.client.get(f"/assets/0000/{name}")

    assert answer.status_code == 404


def test_output_never_becomes_markup() -> None:
    for name in ("console.js", "viewer.js", "ansi.js"):
        text = (ASSETS / name).read_text()

        assert not re.search(r"innerHTML|outerHTML|insertAdjacent|\beval\b", text)
        assert len(text.splitlines()) <= 400


def test_colours_are_named_by_tokens_only() -> None:
    """Below the tokens the sheet names colours only for a terminal's backgrounds."""
    _, _, rest = (ASSETS / "console.css").read_text().partition("}\n")
    named = [line for line in rest.splitlines() if re.search(r"#[0-9a-f]{3,6}\b", line)]

    assert all(line.startswith(".b") for line in named)


def test_what_is_not_ours_has_its_licence_beside_it() -> None:
    vendor = ASSETS / "vendor"

    assert {path.name for path in vendor.iterdir()} == {"htmx.js", "htmx.LICENSE.txt"}
    assert isinstance(vendor, Path)
