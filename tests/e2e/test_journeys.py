"""What a user does with the command line, from a repository to an answering service."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.e2e.repositories import FAILING, NODE, python_package

from fairlead.testing.server import TestServer, commit, make_repository


def test_python_package_becomes_a_service(server: TestServer, tmp_path: Path) -> None:
    """Clone, build, test, deploy; the command ends with the address, which answers."""
    repository = make_repository(tmp_path / "python", python_package())
    created = server.run(
        "projects", "create", "python", "--repository", str(repository)
    )
    assert created.exit_code == 0, created.err

    done = server.run("run", "python", "--follow")

    assert done.exit_code == 0, done.out + done.err
    url = done.out.strip().splitlines()[-1]
    assert server.fetch(url) == b"hello from python"
    assert "\033[32mwheel written\033[0m" in done.out
    for step in ("build/compile", "test/unit", "test/syntax", "deploy/web"):
        assert f"✓ {step}" in done.err


def test_run_has_the_form_programs_rely_on(server: TestServer, tmp_path: Path) -> None:
    """`runs show` and `workloads list` have the members of the outside contract."""
    repository = make_repository(tmp_path / "shape", python_package("shape"))
    head = commit(repository, {}, message="second")
    server.run("projects", "create", "shape", "--repository", str(repository))
    assert server.run("run", "shape", "--follow").exit_code == 0

    run = server.data("runs", "show", "shape/1")
    assert run["state"] == "succeeded"
    assert run["commit"] == head
    assert [stage["name"] for stage in run["stages"]] == ["build", "test", "deploy"]
    step = run["stages"][0]["jobs"][0]["steps"][0]
    assert step["name"] == "compile"
    assert (step["state"], step["exit_code"], step["attempts"]) == ("succeeded", 0, 1)
    assert step["duration_seconds"] > 0
    workloads = server.data("workloads", "list", "--project", "shape")["items"]
    (workload,) = workloads
    assert workload["name"] == "web"
    assert workload["environment"] == "dev"
    assert workload["state"] == "healthy"
    assert workload["run_id"] == run["id"]
    assert server.fetch(workload["url"]) == b"shape"
    artifact = server.home / "blobs" / "artifacts" / run["artifacts"][0]["id"]
    assert (artifact / "payload").stat().st_size == run["artifacts"][0]["size"]
    assert json.loads((artifact / "metadata.json").read_text())["name"] == "wheel"


def test_new_run_replaces_the_service(server: TestServer, tmp_path: Path) -> None:
    """The address stays, the answer is the new release's."""
    repository = make_repository(tmp_path / "again", python_package("first"))
    server.run("projects", "create", "again", "--repository", str(repository))
    first = server.run("run", "again", "--follow")
    commit(repository, python_package("second"), message="second")

    second = server.run("run", "again", "--follow")

    assert second.exit_code == 0, second.err
    assert first.out.splitlines()[-1] == second.out.splitlines()[-1]
    assert server.fetch(second.out.splitlines()[-1]) == b"second"


def test_node_service_without_dependencies(
    component: Callable[[str], Path], server: TestServer, tmp_path: Path
) -> None:
    """A directory is an artifact, too."""
    component("node")
    repository = make_repository(tmp_path / "node", NODE)
    server.run("projects", "create", "node", "--repository", str(repository))

    done = server.run("run", "node", "--follow")

    assert done.exit_code == 0, done.out + done.err
    assert server.fetch(done.out.splitlines()[-1]) == b"hello from node"


def test_failing_step_ends_the_command(server: TestServer, tmp_path: Path) -> None:
    """Exit code 1 and the failing step's last output; later steps are skipped."""
    repository = make_repository(tmp_path / "failing", FAILING)
    server.run("projects", "create", "failing", "--repository", str(repository))

    done = server.run("run", "failing", "--follow")

    assert done.exit_code == 1
    assert "last output of test/unit" in done.err
    assert "expected 4 but got 5" in done.err.split("last output of test/unit")[1]
    steps = server.data("runs", "show", "failing/1")["stages"][1]["jobs"][0]["steps"]
    assert [(step["state"], step["exit_code"]) for step in steps] == [
        ("failed", 3),
        ("skipped", None),
    ]


def test_steps_see_only_their_environment(server: TestServer, tmp_path: Path) -> None:
    """The documented variables and nothing of the server's."""
    pipeline = """\
version: 1
build:
  steps:
    - {name: env, run: "env | sort", env: {COLOUR: green}}
"""
    repository = make_repository(tmp_path / "env", {".fairlead.yaml": pipeline})
    server.run("projects", "create", "env", "--repository", str(repository))
    assert server.run("run", "env", "--follow").exit_code == 0

    printed = server.run("runs", "logs", "env/1", "--step", "build/env").out
    names = {line.split("=")[0] for line in printed.splitlines() if "=" in line}
    given = {f"FAIRLEAD_{name}" for name in ("RUN_ID", "PROJECT", "STAGE", "STEP")}
    assert given <= names
    allowed = given | {"FAIRLEAD_ATTEMPT", "FAIRLEAD_COMMIT", "COLOUR"}
    allowed |= {"PATH", "HOME", "LANG", "TMPDIR", "PWD", "OLDPWD", "SHLVL", "_"}
    assert names <= allowed | {"FAIRLEAD_PROCESS"}


def test_lists_are_paged_and_printed_for_programs(server: TestServer) -> None:
    """`--all` follows every page; yaml and tables work, too."""
    first = server.data("audit", "list", "--limit", "2")
    assert len(first["items"]) == 2
    assert first["next"]
    every = server.data("audit", "list", "--limit", "2", "--all")
    assert len(every["items"]) > 4
    assert every["next"] is None
    assert "sequence:" in server.run("audit", "list", "-o", "yaml").out
    assert "ACTION" in server.run("audit", "list").out
    assert server.run("audit", "verify").exit_code == 0


@pytest.mark.parametrize(
    "command",
    [
        ("users", "list"),
        ("roles", "list"),
        ("roles", "bindings"),
        ("environments", "list"),
        ("workloads", "list"),
        ("runs", "list"),
        ("projects", "list"),
        ("operations", "list"),
        ("modules", "list"),
        ("whoami",),
    ],
)
def test_every_list_command_works(server: TestServer, command: tuple[str, ...]) -> None:
    """A table for people and data for programs, exit code 0."""
    assert server.run(*command).exit_code == 0
    assert server.data(*command)


def test_missing_things_are_said_so(server: TestServer) -> None:
    """Exit code 3 and a sentence that names the thing."""
    done = server.run("run", "nowhere")
    assert done.exit_code == 3
    assert "nowhere" in done.err


def test_modules_fit_together(server: TestServer) -> None:
    """Everything installed can be put together offline."""
    done = server.run("modules", "validate")
    assert done.exit_code == 0, done.err
