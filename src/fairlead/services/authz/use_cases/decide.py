"""The decision every use case asks for first."""

from dataclasses import dataclass

from typing_extensions import override

from fairlead.kernel.errors import FairleadError
from fairlead.kernel.principal import Principal, PrincipalKind
from fairlead.kernel.reach import Reach
from fairlead.services.audit.public import Act, AuditTrail, Outcome
from fairlead.services.authz.public import ROOT, Authorizer, NotAllowed
from fairlead.services.authz.use_cases.cache import Held
from fairlead.services.authz.use_cases.holdings import Holdings


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalAuthorizer(Authorizer):
    """Decides from what is remembered; a policy can take away what a role gives."""

    holdings: Holdings
    trail: AuditTrail

    @override
    async def require(
        self,
        who: Principal,
        permission: str,
        *,
        on: str = ROOT,
        target: str = "",
        sees: str | None = None,
        missing: FairleadError | None = None,
    ) -> None:
        if who.kind is PrincipalKind.SERVICE:
            return
        held = self.holdings.cache.get(who) or await self.holdings.read(who)
        policy = decided(held, who, permission, on)
        if policy == "":
            return
        await self._record(who, permission, on, target, policy)
        if missing is not None and not (sees and decided(held, who, sees, on) == ""):
            raise missing
        raise refusal(who, permission, on, policy)

    @override
    async def allows(self, who: Principal, permission: str, *, on: str = ROOT) -> bool:
        if who.kind is PrincipalKind.SERVICE:
            return True
        held = self.holdings.cache.get(who) or await self.holdings.read(who)
        return decided(held, who, permission, on) == ""

    @override
    async def reach(self, who: Principal, permission: str) -> Reach:
        if who.kind is PrincipalKind.SERVICE:
            return Reach(everywhere=True)
        held = self.holdings.cache.get(who) or await self.holdings.read(who)
        return reached(held, who, permission)

    @override
    async def given(self, who: Principal, permission: str) -> Reach:
        if who.kind is PrincipalKind.SERVICE:
            return Reach(everywhere=True)
        held = self.holdings.cache.get(who) or await self.holdings.read(who)
        return held.grants.reach(permission)

    async def _record(
        self, who: Principal, permission: str, on: str, target: str, policy: str | None
    ) -> None:
        act = Act(
            action=permission,
            target=target or on.removeprefix(ROOT),
            scope=on,
            outcome=Outcome.REFUSED,
            details={"policy": policy} if policy else {},
        )
        await self.trail.record(who, act)


def decided(held: Held, who: Principal, permission: str, on: str) -> str | None:
    """Return an empty text: yes; the name of the policy that forbids it; None: no role.

    `held` is what `who`, no service, holds.
    """
    if not held.grants.hold(permission, on):
        return None
    if not held.restrictions.concern(permission):
        return ""
    return held.restrictions.forbidden_by(who, held.grants.groups, permission, on)


def reached(held: Held, who: Principal, permission: str) -> Reach:
    """Return where `decided` says yes."""
    whole = held.grants.reach(permission)
    if whole.nowhere or not held.restrictions.concern(permission):
        return whole
    return held.restrictions.reach(who, held.grants.groups, permission, whole)


def refusal(who: Principal, permission: str, on: str, policy: str | None) -> NotAllowed:
    """Return the error for a caller whom `decided` does not let pass."""
    if not policy:
        return NotAllowed(_lacking(who, permission), permission=permission, scope=on)
    return NotAllowed(
        f"The policy '{policy}' forbids this, though you have the permission "
        f"{permission}.",
        permission=permission,
        scope=on,
        policy=policy,
    )


def _lacking(who: Principal, permission: str) -> str:
    if who.kind is PrincipalKind.API_KEY:
        return (
            f"This key needs the permission {permission} for this: among its scopes, "
            "in one of its projects, and from its owner's roles."
        )
    return f"You need the permission {permission} for this; ask an administrator."
