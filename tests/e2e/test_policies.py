"""Policies against a running server, over HTTP and from the command line."""

import json
import urllib.request
from collections.abc import Iterator
from http.client import HTTPResponse
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import pytest

from fairlead.testing.people import Person
from fairlead.testing.server import PASSWORD, TestServer, make_repository

API = "/api/v1/policies"
READ = "projects.project.read"
NOBODY = "forbid (principal, action, resource);\n"


def asked(
    person: Person, method: str, path: str, body: Any = None, **headers: str
) -> tuple[int, Any, str]:
    """Return the status, the value and the ETag of an answer."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{person.port}{path}",
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={
            "Authorization": f"Bearer {person.token}",
            "Content-Type": "application/json",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        },
    )
    try:
        answer: HTTPResponse | HTTPError = urllib.request.urlopen(  # noqa: S310
            request, timeout=60
        )
    except HTTPError as error:
        answer = error
    with answer:
        read = answer.read()
        value = json.loads(read) if read else None
        return int(answer.status or 0), value, answer.headers.get("ETag", "")


@pytest.fixture(scope="module")
def admin(server: TestServer) -> Person:
    return Person(server.port, "admin").log_in()


@pytest.fixture(scope="module")
def pia(server: TestServer, admin: Person) -> Person:
    """A viewer who sees two projects."""
    user = {"name": "pia", "password": PASSWORD}
    assert admin.call("POST", "/api/v1/users", user).status == 201
    binding = {"user": "pia", "role": "viewer"}
    assert admin.call("POST", "/api/v1/bindings", binding).status == 201
    return Person(server.port, "pia").log_in()


@pytest.fixture(scope="module")
def projects(admin: Person, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The ids of two projects by name."""
    repository = make_repository(tmp_path_factory.mktemp("r") / "r", {"a": "b"})
    made = {}
    for name in ("port-red", "port-blue"):
        body = {"name": name, "repository": str(repository)}
        made[name] = admin.call("POST", "/api/v1/projects", body).json()["id"]
    return made


@pytest.fixture(autouse=True)
def clean(server: TestServer, admin: Person) -> Iterator[None]:
    yield
    for each in admin.call("GET", API).json()["items"]:
        assert admin.call("DELETE", f"{API}/{each['name']}").status == 204


def names(person: Person) -> set[str]:
    found = person.call("GET", "/api/v1/projects?limit=200").json()["items"]
    return {each["name"] for each in found} & {"port-red", "port-blue"}


def test_a_policy_holds_from_the_next_request_on(
    admin: Person, pia: Person, projects: dict[str, str]
) -> None:
    """In the list, for the single object, with its name in the refusal's reason."""
    text = (
        "forbid (principal, action, resource in "
        f'Scope::"/projects/{projects["port-red"]}") '
        'when { principal.name == "pia" };'
    )
    assert names(pia) == {"port-red", "port-blue"}
    body = {"name": "crew", "text": text, "permissions": ["projects.*"]}
    status, made, tag = asked(admin, "POST", API, body)

    assert (status, made["version"], tag) == (201, 1, '"1"')
    assert names(pia) == {"port-blue"}
    assert names(admin) == {"port-red", "port-blue"}
    assert pia.call("GET", "/api/v1/projects/port-red").status in {403, 404}
    assert pia.call("GET", "/api/v1/projects/port-blue").status == 200
    assert admin.call("DELETE", f"{API}/crew").status == 204
    assert names(pia) == {"port-red", "port-blue"}


def test_a_change_is_guarded_by_the_version(admin: Person) -> None:
    body: dict[str, Any] = {"text": NOBODY, "permissions": [READ], "enabled": False}
    asked(admin, "POST", API, {**body, "name": "none"})

    status, changed, tag = asked(
        admin, "PUT", f"{API}/none", {**body, "summary": "s"}, If_Match='"1"'
    )
    assert (status, changed["summary"], tag) == (200, "s", '"2"')
    for match in ('"1"', "x"):
        status, problem, _ = asked(admin, "PUT", f"{API}/none", body, If_Match=match)
        assert (status, problem["code"]) == (409, "authz.policy_changed")
    status, shown, tag = asked(admin, "GET", f"{API}/none")
    assert (status, shown, tag) == (200, changed, '"2"')


def test_what_is_wrong_is_told_and_nothing_kept(admin: Person) -> None:
    """With line and column; as for a check, so for a creation."""
    body = {"text": "forbid (principal,\n acton, resource);", "permissions": [READ]}

    for path, said in ((f"{API}/check", body), (API, {**body, "name": "bad"})):
        status, problem, _ = asked(admin, "POST", path, said)
        assert (status, problem["code"]) == (422, "authz.bad_policy")
        assert (problem["line"], problem["column"]) == (2, 2)
    status, problem, _ = asked(
        admin, "POST", f"{API}/check", {"text": NOBODY, "permissions": ["authz.*"]}
    )
    assert (status, problem["code"]) == (409, "authz.last_administrator")
    assert asked(admin, "GET", API)[1] == {"items": [], "next": None}


def test_who_only_views_does_not_manage_policies(pia: Person) -> None:
    body = {"name": "none", "text": NOBODY, "permissions": [READ]}

    assert asked(pia, "GET", API)[0] == 403
    assert asked(pia, "POST", API, body)[0] == 403


def test_the_command_line_manages_policies(
    server: TestServer, pia: Person, tmp_path: Path
) -> None:
    """From a file and from stdin; what is left out of a change stays."""
    file = tmp_path / "none.cedar"
    file.write_text(NOBODY)
    attached = ("--permission", READ, "--permission", "pipelines.*")
    assert server.run("policies", "check", str(file), *attached).exit_code == 0

    made = server.data("policies", "create", "none", str(file), *attached)
    assert (made["permissions"], made["enabled"]) == (["pipelines.*", READ], True)
    assert pia.call("GET", "/api/v1/projects").status == 403
    changed = server.data("policies", "update", "none", "--disable", "--summary", "s")
    assert (changed["text"], changed["enabled"], changed["version"]) == (
        NOBODY,
        False,
        2,
    )
    done = server.run("policies", "update", "none", "-", stdin="permit (")
    assert done.exit_code == 2
    assert "line 1, column 8: unexpected end of input" in done.err
    shown = server.run("policies", "show", "none")
    assert NOBODY.strip() in shown.out
    listed = server.run("policies", "list")
    assert "none" in listed.out
    assert server.run("policies", "delete", "none", "--yes").exit_code == 0
    assert server.run("policies", "show", "none").exit_code == 3


def test_whatever_is_forbidden_administrators_can_repair(
    server: TestServer, admin: Person
) -> None:
    """Forbid everybody all that can be forbidden: they still log in and undo it."""
    roles = admin.call("GET", "/api/v1/roles?limit=200").json()["items"]
    every = next(role["permissions"] for role in roles if role["name"] == "admin")
    modules = {name.partition(".")[0] for name in every} - {"authz"}
    wide = [f"{module}.*" for module in sorted(modules)]
    rest = [name for name in every if name.startswith("authz.")]
    attached = [*wide, *(name for name in rest if "authz.policy." not in name)]
    body = {"name": "nobody", "text": NOBODY, "permissions": attached}
    assert asked(admin, "POST", API, body)[0] == 201
    assert admin.call("GET", "/api/v1/roles").status == 403
    assert admin.call("GET", "/api/v1/users").status == 403

    again = Person(server.port, "admin")
    entered = {"username": "admin", "password": PASSWORD}
    told = again.call("POST", "/api/v1/auth/login", entered)
    again.token = told.json()["access_token"]
    assert again.call("GET", f"{API}/nobody").status == 200
    assert again.call("DELETE", f"{API}/nobody").status == 204
    assert again.call("GET", "/api/v1/roles").status == 200
