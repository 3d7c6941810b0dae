"""What verifying found last, so that pages need not verify to tell of it."""

from datetime import datetime

from fairlead.kernel.principal import TenantId
from fairlead.services.audit.public import ChainState


class Verdicts:
    """Remembers, until the server ends, what was found of each tenant's trail."""

    def __init__(self) -> None:
        """Start with nothing verified."""
        self._found: dict[TenantId, tuple[ChainState, datetime]] = {}

    def note(self, tenant: TenantId, state: ChainState, *, at: datetime) -> None:
        """Remember what was found just now."""
        self._found[tenant] = (state, at)

    def last(self, tenant: TenantId) -> tuple[ChainState, datetime] | tuple[None, None]:
        """Return what was found last, and when."""
        return self._found.get(tenant, (None, None))
