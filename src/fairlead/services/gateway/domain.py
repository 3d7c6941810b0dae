"""What a route asks of its caller."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from fairlead.kernel.errors import ErrorKind, FairleadError
from fairlead.kernel.module import PUBLIC, SIGNED_IN, Route
from fairlead.kernel.principal import Principal
from fairlead.kernel.reach import Reach
from fairlead.services.audit.public import Act, AuditTrail, refused
from fairlead.services.authz.public import Authorizer, NotAllowed

USE = "gateway.route.use"  # in the trail: of a route that asks for no permission


class NobodyThere(FairleadError):
    """The route needs a caller, and the request had no credential."""

    kind = ErrorKind.UNAUTHENTICATED
    code = "gateway.credential_needed"

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__("Log in, or send a token as 'Authorization: Bearer …'.")


@dataclass(frozen=True, slots=True)
class Gate:
    """Lets a caller reach a route, or not.

    It asks whether the caller has the route's permission anywhere. On the route of an
    object it lets every known caller pass: only the use case knows the object, and who
    may see nothing of it must not learn whether it exists.
    """

    authorizer: Authorizer
    trail: AuditTrail

    async def admit(
        self, who: Principal, permission: str, *, asked: str, template: str = ""
    ) -> None:
        """Let `who` pass, or raise; whom it refuses is in the audit trail.

        `asked` is the request's method and path, for the trail; `template` the
        route's path, with its parameters in braces.

        Raises:
            NobodyThere: the caller is not known.
            NotAllowed: the caller has the permission nowhere.
        """
        if admitted(who, permission, template):
            return
        if not who.known:
            nobody = NobodyThere()
            await self.trail.record(who, refused(attempt(permission, asked), nobody))
            raise nobody
        reach = await self.authorizer.reach(who, permission)
        if _empty(reach):
            await self.authorizer.require(who, permission, target=asked)
            raise NotAllowed("You may not do this.", permission=permission)


def admitted(who: Principal, permission: str, template: str) -> bool:
    """Tell whether `who` passes by what they are; if not, the gate decides."""
    if permission == PUBLIC:
        return True
    return who.known and (permission == SIGNED_IN or "{" in template)


def attempt(permission: str, asked: str) -> Act:
    """Return the act of somebody who `asked` for a route with `permission`."""
    action = USE if permission in {PUBLIC, SIGNED_IN} else permission
    return Act(action=action, target=asked)


def _empty(reach: Reach) -> bool:
    return reach.nowhere


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
