"""The engine alone: workflows and steps per second, CPU, idle dispatch.

Beside the embedded engine the one on Temporal's development server, where that is
installed (make components temporal); it keeps its data in a file, too.
"""

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable
from pathlib import Path

import uvloop

from fairlead.adapters.engine.engine import EmbeddedEngine
from fairlead.kernel.engine import Attempt, Call, Engine, Json, Steps, Workflow
from fairlead.testing.components import find
from fairlead.testing.temporal_server import TemporalServer

Row = tuple[str, float, str, str]  # name, value, unit, bar

WORKFLOWS = 6000
AT_ONCE = 500
LONG_WORKFLOWS, STEPS = 200, 100
DISPATCHES = 100
THEIR_WORKFLOWS, THEIR_LONG_WORKFLOWS = 100, 3
PATIENCE = 120.0


async def _one(steps: Steps, argument: Json) -> Json:
    return await steps.run(Call(activity="echo", argument=argument), key="only")


async def _many(steps: Steps, argument: Json) -> Json:
    for number in range(argument):
        await steps.run(Call(activity="echo", argument=number), key=f"step{number}")
    return argument


FLOWS = (Workflow(name="one", function=_one), Workflow(name="many", function=_many))


class _Echo:
    """Returns its argument and remembers when it was last called."""

    called_at = 0.0

    async def __call__(self, attempt: Attempt) -> Json:
        self.called_at = time.perf_counter()
        return attempt.argument


async def _run(engine: Engine, name: str, argument: Json, key: str) -> None:
    await engine.start(name, argument, id=key)
    await engine.result(key, timeout_seconds=PATIENCE)


async def _workflows(engine: Engine, count: int) -> None:
    places = asyncio.Semaphore(AT_ONCE)

    async def one(number: int) -> None:
        async with places:
            await _run(engine, "one", number, f"one{number}")

    await asyncio.gather(*(one(number) for number in range(count)))


async def _steps(engine: Engine, count: int) -> None:
    await asyncio.gather(
        *(_run(engine, "many", STEPS, f"many{n}") for n in range(count))
    )


async def _measured(work: Awaitable[None]) -> tuple[float, float]:
    """Return how many seconds of the clock and of the CPU `work` takes."""
    clock, cpu = time.perf_counter(), time.process_time()
    await work
    return time.perf_counter() - clock, time.process_time() - cpu


async def _dispatch(engine: Engine, echo: _Echo, count: int) -> float:
    """Return the median of milliseconds from `start` to the activity."""
    waits = []
    for number in range(count):
        began = time.perf_counter()
        await _run(engine, "one", number, f"idle{number}")
        waits.append((echo.called_at - began) * 1000)
    return statistics.median(waits)


async def _embedded() -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        echo = _Echo()
        engine = EmbeddedEngine(
            Path(folder) / "engine.db", workflows=FLOWS, activities={"echo": echo}
        )
        await engine.open()
        dispatch = await _dispatch(engine, echo, DISPATCHES)
        short, short_cpu = await _measured(_workflows(engine, WORKFLOWS))
        long, long_cpu = await _measured(_steps(engine, LONG_WORKFLOWS))
        await engine.close()
    steps = LONG_WORKFLOWS * STEPS
    return [
        ("workflows of one step", WORKFLOWS / short, "1/s", ">= 1,500"),
        ("CPU per workflow", short_cpu / WORKFLOWS * 1e6, "us", ""),
        ("steps", steps / long, "1/s", ">= 5,000"),
        ("CPU per step", long_cpu / steps * 1e6, "us", ""),
        ("idle dispatch, p50", dispatch, "ms", "<= 10"),
    ]


async def _temporal(program: Path) -> list[Row]:
    # imported here: an extra
    from fairlead.adapters.temporal.connection import Place  # noqa: PLC0415
    from fairlead.adapters.temporal.engine import TemporalEngine  # noqa: PLC0415
    from fairlead.adapters.temporal.told import ToldFile  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as folder:
        server = TemporalServer(program, Path(folder), options=None).start()
        echo = _Echo()
        engine = TemporalEngine(
            Place(address=server.address, namespace="default", task_queue="bench"),
            workflows=FLOWS,
            activities={"echo": echo},
            told=ToldFile(Path(folder) / "told.db"),
        )
        await engine.open()
        dispatch = await _dispatch(engine, echo, DISPATCHES // 5)
        short, short_cpu = await _measured(_workflows(engine, THEIR_WORKFLOWS))
        long, _ = await _measured(_steps(engine, THEIR_LONG_WORKFLOWS))
        await engine.close()
        server.stop()
    steps = THEIR_LONG_WORKFLOWS * STEPS
    return [
        ("Temporal: workflows of one step", THEIR_WORKFLOWS / short, "1/s", ""),
        ("Temporal: our CPU per workflow", short_cpu / THEIR_WORKFLOWS * 1e6, "us", ""),
        ("Temporal: steps", steps / long, "1/s", ""),
        ("Temporal: idle dispatch, p50", dispatch, "ms", ""),
    ]


async def _measure() -> list[Row]:
    rows = await _embedded()
    program = find("temporal")
    if program is None:
        sys.stderr.write("engine: no temporal (make components temporal)\n")
        return rows
    return rows + await _temporal(program)


def rows() -> list[Row]:
    """Measure on the loop the server uses; each row is name, value, unit, bar."""
    return uvloop.run(_measure())
