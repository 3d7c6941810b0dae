"""Every adapter of the engine port, and activities to try it with."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from fairlead.testing.engine import EmbeddedHarness, EngineHarness, Scripted
from fairlead.testing.temporal import TemporalHarness
from fairlead.testing.temporal_server import TemporalServer


@pytest.fixture(params=["embedded", "temporal"])
async def harness(
    request: pytest.FixtureRequest, tmp_path: Path
) -> AsyncIterator[EngineHarness]:
    """Give a harness of each adapter."""
    harness: EngineHarness
    if request.param == "embedded":
        harness = EmbeddedHarness(tmp_path)
    else:
        server: TemporalServer = request.getfixturevalue("temporal")
        harness = TemporalHarness(server.address, tmp_path)
    yield harness
    await harness.close()


@pytest.fixture
def script() -> Scripted:
    """Give activities that note their attempts."""
    return Scripted()
