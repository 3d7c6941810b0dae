"""Whose account a caller may take over: nobody's who may more than they may."""

from dataclasses import dataclass
from uuid import UUID

from typing_extensions import override

from fairlead.kernel.module import Catalog
from fairlead.kernel.principal import Principal, PrincipalKind
from fairlead.kernel.reach import Reach
from fairlead.services.authz.public import Authorizer, Delegations
from fairlead.services.identity.public import Outranked, Takeovers, User


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalTakeovers(Takeovers):
    """Compares what both may, permission by permission, policies aside.

    A policy could keep somebody from something at this hour, or from where they are
    asked for, that they may do once they are somebody else.
    """

    authorizer: Authorizer
    catalog: Catalog
    delegations: Delegations

    @override
    async def allow(self, who: Principal, user: User) -> None:
        if who.kind is PrincipalKind.SERVICE:
            return
        if user.id in {who.id, await self._owner(who)}:
            raise Outranked(
                "This is the way into another's account; log in and give your "
                "password to change your own.",
                user=user.name,
            )
        other = Principal(id=user.id, name=user.name, tenant_id=user.tenant_id)
        for permission in self.catalog.permissions():
            theirs = await self.authorizer.given(other, permission)
            if theirs.nowhere:
                continue
            mine = await self.authorizer.given(who, permission)
            if not covers(mine, theirs):
                raise Outranked(
                    f"'{user.name}' may do what you may not; ask somebody who may.",
                    user=user.name,
                    permission=permission,
                )

    async def _owner(self, who: Principal) -> UUID | None:
        """Return whose key `who` is; whoever has got it may not become them."""
        if who.kind is not PrincipalKind.API_KEY:
            return None
        found = await self.delegations.of(who)
        return found.owner_id if found else None


def covers(mine: Reach, theirs: Reach) -> bool:
    """Tell whether one surely holds wherever the other does.

    Some that do are not recognised.
    """
    if mine.whole or mine == theirs:
        return True
    if theirs.everywhere or mine.without_environments:
        return False
    if not all(mine.holds(*place) for place in theirs.environments):
        return False
    if mine.everywhere:
        return not theirs.projects & mine.without_projects
    return theirs.projects <= mine.projects
