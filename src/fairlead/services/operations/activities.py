"""What the engine calls for this service's own jobs."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from dishka import AsyncContainer

from fairlead.adapters.schedules.part import DigestTypes
from fairlead.adapters.wiring.scopes import Scopes
from fairlead.kernel.clock import Clock
from fairlead.kernel.digests import DigestSource
from fairlead.kernel.engine import Attempt, Json, activity
from fairlead.kernel.principal import service
from fairlead.services.operations.public import Feeds, WorkflowInput
from fairlead.services.operations.use_cases.upkeep import PruneOperations

WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class UpkeepActivities:
    """Prunes, and writes digests."""

    scopes: Scopes
    feeds: Feeds
    clock: Clock
    digests: DigestTypes

    @activity("operations.prune")
    async def prune(self, attempt: Attempt) -> Json:
        """Remove operations that ended long ago, with their output."""
        asked = WorkflowInput.from_json(attempt.argument)
        async with self.scopes.enter(service("operations", asked.tenant_id)) as scope:
            removed = await (await scope.get(PruneOperations))()
        await self.feeds.write(asked.feed_id, f"removed {removed} operations\n")
        return {"removed": removed}

    @activity("operations.digest")
    async def digest(self, attempt: Attempt) -> Json:
        """Write what happened in the last seven days to the operation's output."""
        asked = WorkflowInput.from_json(attempt.argument)
        until = self.clock.now()
        since = until - WEEK
        async with self.scopes.enter(service("operations", asked.tenant_id)) as scope:
            parts = {
                kind.title: await self._lines(scope, kind, since, until)
                for kind in self.digests.types
            }
        span = f"{since:%Y-%m-%d} to {until:%Y-%m-%d}"
        text = f"The week from {span}\n" + "".join(map(_part, parts.items()))
        await self.feeds.write(asked.feed_id, text)
        return {"since": since.isoformat(), "until": until.isoformat(), **parts}

    async def _lines(
        self, scope: AsyncContainer, kind: type[Any], since: datetime, until: datetime
    ) -> list[str]:
        source: DigestSource = await scope.get(kind)
        return list(await source.lines(since=since, until=until))


def _part(part: tuple[str, list[str]]) -> str:
    title, lines = part
    told = "".join(f"  {line}\n" for line in lines or ["nothing"])
    return f"\n{title}\n{told}"
