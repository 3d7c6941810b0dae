"""The engine that the modules' suites run on."""

import os

import pytest

from fairlead.testing.chosen_engine import ADDRESS, on_temporal
from fairlead.testing.temporal_server import TemporalServer


@pytest.fixture(scope="session", autouse=True)
def chosen_engine(request: pytest.FixtureRequest) -> None:
    """Let every platform of this run find Temporal, if that was chosen."""
    if on_temporal():
        server: TemporalServer = request.getfixturevalue("temporal")
        os.environ[ADDRESS] = server.address
