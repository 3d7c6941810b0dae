"""Whom the gate refuses is in the audit trail, with what was asked for."""

import socket
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from typing import Any

import pytest

from fairlead.testing.people import Person
from fairlead.testing.server import TestServer, eventually, test_server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestServer]:
    """A server of its own: of strangers alike refusals are recorded once a minute."""
    with test_server(tmp_path_factory.mktemp("refusals")) as server:
        server.log_in()
        yield server


def entry(server: TestServer, target: str) -> tuple[str, str, str, str]:
    """Wait for the entry of a refusal: who, the action, how it ended and why."""

    def found() -> Any:
        options = ("--target", target, "--outcome", "refused")
        return server.data("audit", "list", *options)["items"]

    [told] = eventually(found, f"an entry of {target}")
    reason = told["details"].get("reason", "")
    return told["actor"], told["action"], told["address"], reason


@pytest.mark.parametrize(
    ("path", "action"),
    [
        ("/api/v1/users", "identity.user.read"),
        ("/api/v1/users/admin", "identity.user.read"),
        ("/api/v1/me", "gateway.route.use"),
    ],
)
def test_requests_without_a_credential(
    server: TestServer, path: str, action: str
) -> None:
    assert Person(server.port).call("GET", path).status == 401

    told = entry(server, f"GET {path}")
    assert told == ("anonymous", action, "127.0.0.1", "gateway.credential_needed")


def test_forms_of_another_site(server: TestServer) -> None:
    """They come with the cookie of whose browser was made to send them."""
    admin = Person(server.port, "admin").log_in()
    headers = {"Cookie": admin.cookie, "Sec-Fetch-Site": "cross-site"}
    with closing(HTTPConnection("127.0.0.1", server.port, timeout=60)) as connection:
        connection.request("POST", "/account/sessions/end-all", "", headers)
        assert connection.getresponse().status == 403

    told = entry(server, "POST /account/sessions/end-all")
    assert told == ("admin", "gateway.route.use", "127.0.0.1", "console.foreign_form")


def test_who_opens_a_page_is_led_to_the_log_in(server: TestServer) -> None:
    """Which refuses nothing; the entry after it tells that none was made."""
    nobody = Person(server.port)
    assert nobody.look("/projects").status == 303
    assert nobody.submit("/projects", {"name": "a"}).status in {303, 401}
    entry(server, "POST /projects")
    listed = server.data("audit", "list", "--target", "GET /projects")["items"]
    assert listed == []


def test_no_entry_leaves_open_what_it_was_about(server: TestServer) -> None:
    """Where the object is not known, its kind is told."""
    admin, nobody = Person(server.port, "admin").log_in(), Person(server.port)
    admin.call("POST", "/api/v1/users", {"name": "sam", "password": admin.password})
    sam = Person(server.port, "sam").log_in()
    nobody.call("POST", "/api/v1/account/ask-reset", {"email": "who@example.org"})
    wrong = {"token": "A" * 43}
    nobody.call("POST", "/api/v1/account/verify", wrong)
    nobody.call("POST", "/api/v1/account/reset", {**wrong, "password": admin.password})
    assert sam.submit("/access/roles/own", {"summary": "mine"}).status == 403
    assert admin.call("GET", "/api/v1/audit/export").status == 200
    assert entry(server, "roles")[1] == "authz.role.read"

    def whole() -> bool:
        listed = server.data("audit", "list", "--all")["items"]
        assert [each for each in listed if not each["target"]] == []
        return "audit.entry.export" in {each["action"] for each in listed}

    eventually(whole, "the export's entry")


def test_a_key_in_use_as_often_as_it_may(server: TestServer) -> None:
    """A request whose body has yet to come holds its place; the next is refused."""
    admin = Person(server.port, "admin").log_in()
    order = {"name": "one", "scopes": ["projects.project.create"], "at_once": 1}
    made = admin.call("POST", "/api/v1/auth/api-keys", order).json()
    program = Person(server.port, token=made["secret"])
    head = (
        "POST /api/v1/projects HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9\r\n"
        f"Content-Type: application/json\r\nAuthorization: Bearer {program.token}\r\n"
    )
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as held:
        held.sendall(f"{head}\r\n{{".encode())
        eventually(lambda: program.call("GET", "/api/v1/me").status == 429, "a refusal")
    eventually(lambda: program.call("GET", "/api/v1/me").status == 200, "its place")

    told = entry(server, f"api_keys/{made['key']['id']}")
    assert told == ("admin/one", "auth.key.use", "127.0.0.1", "auth.key_too_busy")
