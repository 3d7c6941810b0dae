"""What callers hold, kept in memory until the rights of their tenant change."""

from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic
from uuid import UUID

from typing_extensions import override

from fairlead.kernel.principal import Principal, TenantId
from fairlead.services.authz.domain import Grants, RoleBook
from fairlead.services.authz.ports import Restrictions
from fairlead.services.authz.public import HeldRights

CAPACITY = 100_000
LOOK_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Rules:
    """What holds for everybody in a tenant: its roles and its policies."""

    book: RoleBook
    restrictions: Restrictions


@dataclass(frozen=True, slots=True)
class Held:
    """What one caller holds, and the policies that take some of it away again."""

    grants: Grants
    restrictions: Restrictions


@dataclass(slots=True)
class _Tenant:
    """What is known of one tenant, in its `version`; `stored` is the database's."""

    held: dict[UUID, Held] = field(default_factory=dict)
    rules: Rules | None = None
    version: int = 0
    stored: int | None = None
    look_at: float = 0.0


class GrantCache(HeldRights):
    """What is known of each tenant, good for one version of it.

    `forget` is called after the commit of a change. A reader takes the version before
    it reads, so what it read before a change is never kept after it.
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        """Start empty; `clock` tells seconds."""
        self._tenants: dict[TenantId, _Tenant] = {}
        self._clock = clock

    def get(self, who: Principal) -> Held | None:
        """Return what `who` holds; None: not known yet, or somebody should `look`."""
        tenant = self._tenants.get(who.tenant_id)
        if tenant is None or self._clock() >= tenant.look_at:
            return None
        return tenant.held.get(who.id)

    def rules(self, tenant_id: TenantId) -> Rules | None:
        """Return what holds for everybody; None: not known yet."""
        return self._of(tenant_id).rules

    def version(self, tenant_id: TenantId) -> int:
        """Return the version that what is read from now on belongs to."""
        return self._of(tenant_id).version

    def keep(self, who: Principal, held: Held, *, version: int) -> None:
        """Keep what `who` holds, unless the tenant changed since `version`."""
        tenant = self._of(who.tenant_id)
        if tenant.version != version:
            return
        if len(tenant.held) >= CAPACITY:
            tenant.held.clear()
        tenant.held[who.id] = held

    def keep_rules(self, tenant_id: TenantId, rules: Rules, *, version: int) -> None:
        """Keep what holds for everybody, unless the tenant changed since `version`."""
        tenant = self._of(tenant_id)
        if tenant.version == version:
            tenant.rules = rules

    def should_look(self, tenant_id: TenantId) -> bool:
        """Tell, once every `LOOK_SECONDS`, that the stored version is to be read."""
        tenant, now = self._of(tenant_id), self._clock()
        if now < tenant.look_at:
            return False
        tenant.look_at = now + LOOK_SECONDS
        return True

    def note(self, tenant_id: TenantId, stored: int) -> None:
        """Forget the tenant if its stored version is not the one seen before."""
        tenant = self._of(tenant_id)
        if tenant.stored not in {None, stored}:
            self.forget(tenant_id)
        tenant.stored = stored

    def changed(self, tenant_id: TenantId, stored: int) -> None:
        """Forget the tenant, whose stored version is this one from now on."""
        self.forget(tenant_id)
        self._of(tenant_id).stored = stored

    @override
    def forget(self, tenant_id: TenantId) -> None:
        tenant = self._of(tenant_id)
        tenant.version += 1
        tenant.held.clear()
        tenant.rules = None

    def _of(self, tenant_id: TenantId) -> _Tenant:
        return self._tenants.setdefault(tenant_id, _Tenant())
