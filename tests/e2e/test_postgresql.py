"""The first journey on PostgreSQL: SQLite keeps nothing but the engine's journal."""

import json
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.e2e.repositories import python_package

from fairlead.testing.postgres import PostgresServer
from fairlead.testing.server import PASSWORD, TestServer, make_repository, test_server


def test_python_package_becomes_a_service_on_postgresql(
    component: Callable[[str], Path], tmp_path: Path
) -> None:
    """From an empty database to an answering service; it outlives what it stands on."""
    database = PostgresServer(component("postgresql")).start()
    name = database.empty()
    try:
        with test_server(tmp_path, FAIRLEAD_DATABASE__URL=database.url(name)) as server:
            server.log_in()
            run_the_pipeline(server, tmp_path)
            assert "delivery_failed" not in server.text
            assert "error" not in server.text.lower(), server.text

            server.kill()
            server.start()
            assert server.data("runs", "show", "python/1")["state"] == "succeeded"
            actions = [each["action"] for each in server.data("audit", "list")["items"]]
            assert "projects.project.create" in actions
            assert not (server.home / "fairlead.db").exists()

            database.kill()
            assert log_in(server) == (503, "sql.unavailable")
            database.start()
            assert log_in(server) == (200, "")
            assert server.data("runs", "show", "python/1")["state"] == "succeeded"
        runs = database.query("SELECT state FROM pipelines.pipelines_runs", name)
        assert runs == ["succeeded"]
    finally:
        database.stop()


def run_the_pipeline(server: TestServer, folder: Path) -> None:
    repository = make_repository(folder / "python", python_package())
    created = server.run(
        "projects", "create", "python", "--repository", str(repository)
    )
    assert created.exit_code == 0, created.err
    done = server.run("run", "python", "--follow")
    assert done.exit_code == 0, done.out + done.err
    assert server.fetch(done.out.strip().splitlines()[-1]) == b"hello from python"


def log_in(server: TestServer) -> tuple[int, str]:
    """Return the status and the code of the problem, if there is one."""
    request = urllib.request.Request(  # noqa: S310 - loopback
        f"{server.url}/api/v1/auth/login",
        json.dumps({"username": "admin", "password": PASSWORD}).encode(),
        {"Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
            return answer.status, ""
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read())["code"]


def test_a_second_server_is_told_of_the_first(
    component: Callable[[str], Path], tmp_path: Path
) -> None:
    """On the same database, with a data folder of its own."""
    database = PostgresServer(component("postgresql")).start()
    address = {"FAIRLEAD_DATABASE__URL": database.url(database.empty())}
    (tmp_path / "first").mkdir()
    (tmp_path / "second").mkdir()
    try:
        with test_server(tmp_path / "first", **address) as first:
            assert first.process is not None
            with (
                pytest.raises(AssertionError, match="is in use by fairlead server on"),
                test_server(tmp_path / "second", **address),
            ):
                pass
            first.log_in()
    finally:
        database.stop()
