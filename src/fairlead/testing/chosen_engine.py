"""Which engine the suites of modules run on: embedded, or the Temporal of a test run.

`FAIRLEAD_TEST_ENGINE=temporal pytest tests/integration/modules` runs them on Temporal.
"""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fairlead.adapters.engine.settings import EngineSettings, TemporalSettings

CHOICE = "FAIRLEAD_TEST_ENGINE"
ADDRESS = "FAIRLEAD_TEST_TEMPORAL"


def on_temporal() -> bool:
    """Tell whether this test run is on Temporal."""
    return os.environ.get(CHOICE) == "temporal"


@contextmanager
def chosen(address: str) -> Iterator[None]:
    """Let platforms made meanwhile be on the Temporal at `address`."""
    before = {name: os.environ.get(name) for name in (CHOICE, ADDRESS)}
    os.environ.update({CHOICE: "temporal", ADDRESS: address})
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value


def engine_settings(home: Path) -> EngineSettings:
    """Return the engine of the platform in `home`; the next one there goes on."""
    if not on_temporal():
        return EngineSettings()
    queue = f"test-{uuid.uuid5(uuid.NAMESPACE_URL, str(home)).hex}"
    temporal = TemporalSettings(
        address=os.environ[ADDRESS], task_queue=queue, heartbeat_seconds=3.0
    )
    return EngineSettings(kind="temporal", temporal=temporal)
