"""Prunes journals by itself: every hour, and at once where that is set."""

import asyncio
from datetime import timedelta

import structlog
from typing_extensions import override

from fairlead.adapters.wiring.part import Opened
from fairlead.adapters.wiring.scopes import Scopes
from fairlead.kernel.clock import Clock
from fairlead.kernel.errors import FairleadError
from fairlead.services.operations.books import DESK
from fairlead.services.operations.feeds import JournalFeeds
from fairlead.services.operations.use_cases.journals import PruneJournals

EVERY = timedelta(hours=1)
SOON_SECONDS = 0.2  # ends of a burst share one round
LATER_SECONDS = 30.0


class JournalUpkeep(Opened):
    """The one of this process."""

    def __init__(
        self, scopes: Scopes, feeds: JournalFeeds, clock: Clock, *, at_once: bool
    ) -> None:
        """Prune an hour after the last time; `at_once`: after each end, too."""
        self._scopes = scopes
        self._clock = clock
        self._log = structlog.get_logger("fairlead.operations")
        self._wake = asyncio.Event()
        self._work: asyncio.Task[None] | None = None
        if at_once:
            feeds.on_end(self._wake.set)

    @override
    async def open(self) -> None:
        """Begin; the first round is soon, for what a stopped server left due."""
        self._wake.set()
        self._work = asyncio.create_task(self._rounds(), name="journal-upkeep")

    @override
    async def close(self) -> None:
        """Stop; what is half done is taken up at the next start."""
        if self._work is not None:
            self._work.cancel()
            await asyncio.gather(self._work, return_exceptions=True)

    async def _rounds(self) -> None:
        while True:
            try:
                async with asyncio.timeout(EVERY.total_seconds()):
                    await self._wake.wait()
                await asyncio.sleep(SOON_SECONDS)
            except TimeoutError:
                pass
            self._wake.clear()
            try:
                await self._round()
            except FairleadError as error:
                self._log.warning("journals_not_pruned", reason=error.message)
                await asyncio.sleep(LATER_SECONDS)
            except Exception:  # noqa: BLE001 - an edge: logged, then tried again
                self._log.exception("journals_not_pruned")
                await asyncio.sleep(LATER_SECONDS)

    async def _round(self) -> None:
        async with self._scopes.enter(DESK) as scope:
            prune: PruneJournals = await scope.get(PruneJournals)
            pruned = await prune(self._clock.now())
        if pruned.stored or pruned.removed:
            self._log.info(
                "journals_pruned", stored=pruned.stored, removed=pruned.removed
            )
