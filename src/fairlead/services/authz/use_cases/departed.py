"""What becomes of bindings whose principal is gone."""

from dataclasses import dataclass
from functools import partial
from uuid import UUID

from fairlead.kernel.principal import Principal
from fairlead.kernel.work import UnitOfWork
from fairlead.services.audit.public import Act, AuditTrail
from fairlead.services.authz.permissions import BINDING_DELETE
from fairlead.services.authz.ports import BindingStore
from fairlead.services.authz.use_cases.cache import GrantCache


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveBindingsOf:
    """Take away what a deleted user was given."""

    store: BindingStore
    cache: GrantCache
    trail: AuditTrail
    work: UnitOfWork

    async def __call__(self, who: Principal, principal_id: UUID) -> None:
        """Remove them all in the name of `who`, who deleted the user."""
        async with self.work:
            gone = await self.store.held_by(principal_id)
            for binding in gone:
                await self.store.remove(binding.id)
                act = Act(
                    action=BINDING_DELETE,
                    target=f"bindings/{binding.id}",
                    scope=binding.scope,
                    details={"user": binding.principal_name, "role": binding.role},
                )
                await self.trail.record(who, act)
            if gone:
                await self.store.bump(partial(self.cache.forget, who.tenant_id))
