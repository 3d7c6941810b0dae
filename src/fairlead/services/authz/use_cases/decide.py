"""The decision every use case asks for first."""

from dataclasses import dataclass, field

from typing_extensions import override

from fairlead.kernel.errors import FairleadError
from fairlead.kernel.principal import Principal, PrincipalKind
from fairlead.kernel.reach import Reach
from fairlead.services.audit.public import Act, AuditTrail, Outcome
from fairlead.services.authz.domain import Grants, RoleBook
from fairlead.services.authz.ports import BindingStore
from fairlead.services.authz.public import (
    ROOT,
    Authorizer,
    Delegation,
    Delegations,
    NotAllowed,
)
from fairlead.services.authz.use_cases.cache import GrantCache

DELEGATED = frozenset({PrincipalKind.API_KEY, PrincipalKind.RUN})


class NoDelegations(Delegations):
    """Knows no keys and no runs, so none of them may do anything."""

    @override
    async def of(self, who: Principal) -> Delegation | None:
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalAuthorizer(Authorizer):
    """Decides from the cache; reads a caller's bindings once per version."""

    roles: RoleBook
    store: BindingStore
    cache: GrantCache
    trail: AuditTrail
    delegations: Delegations = field(default_factory=NoDelegations)

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
        grants = self.cache.get(who) or await self._load(who)
        if grants.hold(permission, on):
            return
        await self._record(who, permission, on, target)
        if missing is not None and not (sees and grants.hold(sees, on)):
            raise missing
        raise NotAllowed(
            f"You need the permission {permission} for this; ask an administrator.",
            permission=permission,
            scope=on,
        )

    @override
    async def allows(self, who: Principal, permission: str, *, on: str = ROOT) -> bool:
        if who.kind is PrincipalKind.SERVICE:
            return True
        grants = self.cache.get(who) or await self._load(who)
        return grants.hold(permission, on)

    @override
    async def reach(self, who: Principal, permission: str) -> Reach:
        if who.kind is PrincipalKind.SERVICE:
            return Reach(everywhere=True)
        grants = self.cache.get(who) or await self._load(who)
        return grants.reach(permission)

    async def _load(self, who: Principal) -> Grants:
        if not who.known:
            return Grants({})
        version = self.cache.version(who.tenant_id)
        if who.kind in DELEGATED:
            grants = await self._delegated(who)
        else:
            grants = Grants.of(await self.store.held_by(who.id), self.roles)
        self.cache.keep(who, grants, version=version)
        return grants

    async def _delegated(self, who: Principal) -> Grants:
        found = await self.delegations.of(who)
        if found is None:
            return Grants({})
        if found.owner_id is None:
            whole = Grants({ROOT: self.roles.permissions(found.role)})
        else:
            whole = Grants.of(await self.store.held_by(found.owner_id), self.roles)
        return whole.narrowed(found.permissions, found.projects)

    async def _record(
        self, who: Principal, permission: str, on: str, target: str
    ) -> None:
        act = Act(
            action=permission,
            target=target or on.removeprefix(ROOT),
            scope=on,
            outcome=Outcome.REFUSED,
        )
        await self.trail.record(who, act)
