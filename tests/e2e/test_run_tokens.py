"""The token of a step ends with the step, however that ends."""

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from fairlead.testing.server import TestServer, eventually, make_repository, test_server

# each attempt notes its token where we find it, and works until it is ended
WAITING = """
version: 1
build:
  steps:
    - name: wait
      timeout: {timeout}
      env: {{PLACE: "{place}"}}
      run: |
        umask 077
        echo "$FAIRLEAD_TOKEN" >> "$PLACE"
        while :; do sleep 0.1; done
"""


@pytest.fixture(scope="module")
def trusting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestServer]:
    """A server that gives its steps tokens."""
    folder = tmp_path_factory.mktemp("trusting")
    with test_server(folder, FAIRLEAD_PIPELINES__RUN_IDENTITY="true") as server:
        server.log_in()
        yield server


def status(server: TestServer, token: str, method: str = "GET", path: str = "") -> int:
    body = b"{}" if method == "POST" else None
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    place = f"{server.url}{path or '/api/v1/me'}"
    asked = urllib.request.Request(place, body, headers, method=method)  # noqa: S310
    try:
        with urllib.request.urlopen(asked, timeout=30) as answer:  # noqa: S310
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


@dataclass(frozen=True)
class Waiting:
    """A run whose step waits."""

    server: TestServer
    name: str
    place: Path

    def tokens(self, count: int = 1) -> list[str]:
        """Return the tokens of its attempts, once there are so many."""

        def noted() -> list[str]:
            lines = self.place.read_text().split() if self.place.exists() else []
            return lines if len(lines) >= count else []

        return eventually(noted, f"{count} tokens")

    def dies(self, token: str) -> None:
        """See that a token is refused, soon."""
        eventually(lambda: status(self.server, token) == 401, "the token is dead")


Begin = Callable[..., Waiting]


@pytest.fixture
def begin(tmp_path: Path) -> Begin:
    """Begin a run of a project of its own."""

    def begun(server: TestServer, name: str, timeout: str = "10m") -> Waiting:
        place = tmp_path / "tokens"
        files = {".fairlead.yaml": WAITING.format(place=place, timeout=timeout)}
        repository = make_repository(tmp_path / name, files)
        made = server.run("projects", "create", name, "--repository", str(repository))
        assert made.exit_code == 0, made.err
        done = server.run("run", name)
        assert done.exit_code == 0, done.out + done.err
        return Waiting(server, name, place)

    return begun


def test_it_is_bound_to_its_run_and_dies_when_that_is_cancelled(
    trusting: TestServer, begin: Begin
) -> None:
    waiting = begin(trusting, "bound")
    [token] = waiting.tokens()
    told = trusting.run("auth", "introspect", "--output", "json", stdin=f"{token}\n")
    assert told.exit_code == 0, told.err
    facts = told.json()
    assert facts["kind"] == "run"
    assert facts["username"] == "bound/build/wait"
    run = trusting.data("runs", "show", "bound/1")
    assert facts["operation"] == run["id"]
    project = trusting.data("projects", "show", "bound")
    assert facts["project"] == project["id"]
    assert {"environment"} <= facts.keys()

    assert status(trusting, token, path="/api/v1/projects/bound") == 200
    assert status(trusting, token, path="/api/v1/users") == 403
    assert status(trusting, token, path="/api/v1/auth/sessions") == 403
    assert status(trusting, token, "POST", "/api/v1/projects/bound/runs") == 403
    assert status(trusting, token, "POST", "/api/v1/auth/logout-everywhere") == 403
    assert trusting.run("runs", "cancel", "bound/1").exit_code == 0
    waiting.dies(token)


def test_it_dies_when_the_step_takes_too_long(
    trusting: TestServer, begin: Begin
) -> None:
    waiting = begin(trusting, "slow", timeout="3s")
    [token] = waiting.tokens()
    waiting.dies(token)

    eventually(
        lambda: trusting.data("runs", "show", "slow/1")["state"] == "failed", "the end"
    )


def test_it_dies_with_a_server_that_was_killed(tmp_path: Path, begin: Begin) -> None:
    """The next attempt has a token of its own."""
    folder = tmp_path / "server"
    folder.mkdir()
    with test_server(folder, FAIRLEAD_PIPELINES__RUN_IDENTITY="true") as server:
        server.log_in()
        waiting = begin(server, "killed")
        [token] = waiting.tokens()
        assert status(server, token) == 200
        server.kill()
        server.start()
        old, new = waiting.tokens(2)[:2]

        assert old == token
        assert new != token
        waiting.dies(old)
        assert status(server, new) == 200
        assert server.run("runs", "cancel", "killed/1").exit_code == 0
        waiting.dies(new)
        assert json.dumps(token) not in server.text
