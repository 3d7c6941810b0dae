"""What callers hold, kept in memory until the rights of their tenant change."""

from collections.abc import Callable
from dataclasses import dataclass
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


class GrantCache(HeldRights):
    """What is known of each tenant, good for one version of it.

    `forget` is called after the commit of a change. A reader takes the version before
    it reads, so what it read before a change is never kept after it.
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        """Start empty; `clock` tells seconds."""
        self._held: dict[TenantId, dict[UUID, Held]] = {}
        self._rules: dict[TenantId, Rules] = {}
        self._versions: dict[TenantId, int] = {}
        self._stored: dict[TenantId, int] = {}
        self._looks: dict[TenantId, float] = {}
        self._clock = clock

    def get(self, who: Principal) -> Held | None:
        """Return what `who` holds; None: not known yet, or somebody should `look`."""
        tenant = who.tenant_id
        if self._clock() >= self._looks.get(tenant, 0.0):
            return None
        held = self._held.get(tenant)
        return None if held is None else held.get(who.id)

    def rules(self, tenant_id: TenantId) -> Rules | None:
        """Return what holds for everybody; None: not known yet."""
        return self._rules.get(tenant_id)

    def version(self, tenant_id: TenantId) -> int:
        """Return the version that what is read from now on belongs to."""
        return self._versions.get(tenant_id, 0)

    def keep(self, who: Principal, held: Held, *, version: int) -> None:
        """Keep what `who` holds, unless the tenant changed since `version`."""
        if self.version(who.tenant_id) != version:
            return
        known = self._held.setdefault(who.tenant_id, {})
        if len(known) >= CAPACITY:
            known.clear()
        known[who.id] = held

    def keep_rules(self, tenant_id: TenantId, rules: Rules, *, version: int) -> None:
        """Keep what holds for everybody, unless the tenant changed since `version`."""
        if self.version(tenant_id) == version:
            self._rules[tenant_id] = rules

    def should_look(self, tenant_id: TenantId) -> bool:
        """Tell, once every `LOOK_SECONDS`, that the stored version is to be read."""
        now = self._clock()
        if now < self._looks.get(tenant_id, 0.0):
            return False
        self._looks[tenant_id] = now + LOOK_SECONDS
        return True

    def changed(self, tenant_id: TenantId, stored: int) -> None:
        """Forget the tenant, whose stored version is this one from now on."""
        self.forget(tenant_id)
        self._stored[tenant_id] = stored

    def note(self, tenant_id: TenantId, stored: int) -> None:
        """Forget the tenant if its stored version is not the one seen before."""
        if self._stored.get(tenant_id, stored) != stored:
            self.forget(tenant_id)
        self._stored[tenant_id] = stored

    @override
    def forget(self, tenant_id: TenantId) -> None:
        self._versions[tenant_id] = self.version(tenant_id) + 1
        self._held.pop(tenant_id, None)
        self._rules.pop(tenant_id, None)
