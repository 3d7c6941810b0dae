"""What people can ask of the gate."""

from dataclasses import dataclass

from fairlead.kernel.module import Catalog, Route
from fairlead.kernel.principal import Principal
from fairlead.services.authz.public import Authorizer
from fairlead.services.gateway.permissions import ROUTE_READ


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRoutes:
    """Show every route and what it asks for."""

    catalog: Catalog
    authorizer: Authorizer

    async def __call__(self, who: Principal) -> tuple[Route, ...]:
        """Return the routes by path, then method.

        Raises:
            NotAllowed: `who` may not see them.
        """
        await self.authorizer.require(who, ROUTE_READ)
        return self.catalog.routes()
