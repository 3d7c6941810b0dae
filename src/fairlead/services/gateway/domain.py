"""What a route asks of its caller."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from fairlead.kernel.errors import ErrorKind, FairleadError
from fairlead.kernel.module import PUBLIC, SIGNED_IN, Route
from fairlead.kernel.principal import Principal
from fairlead.services.authz.public import Authorizer, NotAllowed, Reach


class NobodyThere(FairleadError):
    """The route needs a caller, and the request had no credential."""

    kind = ErrorKind.UNAUTHENTICATED
    code = "gateway.credential_needed"


@dataclass(frozen=True, slots=True)
class Gate:
    """Lets a caller reach a route, or not.

    It asks whether the caller has the route's permission anywhere; the use case
    behind the route decides on the object.
    """

    authorizer: Authorizer

    async def admit(self, who: Principal, permission: str) -> None:
        """Let `who` pass, or raise.

        Raises:
            NobodyThere: the caller is not known.
            NotAllowed: the caller has the permission nowhere.
        """
        if permission == PUBLIC:
            return
        if not who.known:
            raise NobodyThere("Log in, or send a token as 'Authorization: Bearer …'.")
        if permission == SIGNED_IN:
            return
        reach = await self.authorizer.reach(who, permission)
        if _empty(reach):
            await self.authorizer.require(who, permission)
            raise NotAllowed("You may not do this.", permission=permission)


def _empty(reach: Reach) -> bool:
    return not (reach.everywhere or reach.projects or reach.environments)


class RouteTable:
    """What each declared route asks for."""

    def __init__(self, routes: Iterable[Route]) -> None:
        """Read `routes` as the manifests write them, with typed parameters."""
        self._permissions = {
            (route.method, _TYPED.sub("}", route.path)): route.permission
            for route in routes
        }

    def permission(self, method: str, template: str) -> str:
        """Return what the route asks for; undeclared ones are open.

        `template` has its parameters without types, e.g. `/api/v1/runs/{run}`.
        """
        asked = "GET" if method == "HEAD" else method
        return self._permissions.get((asked, template), PUBLIC)


_TYPED = re.compile(r":[a-z]+}")
