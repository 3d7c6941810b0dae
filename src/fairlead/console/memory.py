"""Browser sessions in memory, for tests."""

from dataclasses import dataclass, field
from datetime import datetime

from typing_extensions import override

from fairlead.console.sessions import BrowserSession, BrowserSessionStore


@dataclass(slots=True)
class MemoryBrowserSessionStore(BrowserSessionStore):
    """Keeps sessions in a dictionary."""

    rows: dict[str, BrowserSession] = field(default_factory=dict)

    @override
    async def find(self, digest: str) -> BrowserSession | None:
        return self.rows.get(digest)

    @override
    async def save(self, session: BrowserSession) -> None:
        self.rows[session.digest] = session

    @override
    async def drop(self, digest: str) -> None:
        self.rows.pop(digest, None)

    @override
    async def drop_expired(self, now: datetime) -> None:
        self.rows = {
            digest: row for digest, row in self.rows.items() if row.expires_at > now
        }
