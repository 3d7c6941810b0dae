"""One's own account in the console, and the way back in by letters."""

import re
import time
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from fairlead.services.identity.domain import code_at
from fairlead.testing.letters import token_of
from fairlead.testing.people import Person
from fairlead.testing.server import PASSWORD, TestServer, eventually, test_server

NEXT = "another good password"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestServer]:
    """A server of its own: letters and wrong guesses are counted by address."""
    with test_server(tmp_path_factory.mktemp("accounts")) as server:
        server.log_in()
        yield server


def make(server: TestServer, name: str, *, verified: bool = False) -> Person:
    """Make a user, who logs in."""
    admin = Person(server.port, "admin").log_in()
    email = f"{name}@example.org"
    body = {"name": name, "password": PASSWORD, "email": email}
    assert admin.call("POST", "/api/v1/users", body).status == 201
    if verified:
        token = token_of(server.home, "Verify your email address", to=email)
        nobody = Person(server.port)
        assert nobody.submit("/verify", {"token": token}).status == 200
    return Person(server.port, name).log_in()


def log_in(page: Page, server: TestServer, name: str, password: str = PASSWORD) -> None:
    page.goto(f"{server.url}/login?next=/account")
    page.locator("[name=username]").fill(name)
    page.locator("[name=password]").fill(password)
    page.get_by_role("button", name="Log in").click()


@pytest.mark.browser
def test_a_second_factor_from_the_picture_to_the_log_in(
    page: Page, server: TestServer
) -> None:
    make(server, "mia")
    log_in(page, server, "mia")
    page.get_by_role("link", name="Set up the second factor").click()
    page.locator("[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="Set up").click()
    expect(page.locator(".qr svg path").first).to_be_attached()
    secret = page.locator("[name=secret]").input_value()
    page.locator("[name=code]").fill("000000")
    page.get_by_role("button", name="Turn it on").click()
    expect(page.get_by_role("alert")).to_contain_text("code is wrong")
    assert page.locator("[name=secret]").input_value() == secret
    page.locator("[name=code]").fill(code_at(secret, int(time.time()) // 30))
    page.get_by_role("button", name="Turn it on").click()
    codes = page.locator(".codes code").all_inner_texts()
    assert len(set(codes)) == 10
    page.get_by_role("link", name="I have kept them").click()
    expect(page.locator("body")).to_contain_text("10 recovery codes left")

    page.context.clear_cookies()
    log_in(page, server, "mia")
    page.locator("[name=code]").fill("not a code")
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.locator("[name=code]").fill(codes[3])
    page.get_by_role("button", name="Go on").click()
    page.wait_for_url(f"{server.url}/account")
    expect(page.locator("body")).to_contain_text("9 recovery codes left")


@pytest.mark.browser
def test_a_forgotten_password_is_reset_by_the_link_of_the_letter(
    page: Page, server: TestServer
) -> None:
    make(server, "noa", verified=True)
    page.goto(f"{server.url}/login")
    page.get_by_role("link", name="Forgot your password?").click()
    page.locator("[name=email]").fill("noa@example.org")
    page.get_by_role("button", name="Send me a link").click()
    expect(page.get_by_role("status")).to_contain_text("on its way")
    token = token_of(server.home, "Set a new password", to="noa@example.org")

    referers: list[str] = []
    page.on("request", lambda sent: referers.append(sent.headers.get("referer", "")))
    page.goto(f"{server.url}/reset?token={token}")
    for field in ("new", "again"):
        page.locator(f"[name={field}]").fill("short")
    page.get_by_role("button", name="Set password").click()
    expect(page.get_by_role("alert")).to_contain_text("at least 15")
    for field in ("new", "again"):
        page.locator(f"[name={field}]").fill(NEXT)
    page.get_by_role("button", name="Set password").click()
    page.get_by_role("link", name="Log in").click()
    assert not any(token in referer for referer in referers)
    log_in(page, server, "noa", NEXT)
    page.wait_for_url(f"{server.url}/account")

    page.goto(f"{server.url}/reset?token={token}")
    for field in ("new", "again"):
        page.locator(f"[name={field}]").fill(NEXT)
    page.get_by_role("button", name="Set password").click()
    expect(page.get_by_role("alert")).to_contain_text("used or too old")


def test_whose_address_is_known_is_not_told(server: TestServer) -> None:
    make(server, "ola", verified=True)
    nobody = Person(server.port)
    known = nobody.submit("/forgot", {"email": "ola@example.org"})
    unknown = nobody.submit("/forgot", {"email": "olb@example.org"})

    assert known.status == unknown.status == 200
    assert known.body == unknown.body.replace(b"olb@", b"ola@")


def test_looking_at_a_link_spends_nothing(server: TestServer) -> None:
    """Programs that look through mail open links; only the button counts."""
    person = make(server, "pia")
    token = token_of(server.home, "Verify your email address", to="pia@example.org")
    for _ in range(3):
        assert person.look(f"/verify?token={token}").status == 200
    before = person.call("GET", "/api/v1/account").json()["email_verified"]
    told = [person.submit("/verify", {"token": token}).status for _ in range(2)]
    after = person.call("GET", "/api/v1/account").json()["email_verified"]

    assert (before, told, after) == (False, [200, 422], True)


def test_a_form_says_what_is_wrong_and_keeps_all_but_passwords(
    server: TestServer,
) -> None:
    person = make(server, "quin")
    fields = {"email": "quin@example.com", "password": "a wrong password"}
    wrong = person.submit("/account/email", fields)
    weak = person.submit(
        "/account/password", {"old": PASSWORD, "new": "tiny", "again": "tiny"}
    )
    zone = person.submit(
        "/account/preferences", {"time_zone": "Mars/<b>", "locale": ""}
    )
    key = {"name": "ci", "scopes": "projects.project.read", "networks": "nowhere"}
    network = person.submit("/account/keys", key)

    told = [answer.status for answer in (wrong, weak, zone, network)]
    assert told == [422, 422, 422, 422]
    assert b'value="quin@example.com"' in wrong.body
    assert b"a wrong password" not in wrong.body
    assert b"at least 15 characters" in weak.body
    assert b"tiny" not in weak.body
    assert b'value="Mars/&lt;b&gt;"' in zone.body
    assert b"nowhere</textarea>" in network.body


def test_an_own_password_ends_the_other_sessions(server: TestServer) -> None:
    person, other = make(server, "rea"), Person(server.port, "rea").log_in()
    fields = {"old": PASSWORD, "new": NEXT, "again": NEXT}
    assert person.submit("/account/password", fields).status == 303

    eventually(lambda: other.look("/account").status == 303, "the others' end")
    assert person.look("/account").status == 200
    assert person.submit("/account/sessions/end-all", {}).status == 303
    assert person.look("/account").status == 303


def test_a_key_has_what_was_ticked(server: TestServer) -> None:
    admin = Person(server.port, "admin").log_in()
    assert b"projects.project.read" in admin.look("/account/keys/new").body
    fields = {
        "name": "ci",
        "rights": "some",
        "scopes": "projects.project.read",
        "networks": "127.0.0.0/8 ::1",
        "days": "7",
        "per_minute": "60",
    }
    told = admin.submit("/account/keys", fields).body.decode()
    found = re.search(r"flk_[a-z2-7]{10}_[\w-]{43}", told)
    assert found is not None
    program = Person(server.port, token=found[0])
    assert program.call("GET", "/api/v1/projects").status == 200
    assert program.call("GET", "/api/v1/users").status == 403
    key = admin.call("GET", "/api/v1/auth/api-keys").json()["items"][0]
    assert key["networks"] == ["127.0.0.0/8", "::1/128"]
    assert key["per_minute"] == 60

    path = f"/account/keys/{key['id']}"
    assert found[0].encode() not in admin.look("/account").body
    assert admin.submit(f"{path}/rotate", {"overlap": "0"}).status == 200
    assert program.call("GET", "/api/v1/projects").status == 401
    assert admin.submit(f"{path}/revoke", {}).status == 303
    assert b"No keys yet" in admin.look("/account").body


@pytest.mark.browser
@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("path", ["login", "forgot", "reset?token=a", "verify?token=a"])
def test_open_pages_fit_their_width(
    page: Page, server: TestServer, path: str, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(f"{server.url}/{path}")
    overflow = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    assert overflow <= 0


@pytest.mark.parametrize("path", ["forgot", "reset", "verify"])
def test_forms_of_another_site_are_refused(server: TestServer, path: str) -> None:
    """Without a cookie, too: nobody else's page asks for letters."""
    body = b"email=ola%40example.org&token=a&new=b&again=b"
    headers = {"Sec-Fetch-Site": "cross-site", "Accept": "text/html"}
    sent = urllib.request.Request(f"{server.url}/{path}", body, headers)  # noqa: S310
    with pytest.raises(urllib.error.HTTPError, match="403") as told:
        urllib.request.urlopen(sent, timeout=30)  # noqa: S310 - loopback
    told.value.close()
