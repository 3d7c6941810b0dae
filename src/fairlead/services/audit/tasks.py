"""What the trail hears of."""

from typing_extensions import override

from fairlead.adapters.bus.part import Subscription
from fairlead.adapters.wiring.part import Opened
from fairlead.adapters.wiring.scopes import Scopes
from fairlead.kernel.principal import DEFAULT_TENANT, service
from fairlead.services.audit.domain.entries import EntryRecorded
from fairlead.services.audit.use_cases.record import AppendEntry, SealTrail

SUBSCRIPTIONS = (
    Subscription(name="audit.append", event=EntryRecorded, handler=AppendEntry),
)


class TrailSealed(Opened):
    """Seals, at the first start with a key, what was recorded before."""

    def __init__(self, scopes: Scopes) -> None:
        """Work in a scope of its own."""
        self._scopes = scopes

    @override
    async def open(self) -> None:
        async with self._scopes.enter(service("audit", DEFAULT_TENANT)) as scope:
            seal: SealTrail = await scope.get(SealTrail)
            await seal()

    @override
    async def close(self) -> None:
        """Nothing is held."""
