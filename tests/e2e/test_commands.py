"""What commands say, and how they end, against a running server."""

from pathlib import Path

import pytest
from tests.e2e.repositories import FAILING

from fairlead.testing.server import TestServer, make_repository

FRAGILE = """\
version: 1
build:
  steps:
    - {name: pack, run: "mkdir -p out && cp serve.py out"}
  outputs:
    - {name: app, type: directory, path: out}
deploy:
  environment: dev
  workloads:
    - {name: %s, artifact: app, command: ["python", "serve.py", "%s"]}
"""
SERVE = """\
import http.server, os, pathlib, sys
print("looking")
if pathlib.Path(sys.argv[1]).exists():
    sys.exit("the flag is up")
address = ("127.0.0.1", int(os.environ["PORT"]))
http.server.ThreadingHTTPServer(
    address, http.server.SimpleHTTPRequestHandler
).serve_forever()
"""
SLOW = """\
version: 1
build:
  steps:
    - {name: wait, run: "sleep 600"}
"""


@pytest.fixture(scope="module")
def failed(server: TestServer, session_folder: Path) -> str:
    """The name of a run that has failed."""
    repository = make_repository(session_folder / "said", FAILING)
    server.run("projects", "create", "said", "--repository", str(repository))
    server.run("run", "said", "--follow")
    return "said/1"


def test_steps_are_named_or_refused(server: TestServer, failed: str) -> None:
    """Whole, or by the last part; what is not there is answered by what is."""
    wrong = server.run("runs", "logs", failed, "--step", "test/nope")
    named = server.run("runs", "logs", failed, "--step", "unit", "--tail", "1")

    assert wrong.exit_code == 3
    assert "there are checkout, build/compile, test/unit, test/never" in wrong.err
    assert named.out == "expected 4 but got 5\n"


def test_output_stands_below_the_names_of_the_steps(
    server: TestServer, failed: str
) -> None:
    printed = server.run("runs", "logs", failed).out
    raw = server.run("runs", "logs", failed, "--raw").out

    assert printed.startswith("── checkout\n")
    assert printed.index("── test/unit\n") < printed.index("expected 4 but got 5")
    assert "── " not in raw


def test_an_operation_is_named_by_its_run(server: TestServer, failed: str) -> None:
    by_name = server.data("operations", "show", failed)
    told = server.run("operations", "explain", failed)
    shown = server.run("runs", "show", failed).out

    assert by_name["id"] == server.data("runs", "show", failed)["id"]
    assert "said/1  failed" in told.out
    assert "not isolated" in shown


def test_an_ended_run_is_not_cancelled(server: TestServer, failed: str) -> None:
    done = server.run("runs", "cancel", failed)

    assert (done.exit_code, done.err) == (0, "run said/1 had already failed\n")


def test_cancel_waits_for_the_end(server: TestServer, tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "long", {".fairlead.yaml": SLOW})
    server.run("projects", "create", "long", "--repository", str(repository))
    started = server.run("run", "long")
    assert "fairlead runs logs -f long/1" in started.err
    done = server.run("runs", "cancel", "long/1", "--wait")

    assert done.exit_code == 0
    assert "run long/1 ended: cancelled" in done.err


def test_a_restart_is_waited_for(server: TestServer, tmp_path: Path) -> None:
    """It may fail; what served goes on, and exit code 1 says so."""
    flag = tmp_path / "flag"
    files = {".fairlead.yaml": FRAGILE % ("lonely", flag), "serve.py": SERVE}
    repository = make_repository(tmp_path / "fragile", files)
    server.run("projects", "create", "fragile", "--repository", str(repository))
    assert server.run("run", "fragile", "--follow").exit_code == 0

    by_name = server.run("workloads", "restart", "lonely", "--wait")
    assert by_name.exit_code == 0, by_name.err
    assert "restarted fragile/dev/lonely" in by_name.err
    flag.touch()
    broken = server.run("workloads", "restart", "fragile/dev/lonely", "--wait")

    assert broken.exit_code == 1
    assert "The restart of fragile/dev/lonely failed" in broken.err
    assert "the flag is up" in broken.err
    shown = server.data("workloads", "show", "lonely")
    assert (shown["state"], shown["release"]) == ("healthy", 1)
    logs = server.run("workloads", "logs", "lonely")
    assert "looking" in logs.out  # though Python's output is a pipe
    assert server.run("workloads", "logs", "lonely", "--tail", "1").out in logs.out


def test_a_name_that_several_have_is_not_enough(
    server: TestServer, tmp_path: Path
) -> None:
    for project in ("twin-a", "twin-b"):
        files = {
            ".fairlead.yaml": FRAGILE % ("twin", tmp_path / "flag"),
            "serve.py": SERVE,
        }
        repository = make_repository(tmp_path / project, files)
        server.run("projects", "create", project, "--repository", str(repository))
        assert server.run("run", project, "--follow").exit_code == 0

    several = server.run("workloads", "show", "twin")
    assert several.exit_code == 2
    assert "twin-a/dev/twin\ntwin-b/dev/twin" in several.err
    assert server.run("workloads", "show", "nowhere").exit_code == 3


def test_what_never_served_has_no_release(server: TestServer, tmp_path: Path) -> None:
    flag = tmp_path / "flag"
    flag.touch()
    files = {".fairlead.yaml": FRAGILE % ("never", flag), "serve.py": SERVE}
    repository = make_repository(tmp_path / "never", files)
    server.run("projects", "create", "never", "--repository", str(repository))
    assert server.run("run", "never", "--follow").exit_code == 1

    assert "release      -" in server.run("workloads", "show", "never").out


def test_a_project_moves_to_another_branch(server: TestServer, tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "moving", {"a": "1"})
    server.run("projects", "create", "moving", "--repository", str(repository))
    done = server.run("projects", "update", "moving", "--branch", "next")

    assert done.exit_code == 0, done.err
    assert server.data("projects", "show", "moving")["branch"] == "next"
    assert server.run("projects", "update", "moving", "--repository", str(tmp_path)).err


def test_a_role_is_given_by_names(server: TestServer, failed: str) -> None:
    server.run("users", "create", "lin", "--password-stdin", stdin="long words 1234\n")
    given = ("roles", "bind", "lin", "viewer", "--project", "said")
    first, second = server.run(*given), server.run(*given)

    assert first.exit_code == second.exit_code == 0
    assert "already" not in first.err
    assert "lin had this role there already" in second.err
    scope = f"/projects/{server.data('projects', 'show', 'said')['id']}"
    (binding,) = server.data("roles", "bindings", "--user", "lin")["items"]
    assert binding["scope"] == scope
    wrong = server.run(*given, "--environment", "moon")
    assert (wrong.exit_code, "there is none yet" in wrong.err) == (3, True)
    assert "pipelines.run.read" in server.run("roles", "show", "viewer").out
    assert server.run("roles", "show", "king").exit_code == 3


def test_status_tells_server_and_caller(server: TestServer) -> None:
    status = server.data("status")

    assert (status["url"], status["health"], status["you"]) == (
        server.url,
        "ok",
        "admin",
    )


def test_log_in_looks_for_the_server_first(server: TestServer) -> None:
    empty = server.run("login", "--password-stdin", stdin="\n")
    nobody = server.run(
        "login", "--url", server.url.removeprefix("http://"), "--password-stdin"
    )

    assert "The password is empty" in empty.err
    assert "The password is empty" in nobody.err


def test_a_held_data_folder_gets_no_new_password(server: TestServer) -> None:
    done = server.run("reset-admin-password")

    assert done.exit_code == 6
    assert "a new password" not in done.err
    assert not done.out
