"""Every store of auth keeps the promises of its port."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

import pytest

from fairlead.adapters.sql.work import SqlUnitOfWork
from fairlead.kernel.ids import new_id
from fairlead.kernel.paging import PageRequest
from fairlead.kernel.principal import DEFAULT_TENANT, Origin, TenantId
from fairlead.kernel.work import UnitOfWork
from fairlead.services.auth.domain import (
    PublicKey,
    RefreshToken,
    Session,
    Stage,
    kept,
    new_secret,
)
from fairlead.services.auth.memory import (
    MemoryInstallationStore,
    MemoryKeyStore,
    MemorySessionStore,
)
from fairlead.services.auth.ports import InstallationStore, KeyStore, SessionStore
from fairlead.services.auth.sql import (
    SqlInstallationStore,
    SqlKeyStore,
    SqlSessionStore,
)
from fairlead.testing.database import BACKENDS, OpenDatabase
from fairlead.testing.fakes import FrozenClock, NullWork

OTHER = TenantId(UUID(int=2))
NOW = FrozenClock().now()
HOUR = timedelta(hours=1)
ADA, BOB = UUID(int=10), UUID(int=11)


@dataclass(frozen=True)
class Made:
    """The stores of one tenant."""

    sessions: SessionStore
    keys: KeyStore
    installation: InstallationStore
    work: UnitOfWork


Make = Callable[[TenantId], Made]


def session(user: UUID = ADA, tenant: TenantId = DEFAULT_TENANT) -> Session:
    return Session(
        id=new_id(),
        tenant_id=tenant,
        user_id=user,
        user_name="somebody",
        created_at=NOW,
        expires_at=NOW + HOUR,
    )


async def begin(made: Made, session: Session) -> RefreshToken:
    token = kept(new_secret(), session.id, at=NOW)
    async with made.work:
        await made.sessions.add(session, token)
    return token


@pytest.fixture(params=["memory", *BACKENDS])
async def make(
    request: pytest.FixtureRequest, open_database: OpenDatabase
) -> AsyncIterator[Make]:
    if request.param == "memory":
        made = {
            tenant: Made(
                MemorySessionStore(),
                MemoryKeyStore(),
                MemoryInstallationStore(),
                NullWork(),
            )
            for tenant in (DEFAULT_TENANT, OTHER)
        }
        yield made.__getitem__
        return
    async with open_database(request.param, ["auth"]) as database:

        def sql(tenant: TenantId) -> Made:
            connection = database.connection(tenant)
            return Made(
                SqlSessionStore(connection, tenant),
                SqlKeyStore(connection, tenant),
                SqlInstallationStore(connection, tenant),
                SqlUnitOfWork(connection),
            )

        yield sql


async def test_a_token_is_found_with_its_session(make: Make) -> None:
    """By digest; an unknown digest finds nothing."""
    made = make(DEFAULT_TENANT)
    mine = session()
    token = await begin(made, mine)

    assert await made.sessions.find(token.digest) == (mine, token)
    assert await made.sessions.find("0" * 64) is None


async def test_spending_a_token_adds_the_next(make: Make) -> None:
    """The spent one stays, so that using it again is noticed."""
    made = make(DEFAULT_TENANT)
    mine = session()
    token = await begin(made, mine)
    following = kept(new_secret(), mine.id, at=NOW)
    async with made.work:
        await made.sessions.spend(token.digest, at=NOW, following=following)

    assert await made.sessions.find(token.digest) == (
        mine,
        replace(token, spent_at=NOW),
    )
    assert await made.sessions.find(following.digest) == (mine, following)


async def test_a_session_ends_once(make: Make) -> None:
    """Ending it again, or one that is not there, changes nothing."""
    made = make(DEFAULT_TENANT)
    mine = session()
    token = await begin(made, mine)
    async with made.work:
        await made.sessions.end(mine.id, at=NOW)
        await made.sessions.end(mine.id, at=NOW + HOUR)
        await made.sessions.end(new_id(), at=NOW)

    found = await made.sessions.find(token.digest)
    assert found is not None
    assert found[0].ended_at == NOW
    assert await made.sessions.ended_since(NOW) == (mine.id,)
    assert await made.sessions.ended_since(NOW + HOUR) == ()


async def test_all_sessions_of_a_user_end_but_one(make: Make) -> None:
    """Not another user's, nor those that began later, ended or expired."""
    made = make(DEFAULT_TENANT)
    spared, gone, ended, bobs = session(), session(), session(), session(BOB)
    later = replace(session(), created_at=NOW + HOUR / 2)
    expired = replace(session(), expires_at=NOW)
    for each in (spared, gone, ended, bobs, later, expired):
        await begin(made, each)
    async with made.work:
        await made.sessions.end(ended.id, at=NOW)
        found = await made.sessions.end_all(ADA, at=NOW, begun_by=NOW, but=spared.id)

    assert found == (gone.id,)
    assert set(await made.sessions.ended_since(NOW)) == {gone.id, ended.id}


async def test_live_sessions_come_newest_first_in_pages(make: Make) -> None:
    """Of one user of one tenant; with when and where each was used last."""
    made = make(DEFAULT_TENANT)
    first, second = session(), replace(session(), created_at=NOW + HOUR / 4)
    ended, expired = session(), replace(session(), expires_at=NOW)
    for each in (first, second, ended, expired, session(BOB)):
        await begin(made, each)
    await begin(make(OTHER), session(tenant=OTHER))
    origin = Origin(address="2001:db8::1", user_agent="x" * 400)
    async with made.work:
        await made.sessions.end(ended.id, at=NOW)
        await made.sessions.see(first.id, at=NOW + HOUR / 2, origin=origin)
    one = await made.sessions.live(ADA, at=NOW, page=PageRequest(limit=1))
    rest = PageRequest(limit=1, after=one.next)
    two = await made.sessions.live(ADA, at=NOW, page=rest)

    assert one.items == (second,)
    assert [each.id for each in two.items] == [first.id]
    assert two.next is None
    seen = await made.sessions.get(first.id)
    assert seen is not None
    assert (seen.used_at, seen.address) == (NOW + HOUR / 2, "2001:db8::1")
    assert seen.user_agent.startswith("x" * 256)
    assert await make(OTHER).sessions.get(first.id) is None


async def test_expired_sessions_are_purged_with_their_tokens(make: Make) -> None:
    """Those that expire later stay."""
    made = make(DEFAULT_TENANT)
    old, young = session(), replace(session(), expires_at=NOW + 3 * HOUR)
    old_token, young_token = await begin(made, old), await begin(made, young)
    async with made.work:
        await made.sessions.purge(NOW + 2 * HOUR)

    assert await made.sessions.find(old_token.digest) is None
    assert await made.sessions.find(young_token.digest) == (young, young_token)


async def test_ended_sessions_are_purged_with_their_tokens(make: Make) -> None:
    """Those that ended later, or go on, stay with their spent tokens."""
    made = make(DEFAULT_TENANT)
    ended, late, alive = session(), session(), session()
    tokens = [await begin(made, each) for each in (ended, late, alive)]
    following = kept(new_secret(), alive.id, at=NOW)
    async with made.work:
        await made.sessions.end(ended.id, at=NOW)
        await made.sessions.end(late.id, at=NOW + 2 * HOUR)
        await made.sessions.spend(tokens[2].digest, at=NOW, following=following)
        purged = await made.sessions.purge_ended(NOW + HOUR)
        again = await made.sessions.purge_ended(NOW + HOUR)
    found = [await made.sessions.find(each.digest) for each in (*tokens, following)]

    assert (purged, again) == (1, 0)
    assert [each is None for each in found] == [True, False, False, False]


async def test_keys_come_newest_first(make: Make) -> None:
    """The first one that has a secret signs."""
    made = make(DEFAULT_TENANT)
    old = PublicKey(id="a", x="x" * 43, created_at=NOW)
    new = PublicKey(id="b", x="y" * 43, created_at=NOW + HOUR)
    async with made.work:
        await made.keys.add(new)
        await made.keys.add(old)

    assert await made.keys.all() == (new, old)


async def test_the_stage_moves_on(make: Make) -> None:
    """From never begun to done."""
    made = make(DEFAULT_TENANT)
    assert await made.installation.stage() is None
    for stage in (Stage.STARTED, Stage.STARTED, Stage.DONE):
        async with made.work:
            await made.installation.reach(stage)

        assert await made.installation.stage() is stage


async def test_tenants_do_not_meet(make: Make) -> None:
    """Sessions, keys and stages of one are not the other's."""
    ours, theirs = make(DEFAULT_TENANT), make(OTHER)
    mine = session()
    token = await begin(ours, mine)
    async with ours.work:
        await ours.keys.add(PublicKey(id="a", x="x" * 43, created_at=NOW))
        await ours.installation.reach(Stage.DONE)
    async with theirs.work:
        await theirs.sessions.end(mine.id, at=NOW)
        await theirs.sessions.purge(NOW + 9 * HOUR)
        assert await theirs.sessions.end_all(ADA, at=NOW, begun_by=NOW) == ()

    assert await ours.sessions.find(token.digest) == (mine, token)
    assert await theirs.sessions.find(token.digest) is None
    assert await theirs.keys.all() == ()
    assert await theirs.installation.stage() is None
