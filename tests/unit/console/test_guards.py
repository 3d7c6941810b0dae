"""Sessions, forms and redirects: what keeps other sites and strangers out."""

import re
from dataclasses import replace
from datetime import timedelta
from typing import cast

import httpx
import pytest
from tests.unit.console.conftest import Browser, Open
from tests.unit.console.stage import NOW, stage
from typing_extensions import override

from fairlead.adapters.pages.forms import local_path
from fairlead.adapters.sql.errors import DatabaseUnavailable
from fairlead.console.memory import MemoryBrowserSessionStore
from fairlead.console.sessions import BrowserSession, digest_of
from fairlead.testing.fakes import FrozenClock

AGENT = f"python-httpx/{httpx.__version__}"


async def test_a_cookie_is_kept_from_scripts_and_other_sites(browser: Browser) -> None:
    answer = await browser.login()

    cookie = answer.headers["set-cookie"]
    assert answer.status_code == 303
    for part in ("HttpOnly", "SameSite=strict", "Path=/"):
        assert part.lower() in cookie.lower()
    assert "Secure" not in cookie


async def test_each_log_in_gets_a_new_handle_and_no_token(browser: Browser) -> None:
    first = browser.client.cookies["fairlead_session"]
    await browser.login()
    second = browser.client.cookies["fairlead_session"]

    assert first != second
    assert "access" not in second
    assert {digest for _, digest in browser.stage.store.rows} == {
        digest_of(first, AGENT),
        digest_of(second, AGENT),
    }
    assert all(
        b"refresh" not in row.sealed for row in browser.stage.store.rows.values()
    )


async def test_a_wrong_password_shows_the_form_again(open_browser: Open) -> None:
    browser = await open_browser(stage())
    form = {"username": "<b>ada", "password": "wrong", "next": "/runs"}
    answer = await browser.client.post("/login", data=form)

    assert answer.status_code == 401
    assert "The user name or the password is wrong." in answer.text
    assert 'value="&lt;b&gt;ada"' in answer.text
    assert 'name="next" value="/runs"' in answer.text
    assert "set-cookie" not in answer.headers


def step_of(text: str) -> str:
    """Return what the page that asks for a code carries on."""
    found = re.search(r'name="step" value="([^"]+)"', text)
    assert found is not None
    return found[1]


CAREFUL = {"username": "careful", "password": "right", "next": "/runs"}


async def test_a_code_is_asked_for_on_a_page_of_its_own(open_browser: Open) -> None:
    """Of those who have a second factor, once their password is right."""
    browser = await open_browser(stage())
    assert 'name="code"' not in (await browser.client.get("/login")).text
    asked = await browser.client.post("/login", data=CAREFUL)
    assert asked.status_code == 401
    assert 'name="code"' in asked.text
    assert "right" not in step_of(asked.text)
    form = {"step": step_of(asked.text), "next": "/runs"}
    again = await browser.client.post("/login", data={**form, "code": "000000"})
    assert 'role="alert"' in again.text

    form["step"] = step_of(again.text)
    answer = await browser.client.post("/login", data={**form, "code": " 123456 "})
    assert answer.headers["location"] == "/runs"


async def test_the_step_to_the_code_is_of_one_browser(open_browser: Open) -> None:
    browser = await open_browser(stage())
    asked = await browser.client.post("/login", data=CAREFUL)
    form = {"step": step_of(asked.text), "code": "123456", "next": "/"}
    first = "B" if form["step"].startswith("A") else "A"
    changed = {**form, "step": first + form["step"][1:]}
    for sent, agent in ((form, "another"), (changed, AGENT)):
        answer = await browser.client.post(
            "/login", data=sent, headers={"user-agent": agent}
        )
        assert answer.status_code == 401
        assert 'name="password"' in answer.text


async def test_the_step_to_the_code_ends(open_browser: Open) -> None:
    clock = FrozenClock(NOW)
    browser = await open_browser(stage(clock=clock))
    asked = await browser.client.post("/login", data=CAREFUL)
    clock.advance(timedelta(minutes=6))
    form = {"step": step_of(asked.text), "code": "123456", "next": "/"}
    answer = await browser.client.post("/login", data=form)

    assert answer.status_code == 401
    assert "once more" in answer.text


async def test_a_session_outlives_the_server(open_browser: Open) -> None:
    """A new process takes the session up from its row, with new tokens."""
    before = stage()
    browser = await open_browser(before)
    await browser.login()
    handle = browser.client.cookies["fairlead_session"]
    after = await open_browser(before)
    after.client.cookies.set("fairlead_session", handle)

    assert "account of ada" in await after.page("/")
    assert before.sessions.issued == 2
    assert "Overview" in await after.page("/")
    assert before.sessions.issued == 2


async def test_a_session_is_renewed_before_its_token_ends(browser: Browser) -> None:
    cast("FrozenClock", browser.stage.clock).advance(timedelta(minutes=14, seconds=45))

    assert "account of ada" in await browser.page("/")
    assert browser.stage.sessions.issued == 2


class Stumbling(MemoryBrowserSessionStore):
    """Cannot be written for a while."""

    away = False

    @override
    async def save(self, session: BrowserSession) -> None:
        if self.away:
            raise DatabaseUnavailable("As if it were away.")
        await super().save(session)


async def test_a_session_survives_a_database_that_goes_away(open_browser: Open) -> None:
    """A token that could not be stored is kept: the spent one is not shown again."""
    clock, store = FrozenClock(NOW), Stumbling()
    browser = await open_browser(replace(stage(clock=clock), store=store))
    await browser.login()
    for away in (True, False):
        store.away = away
        clock.advance(timedelta(minutes=15))
        answer = await browser.client.get("/keys")
        assert answer.status_code == (503 if away else 200)

    assert "account of ada" in await browser.page("/keys")
    assert browser.stage.sessions.issued == 3


async def test_a_revoked_session_is_nobody(browser: Browser) -> None:
    browser.stage.sessions.revoked = True

    assert "account of ada" not in await browser.page("/keys")
    assert browser.stage.store.rows == {}


@pytest.mark.parametrize("cookie", ["", "x" * 43, "x" * 5000])
async def test_an_unknown_cookie_is_nobody(open_browser: Open, cookie: str) -> None:
    browser = await open_browser(stage())
    browser.client.cookies.set("fairlead_session", cookie)

    assert "account of" not in await browser.page("/keys")


async def test_a_cookie_alone_is_nobody_in_another_program(browser: Browser) -> None:
    """Whoever got hold of it does not know what the browser calls itself."""
    other = {"User-Agent": "thief/1.0"}
    answer = await browser.client.get("/keys", headers=other)

    assert "account of" not in answer.text
    assert "account of ada" in await browser.page("/keys")


async def test_over_https_the_cookie_is_of_this_host_only(open_browser: Open) -> None:
    browser = await open_browser(stage())
    browser.client.base_url = httpx.URL("https://console.test")
    cookie = (await browser.login()).headers["set-cookie"]

    assert cookie.startswith("__Host-fairlead_session=")
    assert "secure" in cookie.lower()
    assert "domain" not in cookie.lower()
    assert "account of ada" in await browser.page("/keys")
    answer = await browser.send("/logout")
    assert answer.headers["set-cookie"].startswith("__Host-fairlead_session=")
    assert browser.stage.store.rows == {}


async def test_the_database_alone_opens_no_session(browser: Browser) -> None:
    """Another handle whose digest a row is moved to does not open what it seals."""
    [row] = browser.stage.store.rows.values()
    forged = "y" * 43
    await browser.stage.store.save(replace(row, digest=digest_of(forged, AGENT)))
    browser.client.cookies.set("fairlead_session", forged, domain="console.test")

    answer = await browser.client.get(
        "/keys", headers={"cookie": f"fairlead_session={forged}"}
    )
    assert "account of" not in answer.text


async def test_logging_out_ends_the_session(browser: Browser) -> None:
    answer = await browser.send("/logout")

    assert answer.headers["location"] == "/login"
    assert browser.stage.sessions.revoked
    assert browser.stage.store.rows == {}


FORMS = [
    "/logout",
    "/projects",
    "/projects/hello/delete",
    "/projects/hello/runs",
    "/runs/00000000-0000-0000-0000-0000000000da/cancel",
    "/workloads/00000000-0000-0000-0000-0000000001f4/restart",
    "/workloads/00000000-0000-0000-0000-0000000001f4/delete",
    "/audit/verify",
    "/operations/00000000-0000-0000-0000-0000000000da/cancel",
    "/access/new-user",
    "/access/users/lin/delete",
    "/access/users/lin/disabled",
    "/access/bindings",
    "/access/bindings/00000000-0000-0000-0000-00000000003c/delete",
]


async def test_a_form_without_the_sessions_token_is_refused(browser: Browser) -> None:
    fields = {"typed_name": "hello", "form_token": "0" * 64, "disabled": "yes"}
    for path in FORMS:
        answer = await browser.client.post(path, data=fields)

        assert answer.status_code == 403
        assert "older session" in answer.text
    assert browser.stage.runs.started == []
    assert not browser.stage.sessions.revoked
    assert len(browser.stage.projects.items) == 4


FOREIGN = [
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
    {"origin": "https://evil.example"},
    {"origin": "null"},
]


async def test_a_form_of_another_site_is_refused(browser: Browser) -> None:
    token = await browser.token()
    fields = {"form_token": token, "username": "ada", "password": "right"}
    for headers in FOREIGN:
        for path in ("/login", "/projects/hello/runs"):
            answer = await browser.client.post(path, data=fields, headers=headers)

            assert answer.status_code == 403
    assert browser.stage.runs.started == []


ELSEWHERE = [
    "https://evil.example/",
    "//evil.example/",
    "/\\evil.example/",
    "/a\\b",
    "/\t/evil.example",
    "\n//evil.example",
    "javascript:alert(1)",
    "runs",
    "",
]


async def test_only_a_local_path_is_gone_to_after_the_log_in(
    open_browser: Open,
) -> None:
    browser = await open_browser(stage())
    for given in ELSEWHERE:
        form = {"username": "ada", "password": "right", "next": given}
        answer = await browser.client.post("/login", data=form)

        assert answer.headers["location"] == "/"
        assert local_path(given) == "/"


async def test_the_log_in_leads_on_to_the_page_asked_for(open_browser: Open) -> None:
    browser = await open_browser(stage())
    wanted = "/runs?project=hello"
    form = {"username": "ada", "password": "right", "next": wanted}
    answer = await browser.client.post("/login", data=form)

    assert answer.headers["location"] == wanted
    assert (await browser.client.get("/login?next=/runs")).headers[
        "location"
    ] == "/runs"


async def test_a_link_on_another_site_leads_on_by_a_page_of_ours(
    open_browser: Open,
) -> None:
    """So the strict cookie comes along and nobody logs in twice; without one, once."""
    browser = await open_browser(stage())
    path = "/login?next=/runs/1%22%3E"
    other = await browser.client.get(path, headers={"sec-fetch-site": "cross-site"})
    ours = await browser.client.get(path, headers={"sec-fetch-site": "same-origin"})

    assert 'content="0; url=/runs/1&#34;&gt;"' in other.text
    assert "password" not in other.text
    assert 'name="password"' in ours.text


async def test_sessions_that_are_over_are_removed(open_browser: Open) -> None:
    clock = FrozenClock(NOW)
    behind = stage(clock=clock)
    browser = await open_browser(behind)
    await browser.login()
    clock.advance(timedelta(days=8))
    await browser.login()

    assert len(behind.store.rows) == 1
