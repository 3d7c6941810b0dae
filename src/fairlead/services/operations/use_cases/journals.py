"""Keeping the feeds of ended operations: nearby, then in the blobs, then no more."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from fairlead.kernel.work import UnitOfWork
from fairlead.services.operations.ports import Attic, EndedFeed, FeedLedger, Place

AT_ONCE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruned:
    """How many feeds were moved to the blobs, and removed for good."""

    stored: int
    removed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PruneJournals:
    """Move feeds of ended operations to the blobs, and remove old ones.

    Attributes:
        keep_here: How long they stay in the data folder after the end.
        keep: How long they are kept at all.
    """

    ledger: FeedLedger
    attic: Attic
    work: UnitOfWork
    keep_here: timedelta
    keep: timedelta

    async def __call__(self, now: datetime) -> Pruned:
        """Do what is due; interrupted anywhere, it is taken up the next time.

        Raises:
            FairleadError: of the kind unavailable: the blobs have no room, or a copy
                did not read back; what was not moved is kept where it was.
        """
        removed = 0
        for place in (Place.HERE, Place.STORED):
            async for ids in self._due(place, now - self.keep):
                for feed_id in ids:
                    await self.attic.discard(feed_id)
                removed += await self._note(ids, Place.GONE)
        stored = 0
        async for ids in self._due(Place.HERE, now - self.keep_here):
            moved = [each for each in ids if await self.attic.store(each)]
            stored += await self._note(moved, Place.STORED)
        return Pruned(stored=stored, removed=removed)

    async def _due(self, place: Place, before: datetime) -> AsyncIterator[list[UUID]]:
        last: EndedFeed | None = None
        while found := await self.ledger.due(
            place, before=before, limit=AT_ONCE, after=last
        ):
            yield [each.id for each in found]
            last = found[-1]

    async def _note(self, ids: list[UUID], place: Place) -> int:
        if ids:
            async with self.work:
                await self.ledger.note(ids, place)
        return len(ids)
