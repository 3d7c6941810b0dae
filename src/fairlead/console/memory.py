"""Browser sessions in memory, for tests."""

from dataclasses import dataclass, field
from datetime import datetime

from typing_extensions import override

from fairlead.console.sessions import BrowserSession, BrowserSessionStore
from fairlead.kernel.principal import DEFAULT_TENANT, TenantId

Rows = dict[tuple[TenantId, str], BrowserSession]


@dataclass(slots=True)
class MemoryBrowserSessionStore(BrowserSessionStore):
    """Keeps the sessions of one tenant in a dictionary."""

    rows: Rows = field(default_factory=dict)
    tenant: TenantId = DEFAULT_TENANT

    @override
    async def find(self, digest: str) -> BrowserSession | None:
        return self.rows.get((self.tenant, digest))

    @override
    async def save(self, session: BrowserSession) -> None:
        self.rows[self.tenant, session.digest] = session

    @override
    async def drop(self, digest: str) -> None:
        self.rows.pop((self.tenant, digest), None)

    @override
    async def drop_expired(self, now: datetime) -> None:
        over = [
            key
            for key, row in self.rows.items()
            if key[0] == self.tenant and row.expires_at <= now
        ]
        for key in over:
            del self.rows[key]
