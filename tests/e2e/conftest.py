"""A running server for the user journeys."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from fairlead.testing.server import TestServer, test_server


@pytest.fixture(scope="session")
def session_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fairlead")


@pytest.fixture(scope="session")
def server(session_folder: Path) -> Iterator[TestServer]:
    """One server for all journeys that do not stop it."""
    with test_server(session_folder) as server:
        server.log_in()
        yield server
