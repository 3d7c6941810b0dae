"""What the engine calls for this service's job."""

from dataclasses import dataclass
from uuid import UUID

from fairlead.adapters.wiring.scopes import Scopes
from fairlead.kernel.engine import Attempt, Json, activity
from fairlead.kernel.principal import TenantId, service
from fairlead.services.auth.use_cases.expire import ExpireTokens
from fairlead.services.auth.use_cases.keys import TendKeys


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenActivities:
    """Expires tokens, and keys that are too old."""

    scopes: Scopes

    @activity("auth.expire_tokens")
    async def expire(self, attempt: Attempt) -> Json:
        """Forget the tenant's sessions that ended or expired; tend the signing keys."""
        tenant = TenantId(UUID(attempt.argument["tenant_id"]))
        async with self.scopes.enter(service("auth", tenant)) as scope:
            ended = await (await scope.get(ExpireTokens))()
            await (await scope.get(TendKeys))()
        return {"ended_sessions": ended}
