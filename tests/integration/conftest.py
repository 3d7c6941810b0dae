"""What the crash suites found, told at the end of a run."""

from collections.abc import Callable

import pytest

FOUND = pytest.StashKey[list[str]]()

Tell = Callable[..., None]


def pytest_configure(config: pytest.Config) -> None:
    """Begin with nothing found."""
    config.stash[FOUND] = []


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Say what was killed how often, and what that did."""
    for line in config.stash.get(FOUND, []):
        terminalreporter.write_line(line)


@pytest.fixture
def tell(request: pytest.FixtureRequest) -> Tell:
    """Keep figures for the end of the run: `tell("the engine", kills=5, lost=0)`."""

    def keep(what: str, **figures: int) -> None:
        said = ", ".join(f"{name} {count}" for name, count in figures.items())
        stash = request.config.stash
        stash[FOUND] = [*stash.get(FOUND, []), f"crashes of {what}: {said}"]

    return keep
