"""What the engine calls for this service's own jobs."""

from collections.abc import Sequence
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
from fairlead.services.operations.settings import OperationsSettings
from fairlead.services.operations.use_cases.digest import MailDigest, written
from fairlead.services.operations.use_cases.upkeep import PruneOperations

WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class UpkeepActivities:
    """Prunes, writes digests and mails them."""

    scopes: Scopes
    feeds: Feeds
    clock: Clock
    digests: DigestTypes
    settings: OperationsSettings

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
            to: Sequence[str] = ()
            if self.settings.digest_mail and any(parts.values()):
                to = await (await scope.get(MailDigest)).recipients()
        span = f"{since:%Y-%m-%d} to {until:%Y-%m-%d}"
        names = ", ".join(to) or "nobody: nothing happened, or nobody has an address"
        text = f"{written(span, parts)}\nmailed to {names}\n"
        await self.feeds.write(asked.feed_id, text)
        week = {"since": since.isoformat(), "until": until.isoformat()}
        return {**week, "span": span, "parts": parts, "to": list(to)}

    @activity("operations.mail_digest")
    async def mail_digest(self, attempt: Attempt) -> Json:
        """Mail the digest to one of those who are to know."""
        told = attempt.argument
        asked = WorkflowInput.from_json(told["asked"])
        text = written(told["week"]["span"], told["week"]["parts"])
        async with self.scopes.enter(service("operations", asked.tenant_id)) as scope:
            mail = await scope.get(MailDigest)
            outcome = await mail.send(
                told["to"],
                asked.operation_id,
                text,
                at=datetime.fromisoformat(told["week"]["until"]),
            )
        if outcome != "sent":
            await self.feeds.write(asked.feed_id, f"{told['to']} {outcome}\n")
        return outcome

    async def _lines(
        self, scope: AsyncContainer, kind: type[Any], since: datetime, until: datetime
    ) -> list[str]:
        source: DigestSource = await scope.get(kind)
        return list(await source.lines(since=since, until=until))
