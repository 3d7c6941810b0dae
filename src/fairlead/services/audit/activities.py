"""What the engine calls for this service's jobs."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from dishka import AsyncContainer

from fairlead.adapters.wiring.scopes import Scopes
from fairlead.kernel.engine import Attempt, Json, activity
from fairlead.kernel.errors import FairleadError
from fairlead.kernel.principal import Principal, TenantId, service
from fairlead.services.audit.ports import Tenants
from fairlead.services.audit.public import NothingToSign
from fairlead.services.audit.use_cases.checkpoints import TakeCheckpoint
from fairlead.services.audit.use_cases.retention import RemoveOldEntries

Work = Callable[[AsyncContainer, Principal], Awaitable[int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditActivities:
    """Signs the trails of all tenants and removes what is too old."""

    scopes: Scopes

    @activity("audit.checkpoint")
    async def checkpoint(self, attempt: Attempt) -> Json:
        """Take a checkpoint of each trail in which something happened."""
        return {"entries": await self._each(attempt, _sign)}

    @activity("audit.retain")
    async def retain(self, attempt: Attempt) -> Json:
        """Remove entries older than the setting says."""
        return {"removed": await self._each(attempt, _remove)}

    async def _each(self, attempt: Attempt, work: Work) -> int:
        """Work for every tenant; a trail that is broken keeps no other waiting.

        Raises:
            FairleadError: it failed for one of them, at least.
        """
        del attempt  # a job has no input of its own
        total, failures = 0, list[FairleadError]()
        for tenant in await self._tenants():
            who = service("audit", tenant)
            async with self.scopes.enter(who) as scope:
                try:
                    total += await work(scope, who)
                except FairleadError as error:
                    failures.append(error)
        if failures:
            raise failures[0]
        return total

    async def _tenants(self) -> tuple[TenantId, ...]:
        async with self.scopes.enter(service("audit")) as scope:
            tenants: Any = await scope.get(Tenants)
            found: tuple[TenantId, ...] = await tenants.recorded()
        return found


async def _sign(scope: AsyncContainer, who: Principal) -> int:
    """Return the entry that was signed last."""
    take: TakeCheckpoint = await scope.get(TakeCheckpoint)
    try:
        return (await take(who)).sequence
    except NothingToSign:
        return 0


async def _remove(scope: AsyncContainer, who: Principal) -> int:
    remove: RemoveOldEntries = await scope.get(RemoveOldEntries)
    return await remove()
