"""`fairlead seed`, on a data folder of its own."""

import json
import re
from pathlib import Path
from typing import Any

from fairlead.testing.people import Person
from fairlead.testing.server import PASSWORD, TestServer, test_server

SEED = {
    "roles": [
        {"name": "releaser", "summary": "Releases", "includes": ["starter"]},
        {"name": "starter", "permissions": ["pipelines.run.start"]},
    ],
    "groups": [{"name": "platform", "summary": "Us", "members": ["root"]}],
    "bindings": [{"role": "releaser", "group": "platform"}],
}


def settings(folder: Path, seed: Any, **admin: str) -> dict[str, str]:
    """Return the variables of a production installation with a settings file."""
    file = folder / "settings.yaml"
    file.write_text(json.dumps({"seed": seed, "admin": {"username": "root", **admin}}))
    return {
        "FAIRLEAD_SETTINGS": str(file),
        "FAIRLEAD_ENVIRONMENT": "production",
        "FAIRLEAD_ADMIN__PASSWORD": "",
    }


def steps(server: TestServer, *options: str) -> list[str]:
    items = server.data("seed", *options)["items"]
    return [f"{each['outcome']} {each['what']}" for each in items]


def test_a_production_installation_is_seeded_when_it_is_asked_for(
    tmp_path: Path,
) -> None:
    """From the settings, once; then the administrator logs in and has the roles."""
    (tmp_path / "secret").write_text(f"{PASSWORD}\n")
    variables = settings(
        tmp_path,
        SEED,
        password_file=str(tmp_path / "secret"),
        email="root@example.org",
    )
    server = TestServer(tmp_path, variables)
    would = steps(server, "--dry-run")
    assert not server.home.exists()
    done = steps(server)
    again = server.run("seed")

    assert would == done
    assert done[:2] == [
        "made user root",
        "made role admin of user root everywhere",
    ]
    assert "made role releaser of group platform everywhere" in done
    assert again.exit_code == 0
    assert "everything is as the settings say" in again.err
    assert "made" not in again.out

    bad = SEED | {"groups": [{"name": "ops", "members": ["root", "nobody"]}]}
    settings(tmp_path, bad, password_file=str(tmp_path / "secret"))
    refused = server.run("seed")
    assert refused.exit_code == 2
    assert "seed.groups, ops: " in refused.err
    assert "nobody" in refused.err

    settings(tmp_path, SEED, password_file="/gone/by/now")
    with test_server(tmp_path, **variables) as running:
        assert "fairlead seed" not in running.text
        root = Person(running.port, "root").log_in()
        roles = root.call("GET", "/api/v1/roles/releaser").json()
        assert "pipelines.run.start" in roles["permissions"]
        assert root.call("GET", "/api/v1/groups/ops").status == 404
        members = root.call("GET", "/api/v1/groups/platform/members").json()
        assert len(members["items"]) == 1
        held = running.run("seed")
        assert held.exit_code == 6
        assert "stop it" in held.err


def test_a_production_server_makes_nobody_by_itself(tmp_path: Path) -> None:
    """It says what to do; the generated password is told once, by the command."""
    variables = settings(tmp_path, {})
    with test_server(tmp_path, **variables) as server:
        assert "run `fairlead seed`" in server.text
        assert "password" not in server.text
    server = TestServer(tmp_path, variables)
    told = re.search(r"password +(\S+)", server.run("seed").err)
    assert told is not None
    assert "password" not in server.run("seed").err
    with test_server(tmp_path, **variables) as server:
        assert "fairlead seed" not in server.text
        Person(server.port, "root", told[1]).log_in()


def test_a_development_server_seeds_at_its_first_start(tmp_path: Path) -> None:
    """And says which entry is wrong, without having made anything."""
    wrong = {"roles": [{"name": "a"}, {"name": "b", "permissions": ["no.such.thing"]}]}
    variables = settings(tmp_path, wrong) | {"FAIRLEAD_ENVIRONMENT": "development"}
    server = TestServer(tmp_path, variables)
    refused = server.run("up", seconds=90)
    assert refused.exit_code == 2
    assert "seed.roles, b: No module declares" in refused.err

    settings(tmp_path, SEED)
    with test_server(tmp_path, **variables) as server:
        told = re.search(r"password (\S+)", server.text)
        assert told is not None
        root = Person(server.port, "root", told[1]).log_in()
        assert root.call("GET", "/api/v1/roles/starter").status == 200
        assert root.call("GET", "/api/v1/roles/a").status == 404
