"""Own roles, groups and bindings over HTTP and from the command line."""

from typing import Any

import pytest

from fairlead.testing.people import Person
from fairlead.testing.server import PASSWORD, TestServer

START, READ = "pipelines.run.start", "pipelines.run.read"
SEES = "projects.project.read"


@pytest.fixture(scope="module")
def admin(server: TestServer) -> Person:
    person = Person(server.port, "admin", PASSWORD).log_in()
    for name in ("gina", "hugo"):
        ask(person, "POST", "/api/v1/users", {"name": name, "password": PASSWORD})
    return person


def ask(who: Person, method: str, path: str, body: Any = None, status: int = 0) -> Any:
    """Call the API; anything but success, or else but `status`, is a failure."""
    told = who.call(method, path, body)
    assert told.status == status if status else told.status < 300, told
    return told.json() if told.body else None


def test_a_group_with_a_role_of_ones_own(admin: Person) -> None:
    """Made, given, taken part in; each in force for the next request."""
    hugo = Person(admin.port, "hugo").log_in()
    ask(hugo, "GET", "/api/v1/projects", status=403)
    made = ask(
        admin,
        "POST",
        "/api/v1/roles",
        {"name": "starter", "permissions": [START], "includes": ["guest"]},
    )
    assert (made["permissions"], made["own"]) == ([START, SEES], [START])
    ask(admin, "POST", "/api/v1/groups", {"name": "night", "summary": "Night shift"})
    bind = {"group": "night", "role": "starter"}
    given = ask(admin, "POST", "/api/v1/bindings", bind)
    assert given["principal_kind"] == "group"
    member = "/api/v1/groups/night/members/hugo"
    ask(admin, "PUT", member, status=204)

    assert ask(hugo, "GET", "/api/v1/projects")["items"] is not None
    mine = ask(hugo, "GET", "/api/v1/me")["bindings"]
    assert [each["role"] for each in mine] == ["starter"]

    ask(admin, "PUT", "/api/v1/roles/starter", {"permissions": [START]})
    ask(hugo, "GET", "/api/v1/projects", status=403)
    ask(admin, "PUT", "/api/v1/roles/starter", {"includes": ["viewer"]})
    ask(hugo, "GET", "/api/v1/projects")
    ask(admin, "DELETE", member)
    ask(hugo, "GET", "/api/v1/projects", status=403)

    ask(admin, "DELETE", "/api/v1/roles/starter", status=409)
    ask(admin, "DELETE", "/api/v1/groups/night")
    ask(admin, "DELETE", "/api/v1/roles/starter")
    ask(admin, "GET", "/api/v1/roles/starter", status=404)


def test_lists_have_filters_and_pages(admin: Person) -> None:
    """Each binding comes once; one's user's include those of their groups."""
    ask(admin, "POST", "/api/v1/groups", {"name": "pages"})
    ask(admin, "PUT", "/api/v1/groups/pages/members/gina")
    for holder in ({"user": "gina"}, {"group": "pages"}):
        for role in ("guest", "viewer"):
            ask(admin, "POST", "/api/v1/bindings", {**holder, "role": role})

    found: list[Any] = []
    path = "/api/v1/bindings?user=gina&scope=/&limit=1"
    following: str | None = ""
    while following is not None:
        after = f"&after={following}" if following else ""
        page = ask(admin, "GET", path + after)
        found += page["items"]
        following = page["next"]

    said = [(each["principal_name"], each["role"]) for each in found]
    assert sorted(said) == [
        ("gina", "guest"),
        ("gina", "viewer"),
        ("pages", "guest"),
        ("pages", "viewer"),
    ]
    of_group = ask(admin, "GET", "/api/v1/bindings?group=pages&role=guest")["items"]
    assert len(of_group) == 1
    roles = ask(admin, "GET", "/api/v1/roles?limit=1")
    assert roles["next"] == roles["items"][0]["name"] == "admin"
    members = ask(admin, "GET", "/api/v1/groups/pages/members?limit=1")
    assert [each["user_name"] for each in members["items"]] == ["gina"]
    ask(admin, "GET", "/api/v1/bindings?user=nobody", status=404)
    ask(admin, "GET", "/api/v1/bindings?group=nobody", status=404)
    ask(admin, "GET", "/api/v1/bindings?scope=odd", status=422)
    ask(admin, "GET", "/api/v1/groups?after=%20", status=422)
    ask(admin, "GET", "/api/v1/roles?after=%20", status=422)


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("POST", "roles", {"name": "No Name"}, 422, "authz.bad_role"),
        ("POST", "roles", {"name": "viewer"}, 409, "authz.role_name_taken"),
        ("PUT", "roles/viewer", {}, 409, "authz.role_built_in"),
        ("PUT", "roles/nobody", {}, 404, "authz.role_not_found"),
        ("POST", "groups", {"name": "x" * 41}, 422, "authz.bad_group"),
        ("PATCH", "groups/nobody", {"summary": ""}, 404, "authz.group_not_found"),
        ("PUT", "groups/nobody/members/gina", None, 404, "authz.group_not_found"),
        ("POST", "bindings", {"role": "viewer"}, 400, ""),
        ("POST", "bindings", {"role": "x", "user": "a", "group": "b"}, 400, ""),
        ("POST", "roles", {"name": "x", "permission": []}, 400, ""),
    ],
)
def test_what_cannot_be_is_refused(
    admin: Person, method: str, path: str, body: Any, status: int, code: str
) -> None:
    told = ask(admin, method, f"/api/v1/{path}", body, status)

    assert told.get("code", "").endswith(code)


def test_nobody_gives_what_they_lack(admin: Person) -> None:
    """The refusal names what is missing, and the trail has it."""
    rights = ["authz.binding.create", "authz.role.create", "authz.member.create"]
    ask(admin, "POST", "/api/v1/roles", {"name": "clerk", "permissions": rights})
    ask(admin, "POST", "/api/v1/groups", {"name": "chiefs"})
    ask(admin, "POST", "/api/v1/bindings", {"group": "chiefs", "role": "admin"})
    ask(admin, "POST", "/api/v1/bindings", {"user": "hugo", "role": "clerk"})
    hugo = Person(admin.port, "hugo").log_in()

    grab = {"user": "hugo", "role": "admin"}
    told = ask(hugo, "POST", "/api/v1/bindings", grab, 403)
    assert told["code"] == "authz.escalation"
    made = {"name": "mine", "permissions": [START]}
    assert ask(hugo, "POST", "/api/v1/roles", made, 403)["code"] == "authz.escalation"
    joined = ask(hugo, "PUT", "/api/v1/groups/chiefs/members/hugo", status=403)
    assert joined["code"] == "authz.escalation"
    ask(hugo, "POST", "/api/v1/roles", {"name": "mine", "permissions": rights[:1]})


def test_the_command_line_manages_all_of_it(admin: Person, server: TestServer) -> None:
    """Roles and groups are made, shown, changed, given and deleted."""

    def run(*words: str, code: int = 0) -> str:
        done = server.run(*words)
        assert done.exit_code == code, (words, done.out, done.err)
        return done.out + done.err

    run("roles", "create", "cook", "--permission", READ, "--summary", "Cooks")
    run("roles", "update", "cook", "--add", START, "--include", "guest")
    told = server.data("roles", "show", "cook")
    assert told["own"] == [READ, START]
    assert (told["summary"], told["includes"]) == ("Cooks", ["guest"])
    run("roles", "update", "cook", "--remove", READ, "--exclude", "guest")
    assert server.data("roles", "show", "cook")["permissions"] == [START]
    assert "did you mean" in run(
        "roles", "create", "oops", "--permission", START[:-1], code=2
    )
    run("groups", "create", "galley", "--summary", "The kitchen")
    run("groups", "update", "galley", "--summary", "Our kitchen")
    run("groups", "add", "galley", "hugo")
    assert "hugo" in run("groups", "members", "galley")
    run("roles", "bind", "galley", "cook", "--group")
    assert "already" in run("roles", "bind", "galley", "cook", "--group")
    [given] = server.data("roles", "bindings", "--group", "galley")["items"]
    listed = run("roles", "bindings", "--role", "cook")
    assert "galley (group)" in listed
    run("roles", "delete", "cook", "--yes", code=5)
    run("roles", "unbind", given["id"])
    run("roles", "delete", "cook", "--yes")
    run("groups", "remove", "galley", "hugo")
    assert "Our kitchen" in run("groups", "show", "galley")
    run("groups", "delete", "galley", "--yes")
    assert "galley" not in run("groups", "list")
    assert "built in" in run("roles", "list")
    run("roles", "show", "cook", code=3)
