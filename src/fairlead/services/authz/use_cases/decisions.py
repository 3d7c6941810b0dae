"""Who may do what, and why."""

from dataclasses import dataclass, replace

from typing_extensions import override

from fairlead.kernel.paging import Page, PageRequest
from fairlead.kernel.principal import Principal
from fairlead.services.authz.domain import RoleBook, checked_scope
from fairlead.services.authz.domain.grounds import above
from fairlead.services.authz.domain.roles import meant
from fairlead.services.authz.permissions import DECISION_READ
from fairlead.services.authz.ports.holders import Holder, HolderStore
from fairlead.services.authz.public import (
    ROOT,
    Authorizer,
    Capable,
    Decision,
    Decisions,
    Group,
    UnknownPermission,
)
from fairlead.services.authz.use_cases.explain import ReadRights, Rights, principal_of
from fairlead.services.identity.public import Directory, UserNotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainOwn:
    """Explain to a caller what they may do."""

    rights: ReadRights

    async def __call__(self, who: Principal, permission: str, *, on: str) -> Decision:
        """Decide for the caller.

        Raises:
            UnknownPermission, BadScope: as they say.
        """
        scope = checked_scope(on)
        rights = await self.rights.of(who)
        check_permission(permission, rights.roles)
        return rights.decide(permission, scope)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainForUser:
    """Explain what another user may do."""

    authorizer: Authorizer
    directory: Directory
    rights: ReadRights

    async def __call__(
        self, who: Principal, user: str, permission: str, *, on: str
    ) -> Decision:
        """Decide for a user.

        Raises:
            NotAllowed: `who` may not see decisions there.
            UserNotFound, UnknownPermission, BadScope: as they say.
        """
        scope = checked_scope(on)
        await self.authorizer.require(who, DECISION_READ, on=scope)
        rights = await self.rights.of_user(await self.directory.find(user))
        check_permission(permission, rights.roles)
        return rights.decide(permission, scope)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListCapable:
    """Show who may do something."""

    authorizer: Authorizer
    directory: Directory
    holders: HolderStore
    rights: ReadRights

    async def __call__(
        self, who: Principal, permission: str, page: PageRequest, *, on: str
    ) -> Page[Capable]:
        """Return the enabled users who may do it there, by name.

        Raises:
            NotAllowed: `who` may not see decisions there.
            UnknownPermission, BadScope: as they say.
        """
        scope = checked_scope(on)
        await self.authorizer.require(who, DECISION_READ, on=scope)
        blank = await self.rights.blank(who)
        roles = blank.roles
        check_permission(permission, roles)
        giving = {name for name in roles.roles if permission in roles.permissions(name)}
        found = await self.holders.having(giving, set(above(scope)), page)
        held = await self.holders.rights_of([each.user_id for each in found.items])
        items = []
        for holder in found.items:
            bindings = held.get(holder.user_id, ())
            rights = await self._rights(
                holder,
                replace(blank, bindings=bindings),
                with_groups=blank.restrictions.concern(permission),
            )
            decision = rights.decide(permission, scope) if rights else None
            if decision and decision.allowed and decision.binding:
                capable = Capable(
                    user_id=holder.user_id,
                    user_name=holder.user_name,
                    binding=decision.binding,
                    path=decision.path,
                )
                items.append(capable)
        return Page(items=tuple(items), next=found.next)

    async def _rights(
        self, holder: Holder, rights: Rights, *, with_groups: bool
    ) -> Rights | None:
        """Return the rights as those of a holder; None: they cannot log in.

        Groups are of interest to policies alone: the bindings are there already.
        """
        try:
            user = await self.directory.get(holder.user_id)
        except UserNotFound:
            return None
        if user.disabled:
            return None
        groups: tuple[Group, ...] = ()
        if with_groups:
            groups = await self.rights.holdings.groups.of(user.id)
        return replace(
            rights,
            who=principal_of(user),
            groups=frozenset(group.name for group in groups),
        )


SEE = "; see: fairlead roles show admin."


def check_permission(permission: str, roles: RoleBook) -> None:
    """Refuse a permission that no module declares.

    Raises:
        UnknownPermission: it is one.
    """
    if permission not in roles.declared:
        raise UnknownPermission(
            f"No module declares the permission '{permission[:100]}'"
            f"{meant(permission, roles.declared, SEE)}",
            permission=permission[:100],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalDecisions(Decisions):
    """Answers in this process."""

    own: ExplainOwn
    for_user: ExplainForUser
    everybodys: ListCapable

    @override
    async def can_i(
        self, who: Principal, permission: str, *, on: str = ROOT
    ) -> Decision:
        return await self.own(who, permission, on=on)

    @override
    async def can(
        self, who: Principal, user: str, permission: str, *, on: str = ROOT
    ) -> Decision:
        return await self.for_user(who, user, permission, on=on)

    @override
    async def who_can(
        self, who: Principal, permission: str, page: PageRequest, *, on: str = ROOT
    ) -> Page[Capable]:
        return await self.everybodys(who, permission, page, on=on)
