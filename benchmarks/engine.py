"""The embedded engine alone: workflows and steps per second, CPU, idle dispatch."""

import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable
from pathlib import Path

import uvloop

from fairlead.adapters.engine.engine import EmbeddedEngine
from fairlead.kernel.engine import Attempt, Call, Json, Steps, Workflow

Row = tuple[str, float, str, str]  # name, value, unit, bar

WORKFLOWS = 6000
AT_ONCE = 500
LONG_WORKFLOWS, STEPS = 200, 100
DISPATCHES = 100
PATIENCE = 120.0


async def _one(steps: Steps, argument: Json) -> Json:
    return await steps.run(Call(activity="echo", argument=argument), key="only")


async def _many(steps: Steps, argument: Json) -> Json:
    for number in range(argument):
        await steps.run(Call(activity="echo", argument=number), key=f"step{number}")
    return argument


class _Echo:
    """Returns its argument and remembers when it was last called."""

    called_at = 0.0

    async def __call__(self, attempt: Attempt) -> Json:
        self.called_at = time.perf_counter()
        return attempt.argument


async def _run(engine: EmbeddedEngine, name: str, argument: Json, key: str) -> None:
    await engine.start(name, argument, id=key)
    await engine.result(key, timeout_seconds=PATIENCE)


async def _workflows(engine: EmbeddedEngine) -> None:
    places = asyncio.Semaphore(AT_ONCE)

    async def one(number: int) -> None:
        async with places:
            await _run(engine, "one", number, f"one{number}")

    await asyncio.gather(*(one(number) for number in range(WORKFLOWS)))


async def _steps(engine: EmbeddedEngine) -> None:
    await asyncio.gather(
        *(_run(engine, "many", STEPS, f"many{n}") for n in range(LONG_WORKFLOWS))
    )


async def _measured(work: Awaitable[None]) -> tuple[float, float]:
    """Return how many seconds of the clock and of the CPU `work` takes."""
    clock, cpu = time.perf_counter(), time.process_time()
    await work
    return time.perf_counter() - clock, time.process_time() - cpu


async def _dispatch(engine: EmbeddedEngine, echo: _Echo) -> float:
    """Return the median of milliseconds from `start` to the activity."""
    waits = []
    for number in range(DISPATCHES):
        began = time.perf_counter()
        await _run(engine, "one", number, f"idle{number}")
        waits.append((echo.called_at - began) * 1000)
    return statistics.median(waits)


async def _measure() -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        echo = _Echo()
        engine = EmbeddedEngine(
            Path(folder) / "engine.db",
            workflows=[
                Workflow(name="one", function=_one),
                Workflow(name="many", function=_many),
            ],
            activities={"echo": echo},
        )
        await engine.open()
        dispatch = await _dispatch(engine, echo)
        short, short_cpu = await _measured(_workflows(engine))
        long, long_cpu = await _measured(_steps(engine))
        await engine.close()
    steps = LONG_WORKFLOWS * STEPS
    return [
        ("workflows of one step", WORKFLOWS / short, "1/s", ">= 1,500"),
        ("CPU per workflow", short_cpu / WORKFLOWS * 1e6, "us", ""),
        ("steps", steps / long, "1/s", ">= 5,000"),
        ("CPU per step", long_cpu / steps * 1e6, "us", ""),
        ("idle dispatch, p50", dispatch, "ms", "<= 10"),
    ]


def rows() -> list[Row]:
    """Measure on the loop the server uses; each row is name, value, unit, bar."""
    return uvloop.run(_measure())
