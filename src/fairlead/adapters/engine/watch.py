"""Telling the watchers of ended workflows, until they have taken it in."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from functools import partial

import structlog

from fairlead.adapters.engine.conclusion import status
from fairlead.adapters.engine.journal import Journal
from fairlead.adapters.engine.records import Ended
from fairlead.kernel.engine import WorkflowStatus

log = structlog.get_logger(__name__)

Listener = Callable[[WorkflowStatus], Awaitable[None]]
AT_ONCE = 64
WAITS = (0.2, 1.0, 5.0, 30.0)  # seconds between attempts; the next open tries again


class Teller:
    """Tells every listener of every end, and remembers who knows."""

    def __init__(self, journal: Journal) -> None:
        """Remember in `journal`."""
        self.listeners: list[Listener] = []
        self._journal = journal
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._places = asyncio.Semaphore(AT_ONCE)

    def tell(self, ends: Iterable[Ended]) -> None:
        """Begin to tell of `ends`; without a listener they wait for the next open."""
        if not self.listeners:
            return
        for end in ends:
            number = end.beginning.number
            if number not in self._tasks:
                task = asyncio.create_task(self._tell(end))
                self._tasks[number] = task
                task.add_done_callback(partial(self._forget, number))

    async def close(self) -> None:
        """Stop telling."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _forget(self, number: int, _: "asyncio.Task[None]") -> None:
        del self._tasks[number]

    async def _tell(self, end: Ended) -> None:
        news = status(end.beginning, end.ending)
        for listener in tuple(self.listeners):
            if not await self._heard(listener, news):
                return
        self._journal.told(end.beginning.number)

    async def _heard(self, listener: Listener, news: WorkflowStatus) -> bool:
        for wait in (*WAITS, None):
            try:
                async with self._places:
                    await listener(news)
            except Exception:  # an edge: tried again
                log.exception("engine_watcher_failed", id=news.id)
            else:
                return True
            if wait is not None:
                await asyncio.sleep(wait)
        return False
