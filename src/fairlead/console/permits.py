"""What pages may offer, as the authorizer says."""

from dataclasses import dataclass

from typing_extensions import override

from fairlead.adapters.pages.pages import Permits
from fairlead.kernel.principal import Principal
from fairlead.services.authz.public import Authorizer


@dataclass(frozen=True, slots=True)
class AuthorizerPermits(Permits):
    """Asks the authorizer; nothing is audited, for nothing was tried."""

    authorizer: Authorizer

    @override
    async def somewhere(self, who: Principal, permission: str) -> bool:
        reach = await self.authorizer.reach(who, permission)
        return not reach.nowhere

    @override
    async def within(self, who: Principal, permission: str, scope: str) -> bool:
        return await self.authorizer.allows(who, permission, on=scope)
