"""A process that plays workflows and nothing else."""

import asyncio
from collections.abc import Callable, Iterable

from fairlead.adapters.temporal.connection import Place, connect
from fairlead.adapters.temporal.workers import Limits, Workers
from fairlead.kernel.engine import Workflow


async def play(
    place: Place,
    workflows: Iterable[Workflow],
    limits: Limits,
    *,
    stop: asyncio.Event,
    ready: Callable[[], None],
) -> None:
    """Play `workflows` until `stop` is set; call `ready` once connected.

    Raises:
        JournalUnavailable: Temporal does not answer.
    """
    client = await connect(place)
    workers = Workers(place, workflows=workflows, activities=None, limits=limits)
    await workers.open(client)
    try:
        ready()
        await stop.wait()
    finally:
        await workers.close()
