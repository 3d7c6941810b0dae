"""Why somebody may do something, or may not: as the authorizer decides, with reasons.

What is read here is what `LocalAuthorizer` reads, so both come to the same decision; a
test with random worlds holds them together.
"""

from dataclasses import dataclass, field, replace
from uuid import UUID

from fairlead.kernel.principal import Principal, PrincipalKind
from fairlead.services.authz.domain import RoleBook, parent_project
from fairlead.services.authz.domain.grounds import Ground, ground, path
from fairlead.services.authz.ports import Restrictions
from fairlead.services.authz.public import (
    ROOT,
    Binding,
    Decision,
    Delegation,
    HolderKind,
    project_scope,
)
from fairlead.services.authz.use_cases.holdings import DELEGATED, Holdings
from fairlead.services.identity.public import User


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """What one caller has, read once, to decide as often as wanted.

    Attributes:
        bindings: Of the user, or of a key's owner, and of the groups.
        groups: The names of all groups they are in.
        limits: What a key or a run may do of that.
        note: What is to be said of the caller besides.
    """

    who: Principal
    roles: RoleBook
    restrictions: Restrictions
    bindings: tuple[Binding, ...] = ()
    groups: frozenset[str] = frozenset()
    limits: Delegation = field(default_factory=Delegation)
    note: str = ""

    def decide(self, permission: str, on: str) -> Decision:
        """Tell whether they may, and by what."""
        if self.who.kind is PrincipalKind.SERVICE:
            return _decided(permission, on, "The platform itself may do everything.")
        found = ground(self.bindings, self.roles, permission, on)
        ways = found.path if found else self._by_role(permission)
        policy, why = "", ""
        if ways:
            why = self._narrowed(permission, on)
            if not why and self.restrictions.concern(permission):
                policy = self.restrictions.forbidden_by(
                    self.who, self.groups, permission, on
                )
        return Decision(
            allowed=bool(ways) and not why and not policy,
            permission=permission,
            scope=on,
            binding=found.binding if found else None,
            path=ways,
            policy=policy,
            reason=self._reason(permission, on, found, ways, why, policy),
        )

    def _by_role(self, permission: str) -> tuple[str, ...]:
        """Return how the role of a run gives it; runs have no bindings."""
        if self.limits.owner_id is not None or not self.limits.role:
            return ()
        return path(self.roles, self.limits.role, permission)

    def _narrowed(self, permission: str, on: str) -> str:
        """Return what a key or a run lacks; empty: nothing."""
        wanted, places = self.limits.permissions, self.limits.projects
        kind = "key" if self.who.kind is PrincipalKind.API_KEY else "run"
        if wanted is not None and permission not in wanted:
            return f"the {kind} lacks the scope {permission}"
        if places is not None:
            inside = {project_scope(each) for each in places}
            if on == ROOT or parent_project(on) not in inside:
                return f"the {kind} is limited to projects that {on} is not in"
        return ""

    def _reason(
        self,
        permission: str,
        on: str,
        found: Ground | None,
        ways: tuple[str, ...],
        why: str,
        policy: str,
    ) -> str:
        if not self.who.known:
            return "Nobody has vouched for the caller."
        if not ways:
            words = f"{self.who.name} has no role that gives {permission} in {on}."
        elif why or policy:
            why = why or f"the policy '{policy}' forbids it"
            words = f"{why[0].upper()}{why[1:]}; otherwise {_by(found, ways)} gives it."
        else:
            words = f"{_by(found, ways)} gives it."
            words = words[0].upper() + words[1:]
        return f"{words} {self.note}".rstrip()


def _by(found: Ground | None, ways: tuple[str, ...]) -> str:
    words = f"the role '{ways[0]}'"
    if found is not None:
        binding = found.binding
        words += f" in {binding.scope}"
        if binding.principal_kind is HolderKind.GROUP:
            words += f" of the group '{binding.principal_name}'"
    if len(ways) > 1:
        words += f", which includes {' > '.join(ways[1:])},"
    return words


def _decided(permission: str, on: str, reason: str) -> Decision:
    return Decision(
        allowed=True,
        permission=permission,
        scope=on,
        binding=None,
        path=(),
        policy="",
        reason=reason,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadRights:
    """Reads what callers have."""

    holdings: Holdings

    async def blank(self, who: Principal) -> Rights:
        """Return the rights of somebody who has no role, in the tenant of `who`."""
        await self.holdings.of(who)  # looks whether another process changed something
        rules = await self.holdings.rules(who)
        return Rights(who=who, roles=rules.book, restrictions=rules.restrictions)

    async def of(self, who: Principal) -> Rights:
        """Return what a caller has, whoever it is."""
        blank = await self.blank(who)
        if not who.known or who.kind is PrincipalKind.SERVICE:
            return blank
        if who.kind not in DELEGATED:
            return await self.with_roles(blank, who.id)
        limits = await self.holdings.delegations.of(who)
        if limits is None:
            return replace(blank, note="Its credential is not good any more.")
        limited = replace(blank, limits=limits)
        if limits.owner_id is None:
            return limited
        return await self.with_roles(limited, limits.owner_id)

    async def of_user(self, user: User) -> Rights:
        """Return what a user has; a policy sees them without an address."""
        rights = await self.of(principal_of(user))
        if not user.disabled:
            return rights
        return replace(rights, note=f"But {user.name} is disabled and cannot log in.")

    async def with_roles(self, rights: Rights, user_id: UUID) -> Rights:
        """Add what a user has by themselves and by their groups."""
        bindings = await self.holdings.bindings.rights_of(user_id)
        groups = await self.holdings.groups.of(user_id)
        return replace(
            rights,
            bindings=bindings,
            groups=frozenset(group.name for group in groups),
        )


def principal_of(user: User) -> Principal:
    """Return who a user is when they call."""
    return Principal(id=user.id, name=user.name, tenant_id=user.tenant_id)
