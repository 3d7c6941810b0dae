"""A launcher in a folder of its own."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from fairlead.adapters.journals.files import FileJournals
from fairlead.adapters.processes.client import ProcessLauncher
from fairlead.testing.processes import Bench


@pytest.fixture
def make_bench(tmp_path: Path) -> Callable[[], Bench]:
    """Return a way to make further benches, of the same home."""

    def make() -> Bench:
        journals = FileJournals(tmp_path / "journals")
        return Bench(tmp_path, journals, ProcessLauncher(tmp_path, journals))

    return make


@pytest.fixture
async def bench(make_bench: Callable[[], Bench]) -> AsyncIterator[Bench]:
    """Return an open bench; everything of it is ended afterwards."""
    bench = make_bench()
    await bench.launcher.open()
    try:
        yield bench
    finally:
        await bench.launcher.open()
        await bench.launcher.shutdown(grace_seconds=0.1)
        bench.journals.close()
    assert not bench.alive()
