"""Forgetting sessions nobody can use any more."""

from dataclasses import dataclass

from fairlead.kernel.clock import Clock
from fairlead.kernel.work import UnitOfWork
from fairlead.services.auth.domain import FORGET, Lifetimes
from fairlead.services.auth.domain.api_keys import FORGET_KEY
from fairlead.services.auth.ports import ApiKeyStore, SessionStore


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpireTokens:
    """Forget sessions that ended or expired, with their tokens, and old API keys."""

    store: SessionStore
    keys: ApiKeyStore
    lifetimes: Lifetimes
    work: UnitOfWork
    clock: Clock

    async def __call__(self) -> int:
        """Return how many ended ones were forgotten.

        Those stay for a day, and as long as an access token of theirs could be shown;
        API keys for 90 days after their end.
        """
        now = self.clock.now()
        async with self.work:
            await self.store.purge(now - FORGET)
            await self.keys.purge(now - FORGET_KEY)
            return await self.store.purge_ended(
                now - max(FORGET, self.lifetimes.access)
            )
