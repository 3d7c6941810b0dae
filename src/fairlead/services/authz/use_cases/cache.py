"""What callers hold, kept in memory until a binding of their tenant changes."""

from uuid import UUID

from typing_extensions import override

from fairlead.kernel.principal import Principal, TenantId
from fairlead.services.authz.domain import Grants
from fairlead.services.authz.public import HeldRights

CAPACITY = 100_000


class GrantCache(HeldRights):
    """Grants by tenant and principal, each good for one version of the tenant.

    `forget` is called after the commit of a change. A reader takes the version before
    it reads, so what it read before a change is never kept after it.
    """

    def __init__(self) -> None:
        """Start empty."""
        self._grants: dict[TenantId, dict[UUID, Grants]] = {}
        self._versions: dict[TenantId, int] = {}

    def get(self, who: Principal) -> Grants | None:
        """Return what `who` holds; None: not known yet."""
        held = self._grants.get(who.tenant_id)
        return None if held is None else held.get(who.id)

    def version(self, tenant_id: TenantId) -> int:
        """Return the version that what is read from now on belongs to."""
        return self._versions.get(tenant_id, 0)

    def keep(self, who: Principal, grants: Grants, *, version: int) -> None:
        """Keep what `who` holds, unless the tenant changed since `version`."""
        if self.version(who.tenant_id) != version:
            return
        held = self._grants.setdefault(who.tenant_id, {})
        if len(held) >= CAPACITY:
            held.clear()
        held[who.id] = grants

    @override
    def forget(self, tenant_id: TenantId) -> None:
        self._versions[tenant_id] = self.version(tenant_id) + 1
        self._grants.pop(tenant_id, None)
