"""The embedded engine, asked about a workflow whose beginning is being written."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from fairlead.adapters.engine.engine import EmbeddedEngine
from fairlead.kernel.engine import Json, Steps, Workflow, WorkflowState
from fairlead.testing.engine import DEADLINE, EmbeddedHarness, Scripted, ended


async def waiting(steps: Steps, argument: Json) -> Json:
    """Return what the signal `go` brings."""
    return await steps.signal("go")


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[EmbeddedEngine]:
    harness = EmbeddedHarness(tmp_path / "home")
    flows = [Workflow(name="waiting", function=waiting)]
    yield await harness.open(flows, Scripted().activities())
    await harness.close()


@pytest.fixture
async def beginning(engine: EmbeddedEngine) -> "asyncio.Task[bool]":
    """A start that is asked for and not recorded yet."""
    start = asyncio.create_task(engine.start("waiting", None, id="w"))
    await asyncio.sleep(0)
    assert not start.done()
    return start


async def test_a_cancel_is_not_lost(
    engine: EmbeddedEngine, beginning: "asyncio.Task[bool]"
) -> None:
    await engine.cancel("w")

    assert await beginning
    assert (await ended(engine)).state is WorkflowState.CANCELLED


async def test_a_signal_is_heard(
    engine: EmbeddedEngine, beginning: "asyncio.Task[bool]"
) -> None:
    await engine.signal("w", "go", 7, dedup="1")

    assert await engine.result("w", timeout_seconds=DEADLINE) == 7
    assert await beginning


async def test_its_result_is_waited_for(
    engine: EmbeddedEngine, beginning: "asyncio.Task[bool]"
) -> None:
    result = asyncio.create_task(engine.result("w", timeout_seconds=DEADLINE))
    await beginning
    await engine.signal("w", "go", 7, dedup="1")

    assert await result == 7
