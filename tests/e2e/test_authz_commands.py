"""`fairlead authz`: answers, and exit codes that scripts can use."""

from pathlib import Path

import pytest

from fairlead.testing.server import PASSWORD, TestServer

READ, START = "pipelines.run.read", "pipelines.run.start"
MANIFEST = """\
name: pipelines
version: 9.0.0
permissions:
  pipelines.run.start: Start runs
  pipelines.plan.read: See plans
"""


@pytest.fixture(scope="module")
def people(server: TestServer) -> TestServer:
    """Olga has a role of the test's own, by a group; nobody else has it."""
    for command in (
        ("users", "create", "olga", "--password-stdin"),
        ("roles", "create", "watch", "--permission", READ),
        ("groups", "create", "watchers"),
        ("groups", "add", "watchers", "olga"),
        ("roles", "bind", "watchers", "watch", "--group"),
    ):
        done = server.run(*command, stdin=f"{PASSWORD}\n")
        assert done.exit_code == 0, done.err
    return server


def test_can_i_answers_by_its_exit_code_too(people: TestServer) -> None:
    """0: yes, 1: no; wrong questions have the codes of all commands."""
    own = people.run("authz", "can-i", START)
    yes = people.run("authz", "can-i", READ, "--user", "olga", "--scope", "/")
    no = people.run("authz", "can-i", START, "--user", "olga")

    assert (own.exit_code, yes.exit_code, no.exit_code) == (0, 0, 1)
    assert "admin" in own.out
    assert "The role 'watch' in / of the group 'watchers' gives it." in yes.out
    assert f"olga has no role that gives {START} in /." in no.out
    assert people.run("authz", "can-i", "odd").exit_code == 2
    assert people.run("authz", "can-i", READ, "--user", "nobody").exit_code == 3
    assert people.run("authz", "can-i", READ, "--project", "nowhere").exit_code == 3
    told = people.data("authz", "can-i", READ, "--user", "olga")
    assert told["binding"]["principal_name"] == "watchers"


def test_who_can_lists_who_and_by_what(people: TestServer) -> None:
    found = people.data("authz", "who-can", READ, "--limit", "1", "--all")
    names = [row["user_name"] for row in found["items"]]

    assert names == sorted(names)
    assert {"admin", "olga"} <= set(names)
    line = next(
        line
        for line in people.run("authz", "who-can", READ).out.splitlines()
        if line.startswith("olga")
    )
    assert line.split() == ["olga", "watch", "/", "watchers"]


def test_changes_of_a_role_are_compared(people: TestServer, tmp_path: Path) -> None:
    diff = ("authz", "diff", "role", "watch")
    change = ("--add", START, "--remove", READ)
    (row,) = people.data(*diff, *change)["items"]
    assert (row["user_name"], row["gains"], row["loses"]) == ("olga", [START], [READ])

    file = tmp_path / "role.yaml"
    file.write_text(f"summary: Same\npermissions: [{READ}]\n")
    same = people.run(*diff, "--file", str(file), "--exit-code")
    assert same.exit_code == 0
    assert "nobody would gain or lose anything" in same.err
    assert people.run(*diff, *change).exit_code == 0
    assert people.run(*diff, *change, "--exit-code").exit_code == 1
    (gone,) = people.data(*diff, "--delete")["items"]
    assert gone["loses"] == [READ]
    (included,) = people.data(*diff, "--include", "guest")["items"]
    assert included["gains"] == ["projects.project.read"]
    assert people.run(*diff).exit_code == 2
    assert people.run(*diff, "--delete", "--add", START).exit_code == 2
    assert people.run("authz", "diff", "role", "viewer", "--delete").exit_code == 5
    shown = people.data("roles", "show", "watch")
    assert shown["permissions"] == [READ]  # nothing was changed


def test_a_next_version_of_a_module_is_compared(
    people: TestServer, tmp_path: Path
) -> None:
    manifest = tmp_path / "module.yaml"
    manifest.write_text(MANIFEST)
    rows = people.data("authz", "diff", "module", str(manifest))["items"]
    found = {row["user_name"]: row for row in rows}

    assert READ in found["olga"]["loses"]
    assert found["olga"]["gains"] == []
    assert found["admin"]["gains"] == ["pipelines.plan.read"]
    assert START not in found["admin"]["loses"]
    manifest.write_text("permissions: {}")
    assert people.run("authz", "diff", "module", str(manifest)).exit_code == 2
    assert people.run("authz", "diff", "module", "none.yaml").exit_code == 2
