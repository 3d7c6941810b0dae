"""A change of rights: a new version, known here with the commit and told to others."""

from dataclasses import dataclass
from functools import partial

from fairlead.kernel.clock import Clock
from fairlead.kernel.events import Outbox
from fairlead.kernel.principal import Principal
from fairlead.services.authz.ports import VersionStore
from fairlead.services.authz.public import RightsChanged
from fairlead.services.authz.use_cases.cache import GrantCache


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteChange:
    """Have what is remembered of a tenant's rights forgotten, everywhere."""

    versions: VersionStore
    cache: GrantCache
    outbox: Outbox
    clock: Clock

    async def __call__(self, who: Principal) -> None:
        """Raise the version in the open unit of work, by the act of `who`."""
        changed = partial(self.cache.changed, who.tenant_id)
        version = await self.versions.bump(changed)
        event = RightsChanged(
            at=self.clock.now(),
            aggregate=f"rights/{who.tenant_id}",
            actor=who,
            tenant_id=who.tenant_id,
            version=version,
        )
        await self.outbox.add(event)
