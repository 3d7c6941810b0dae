"""What the engine calls for this service's job."""

from dataclasses import dataclass
from uuid import UUID

from fairlead.adapters.wiring.scopes import Scopes
from fairlead.kernel.engine import Attempt, Json, activity
from fairlead.kernel.principal import TenantId, service
from fairlead.services.auth.use_cases.expire import ExpireTokens


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenActivities:
    """Expires tokens."""

    scopes: Scopes

    @activity("auth.expire_tokens")
    async def expire(self, attempt: Attempt) -> Json:
        """Forget the sessions of the operation's tenant that ended or expired."""
        tenant = TenantId(UUID(attempt.argument["tenant_id"]))
        async with self.scopes.enter(service("auth", tenant)) as scope:
            ended = await (await scope.get(ExpireTokens))()
        return {"ended_sessions": ended}
