"""What the engine calls for this service's jobs."""

from dataclasses import dataclass
from uuid import UUID

from fairlead.adapters.wiring.scopes import Scopes
from fairlead.kernel.engine import Attempt, Json, activity
from fairlead.kernel.principal import TenantId, service
from fairlead.services.audit.public import NothingToSign
from fairlead.services.audit.use_cases.checkpoints import TakeCheckpoint
from fairlead.services.audit.use_cases.retention import RemoveOldEntries


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditActivities:
    """Signs the trail and removes what is too old."""

    scopes: Scopes

    @activity("audit.checkpoint")
    async def checkpoint(self, attempt: Attempt) -> Json:
        """Take a checkpoint, unless nothing happened since the last one."""
        who = service("audit", _tenant(attempt))
        async with self.scopes.enter(who) as scope:
            take: TakeCheckpoint = await scope.get(TakeCheckpoint)
            try:
                taken = await take(who)
            except NothingToSign:
                return {"number": 0, "sequence": 0}
        return {"number": taken.number, "sequence": taken.sequence}

    @activity("audit.retain")
    async def retain(self, attempt: Attempt) -> Json:
        """Remove entries older than the setting says."""
        async with self.scopes.enter(service("audit", _tenant(attempt))) as scope:
            remove: RemoveOldEntries = await scope.get(RemoveOldEntries)
            return {"removed": await remove()}


def _tenant(attempt: Attempt) -> TenantId:
    return TenantId(UUID(attempt.argument["tenant_id"]))
