"""A step that calls the server as itself, and credentials on the command line."""

import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from fairlead.testing.server import PASSWORD, TestServer, make_repository, test_server

PIPELINE = """
version: 1
build:
  steps:
    - name: ask
      env: {{SERVER: "{url}"}}
      run: |
        python3 -c 'if True:
          import json, os, urllib.request
          def ask(path):
              headers = {{"Authorization": "Bearer " + os.environ["FAIRLEAD_TOKEN"]}}
              place = os.environ["SERVER"] + path
              asked = urllib.request.Request(place, headers=headers)
              return json.load(urllib.request.urlopen(asked))
          me = ask("/api/v1/me")
          print(me["kind"], me["name"])
          print([each["name"] for each in ask("/api/v1/projects")["items"]])
          print(os.environ["FAIRLEAD_TOKEN"])
          open("token", "w").write(os.environ["FAIRLEAD_TOKEN"])'
  outputs:
    - {{name: token, type: file, path: token}}
"""


@pytest.fixture(scope="module")
def trusting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestServer]:
    """A server that gives its steps tokens."""
    folder = tmp_path_factory.mktemp("trusting")
    with test_server(
        folder,
        FAIRLEAD_PIPELINES__RUN_IDENTITY="true",
        FAIRLEAD_HTTP__TRUSTED_PROXIES='["127.0.0.1", "10.0.0.1"]',
    ) as server:
        server.log_in()
        yield server


def status(
    server: TestServer, token: str, path: str = "/api/v1/me", **more: str
) -> int:
    headers = {"Authorization": f"Bearer {token}", **more}
    asked = urllib.request.Request(f"{server.url}{path}", headers=headers)  # noqa: S310
    try:
        with urllib.request.urlopen(asked, timeout=30) as answer:  # noqa: S310
            return int(answer.status)
    except urllib.error.HTTPError as error:
        error.close()
        return error.code


def test_a_step_calls_as_itself_while_it_runs(
    trusting: TestServer, tmp_path: Path
) -> None:
    """It sees its own project alone; its token never shows and is dead afterwards."""
    files = {".fairlead.yaml": PIPELINE.format(url=trusting.url)}
    for name in ("mine", "other"):
        repository = make_repository(tmp_path / name, files)
        made = trusting.run("projects", "create", name, "--repository", str(repository))
        assert made.exit_code == 0, made.err
    done = trusting.run("run", "mine", "--follow")
    assert done.exit_code == 0, done.out + done.err

    assert "run mine/build/ask" in done.out
    assert "['mine']" in done.out
    assert "flr_" not in done.out
    [payload] = trusting.home.glob("blobs/artifacts/*/payload")
    token = payload.read_text()
    assert token.startswith("flr_")
    assert status(trusting, token) == 401


def test_keys_on_the_command_line(trusting: TestServer) -> None:
    """Made, used, rotated and revoked; with sessions and signing keys beside."""
    made = trusting.run("keys", "create", "ci", "--scope", "projects.project.read")
    assert made.exit_code == 0, made.err
    secret = made.out.strip()
    assert status(trusting, secret, "/api/v1/projects") == 200
    assert status(trusting, secret, "/api/v1/users") == 403
    [key] = trusting.data("keys", "list")["items"]
    assert secret.startswith(key["prefix"])
    rotated = trusting.run("keys", "rotate", key["id"]).out.strip()
    assert status(trusting, secret) == 401
    assert status(trusting, rotated) == 200
    assert trusting.run("keys", "revoke", key["id"]).exit_code == 0
    assert status(trusting, rotated) == 401

    trusting.log_in()
    sessions = trusting.data("sessions", "list")["items"]
    assert {each["device"] for each in sessions} == {"fairlead command line"}
    assert trusting.run("sessions", "revoke", "--others").exit_code == 0
    assert len(trusting.data("sessions", "list")["items"]) == 1
    for how in ((), ("--at-once",)):
        assert trusting.run("auth", "rotate-keys", *how).exit_code == 0
        assert trusting.run("whoami").exit_code == 0
    assert len(trusting.data("sessions", "list")["items"]) == 1


def test_networks_hold_behind_proxies(trusting: TestServer) -> None:
    """What counts is the last address that is no proxy; what callers add does not."""
    made = trusting.run(
        *("keys", "create", "far", "--scope", "projects.project.read"),
        *("--network", "203.0.113.0/24", "--network", "2001:db8::/32"),
    )
    secret = made.out.strip()
    expected = {
        "203.0.113.7": 200,
        "2001:db8::7": 200,
        "203.0.113.7:51234": 200,
        "[2001:db8::7]:51234": 200,
        "198.51.100.1, 203.0.113.7, 10.0.0.1": 200,
        "203.0.113.7, 198.51.100.1": 403,
        "203.0.113.7, 198.51.100.1, 10.0.0.1": 403,
        "nonsense": 403,
    }
    for forwarded, code in expected.items():
        sent = {"X-Forwarded-For": forwarded}
        assert status(trusting, secret, **sent) == code, forwarded
    assert status(trusting, secret) == 403


def test_service_accounts_work_by_keys(trusting: TestServer) -> None:
    """Somebody who may makes them one; what it may is what its roles say."""
    made = trusting.run("users", "create", "robot", "--service")
    assert made.exit_code == 0, made.err
    order = ("keys", "create", "ci", "--user", "robot", "--scope")
    secret = trusting.run(*order, "projects.project.read").out.strip()
    assert status(trusting, secret) == 200
    assert status(trusting, secret, "/api/v1/projects/mine") == 404
    assert trusting.run("roles", "bind", "robot", "viewer").exit_code == 0
    assert status(trusting, secret, "/api/v1/projects/mine") == 200
    assert trusting.run("users", "disable", "robot").exit_code == 0
    assert status(trusting, secret) == 401


def test_the_account_page_shows_and_changes_what_is_ones_own(
    trusting: TestServer,
) -> None:
    """A key is shown once; forms without the session's token change nothing."""
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())

    def open_page(path: str, form: dict[str, str] | None = None) -> str:
        data = None if form is None else urllib.parse.urlencode(form).encode()
        with browser.open(f"{trusting.url}{path}", data, timeout=30) as answer:
            text: str = answer.read().decode()
        return text

    open_page("/login", {"username": "admin", "password": PASSWORD, "next": "/"})
    page = open_page("/account")
    assert "this one" in page
    assert "Python-urllib" in page
    found = re.search(r'name="form_token" value="(\w+)"', page)
    assert found is not None
    form = {"form_token": found[1], "name": "web", "scopes": "projects.project.read"}
    told = open_page("/account/keys", form)
    secret = re.search(r"flk_[a-z2-7]{10}_[\w-]{43}", told)
    assert secret is not None
    assert status(trusting, secret[0], "/api/v1/projects") == 200
    page = open_page("/account")
    assert secret[0] not in page
    key = re.search(r"/account/keys/([0-9a-f-]{36})/revoke", page)
    assert key is not None
    with pytest.raises(urllib.error.HTTPError) as refused:
        open_page(f"/account/keys/{key[1]}/revoke", {"form_token": "x"})
    refused.value.close()
    open_page(f"/account/keys/{key[1]}/revoke", {"form_token": found[1]})
    assert status(trusting, secret[0]) == 401
    open_page("/account/sessions/end-others", {"form_token": found[1]})
    assert trusting.run("whoami").exit_code == 4
    trusting.log_in()
