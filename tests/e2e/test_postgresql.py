"""The first journey with PostgreSQL: nothing of it is kept in SQLite but the engine."""

from pathlib import Path

from tests.e2e.repositories import python_package

from fairlead.testing.postgres import PostgresServer
from fairlead.testing.server import make_repository, test_server


def test_python_package_becomes_a_service_on_postgresql(
    postgresql: PostgresServer, tmp_path: Path
) -> None:
    """From an empty database to an answering service, and again after a restart."""
    database = postgresql.empty()
    repository = make_repository(tmp_path / "python", python_package())
    address = postgresql.url(database)
    with test_server(tmp_path, FAIRLEAD_DATABASE__URL=address) as server:
        server.log_in()
        created = server.run(
            "projects", "create", "python", "--repository", str(repository)
        )
        assert created.exit_code == 0, created.err

        done = server.run("run", "python", "--follow")
        assert done.exit_code == 0, done.out + done.err
        url = done.out.strip().splitlines()[-1]
        assert server.fetch(url) == b"hello from python"

        server.kill()
        server.start()
        run = server.data("runs", "show", "python/1")
        assert run["state"] == "succeeded"
        actions = {each["action"] for each in server.data("audit", "list")["items"]}
        assert "projects.project.create" in actions
        assert not (server.home / "fairlead.db").exists()
        assert "delivery_failed" not in server.text
        assert "error" not in server.text.lower(), server.text
    kept = postgresql.query("SELECT count(*) FROM pipelines.pipelines_runs", database)
    assert kept == ["1"]
