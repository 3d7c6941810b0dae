"""Forgetting sessions nobody can use any more."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from fairlead.kernel.ids import new_id
from fairlead.kernel.principal import DEFAULT_TENANT
from fairlead.services.auth.domain import FORGET, Lifetimes, Session, kept, new_secret
from fairlead.services.auth.memory import MemoryApiKeyStore, MemorySessionStore
from fairlead.services.auth.use_cases.expire import ExpireTokens
from fairlead.testing.fakes import FrozenClock, NullWork

DAY = timedelta(days=1)


async def test_only_what_nobody_can_use_is_forgotten() -> None:
    """Ended for a day, or expired for a day; what lives stays."""
    clock, store = FrozenClock(), MemorySessionStore()
    now = clock.now()
    alive = Session(
        id=new_id(),
        tenant_id=DEFAULT_TENANT,
        user_id=UUID(int=10),
        user_name="ada",
        created_at=now,
        expires_at=now + 7 * DAY,
    )
    ended = replace(alive, id=new_id())
    expired = replace(alive, id=new_id(), expires_at=now + timedelta(minutes=1))
    for session in (alive, ended, expired):
        await store.add(session, kept(new_secret(), session.id, at=now))
    await store.end(ended.id, at=now)
    expire = ExpireTokens(
        store=store,
        keys=MemoryApiKeyStore(),
        lifetimes=Lifetimes(access=timedelta(minutes=15), session=7 * DAY),
        work=NullWork(),
        clock=clock,
    )
    early = await expire()
    clock.advance(FORGET + timedelta(hours=1))
    late = await expire()

    assert (early, late) == (0, 1)
    assert set(store.sessions) == {alive.id}
