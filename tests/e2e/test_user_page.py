"""What the page of a user tells administrators of how that user gets in."""

import re
from collections.abc import Iterator

import pytest

from fairlead.testing.people import Person
from fairlead.testing.server import PASSWORD, TestServer, eventually, test_server

READ = "projects.project.read"
PAGE = "/access/users"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestServer]:
    with test_server(tmp_path_factory.mktemp("users")) as server:
        yield server


@pytest.fixture(scope="module")
def admin(server: TestServer) -> Person:
    return Person(server.port, "admin").log_in()


def test_the_key_of_a_service_account_is_seen_and_revoked(
    server: TestServer, admin: Person
) -> None:
    admin.call("POST", "/api/v1/users", {"name": "robot", "service": True})
    order = {"name": "ci", "scopes": [READ], "user": "robot"}
    made = admin.call("POST", "/api/v1/auth/api-keys", order).json()
    program = Person(server.port, token=made["secret"])
    assert program.call("GET", "/api/v1/me").status == 200
    page = admin.look(f"{PAGE}/robot").body.decode()
    assert made["key"]["prefix"] in page
    assert READ in page
    assert made["secret"] not in page
    found = re.search(r'action="(\S+/keys/\S+/revoke)"', page)
    assert found is not None
    told = admin.submit(found[1], {})

    assert told.status == 303
    assert program.call("GET", "/api/v1/me").status == 401
    assert b"has no API key" in admin.look(f"{PAGE}/robot").body


def test_the_sessions_of_a_user_are_seen_and_ended(
    server: TestServer, admin: Person
) -> None:
    admin.call("POST", "/api/v1/users", {"name": "sam", "password": PASSWORD})
    sam = Person(server.port, "sam").log_in()
    assert b"End all sessions" in admin.look(f"{PAGE}/sam").body
    assert admin.submit(f"{PAGE}/sam/sessions/end-all", {}).status == 303

    assert sam.call("GET", "/api/v1/me").status == 401
    eventually(lambda: sam.look("/account").status == 303, "the end in the browser")
    assert b"No session of sam is open" in admin.look(f"{PAGE}/sam").body


def test_who_may_see_users_alone_sees_neither(
    server: TestServer, admin: Person
) -> None:
    role = {"name": "reader", "permissions": ["identity.user.read"]}
    assert admin.call("POST", "/api/v1/roles", role).status == 201
    for body in ({"name": "rea", "password": PASSWORD}, {"name": "robby"}):
        admin.call("POST", "/api/v1/users", {"service": "password" not in body, **body})
    admin.call("POST", "/api/v1/bindings", {"user": "rea", "role": "reader"})
    order = {"name": "ci", "scopes": [READ], "user": "robby"}
    key = admin.call("POST", "/api/v1/auth/api-keys", order).json()["key"]
    rea = Person(server.port, "rea").log_in()
    page = rea.look("/access/users/admin")
    forms = (f"robby/keys/{key['id']}/revoke", "admin/sessions/end-all")
    told = [rea.submit(f"{PAGE}/{path}", {}).status for path in forms]

    assert page.status == 200
    assert b"has no API key" not in page.body
    assert b"End all sessions" not in page.body
    assert set(told) <= {403, 404}
    assert key["prefix"] in admin.look(f"{PAGE}/robby").body.decode()
