"""The real servers that tests may need, and which of them this run had."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from fairlead.testing import components
from fairlead.testing.temporal_server import TemporalServer

HAD = pytest.StashKey[dict[str, bool]]()


def pytest_configure(config: pytest.Config) -> None:
    """Begin with no component asked for."""
    config.stash[HAD] = {}


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


def component(request: pytest.FixtureRequest, name: str) -> Path:
    """Return the program of a component; without it the test is skipped, or fails."""
    found = components.find(name)
    request.config.stash[HAD][name] = found is not None
    if found is None:
        reason = f"no {name} (make components {name})"
        if components.required():
            pytest.fail(reason)
        pytest.skip(reason)
    return found


@pytest.fixture(scope="session")
def temporal(request: pytest.FixtureRequest) -> Iterator[TemporalServer]:
    """One Temporal server in memory for all tests; each has a task queue of its own."""
    server = TemporalServer(component(request, "temporal"))
    yield server.start()
    server.stop()
