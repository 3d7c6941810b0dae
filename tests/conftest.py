"""The real servers that tests may need, and which of them this run had."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest
from hypothesis import settings

from fairlead.adapters.sql.database import Database
from fairlead.testing import components
from fairlead.testing.database import OpenDatabase, migrated_database
from fairlead.testing.postgres import PostgresServer, postgres_database
from fairlead.testing.temporal_server import TemporalServer

HAD = pytest.StashKey[dict[str, bool]]()


def pytest_configure(config: pytest.Config) -> None:
    """Begin with no component asked for."""
    config.stash[HAD] = {}
    # Machines differ in speed, so no deadlines; CI tries the same examples each time.
    settings.register_profile(
        "fairlead", deadline=None, derandomize=bool(os.environ.get("CI"))
    )
    settings.load_profile("fairlead")


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Say which components the tests asked for, and which were there."""
    had = config.stash[HAD]
    if had:
        said = ", ".join(
            f"{name}{'' if there else ' (missing)'}"
            for name, there in sorted(had.items())
        )
        terminalreporter.write_line(f"components: {said}")


@pytest.fixture(scope="session")
def component(request: pytest.FixtureRequest) -> Callable[[str], Path]:
    """Find a component's program; without it the test is skipped, or fails."""

    def find(name: str) -> Path:
        found = components.find(name)
        request.config.stash[HAD][name] = found is not None
        if found is None:
            reason = (
                f"no {name} (make components {components.PACKAGES.get(name, name)})"
            )
            if components.required():
                pytest.fail(reason)
            pytest.skip(reason)
        return found

    return find


@pytest.fixture(scope="session")
def temporal(component: Callable[[str], Path]) -> Iterator[TemporalServer]:
    """One Temporal server in memory for all tests; each has a task queue of its own."""
    server = TemporalServer(component("temporal"))
    yield server.start()
    server.stop()


@pytest.fixture(scope="session")
def postgresql(component: Callable[[str], Path]) -> Iterator[PostgresServer]:
    """One PostgreSQL server for all tests; each has a database of its own."""
    server = PostgresServer(component("postgresql"))
    yield server.start()
    server.stop()


@pytest.fixture
def open_database(request: pytest.FixtureRequest, tmp_path: Path) -> OpenDatabase:
    """Open the database of a test, of the backend it is told."""

    def opening(
        backend: str, modules: Sequence[str | tuple[str, Path]] = ()
    ) -> AbstractAsyncContextManager[Database]:
        if backend == "sqlite":
            return migrated_database(tmp_path, modules)
        server: PostgresServer = request.getfixturevalue("postgresql")
        return postgres_database(server, modules)

    return opening
