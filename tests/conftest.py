"""The real servers that tests may need, and which of them this run had."""

from collections.abc import Callable, Iterator
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


@pytest.fixture(scope="session")
def component(request: pytest.FixtureRequest) -> Callable[[str], Path]:
    """Find a component's program; without it the test is skipped, or fails."""

    def find(name: str) -> Path:
        found = components.find(name)
        request.config.stash[HAD][name] = found is not None
        if found is None:
            reason = f"no {name} (make components {components.FOLDERS.get(name, name)})"
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
