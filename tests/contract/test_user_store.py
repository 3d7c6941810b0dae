"""Every UserStore and TallyStore keeps the promises of its port."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

import pytest

from fairlead.adapters.sql.work import SqlUnitOfWork
from fairlead.kernel.ids import new_id
from fairlead.kernel.paging import PageRequest
from fairlead.kernel.principal import DEFAULT_TENANT, TenantId
from fairlead.kernel.work import UnitOfWork
from fairlead.services.identity.domain import ANY, CODES, Account, Tally
from fairlead.services.identity.memory import MemoryTallyStore, MemoryUserStore
from fairlead.services.identity.ports import TallyStore, UserStore
from fairlead.services.identity.public import EmailTaken, User, UserNameTaken
from fairlead.services.identity.sql import SqlTallyStore, SqlUserStore
from fairlead.testing.database import BACKENDS, OpenDatabase
from fairlead.testing.fakes import FrozenClock, NullWork

OTHER = TenantId(UUID(int=2))
NOW = FrozenClock().now()


@dataclass(frozen=True)
class Made:
    """The stores of one tenant."""

    users: UserStore
    tallies: TallyStore
    work: UnitOfWork


Make = Callable[[TenantId], Made]


def account(name: str, tenant: TenantId = DEFAULT_TENANT) -> Account:
    user = User(
        id=new_id(), tenant_id=tenant, name=name, disabled=False, created_at=NOW
    )
    return Account(user=user, password_hash=f"hash of {name}")


def tally(account: str, address: str, wrong: int, *, trusted: bool = False) -> Tally:
    return Tally(
        account=account, address=address, wrong=wrong, last_at=NOW, trusted=trusted
    )


@pytest.fixture(params=["memory", *BACKENDS])
async def make(
    request: pytest.FixtureRequest, open_database: OpenDatabase
) -> AsyncIterator[Make]:
    if request.param == "memory":
        made = {
            tenant: Made(MemoryUserStore(), MemoryTallyStore(), NullWork())
            for tenant in (DEFAULT_TENANT, OTHER)
        }
        yield made.__getitem__
        return
    async with open_database(request.param, ["identity"]) as database:

        def sql(tenant: TenantId) -> Made:
            connection = database.connection(tenant)
            return Made(
                SqlUserStore(connection, tenant),
                SqlTallyStore(connection, tenant),
                SqlUnitOfWork(connection),
            )

        yield sql


async def test_users_are_found_by_name_and_id(make: Make) -> None:
    """What was added is found; nobody else is."""
    made = make(DEFAULT_TENANT)
    ada = account("ada")
    async with made.work:
        await made.users.add(ada)

    assert await made.users.find("ada") == ada
    assert await made.users.get(ada.user.id) == ada.user
    assert await made.users.find("bob") is None
    assert await made.users.get(new_id()) is None


async def test_a_name_is_taken_once(make: Make) -> None:
    """The second one is refused and the unit of work goes on."""
    made = make(DEFAULT_TENANT)
    async with made.work:
        await made.users.add(account("ada"))
        with pytest.raises(UserNameTaken):
            await made.users.add(account("ada"))


async def test_changes_are_kept(make: Make) -> None:
    """Disabled and hash change apart from each other."""
    made = make(DEFAULT_TENANT)
    ada = account("ada")
    async with made.work:
        await made.users.add(ada)
        await made.users.set_disabled(ada.user.id, disabled=True)
        await made.users.set_hash(ada.user.id, "new hash")

    changed = await made.users.find("ada")
    assert changed == Account(
        user=replace(ada.user, disabled=True),
        password_hash="new hash",
    )


async def test_a_mark_changes_with_the_password_and_nothing_else(make: Make) -> None:
    """Who checked a password can tell later whether it is still that one."""
    made = make(DEFAULT_TENANT)
    ada = account("ada")
    marks = []
    async with made.work:
        await made.users.add(ada)
        for change in (
            made.users.change(replace(ada.user, locale="de")),
            made.users.set_disabled(ada.user.id, disabled=True),
            made.users.set_hash(ada.user.id, "new hash"),
        ):
            await change
            found = await made.users.find("ada")
            told = await made.users.get(ada.user.id)
            assert found is not None
            assert told is not None
            assert found.user.password_mark == told.password_mark
            marks.append(told.password_mark)

    assert marks[0] == marks[1] != marks[2]


async def test_an_address_is_one_users(make: Make) -> None:
    """It is found, kept apart from other tenants', and refused a second time."""
    made, other = make(DEFAULT_TENANT), make(OTHER)
    ada, bob = account("ada"), account("bob")
    mine = replace(
        ada.user,
        email="ada@example.org",
        email_verified=True,
        locale="de-CH",
        time_zone="Europe/Zurich",
    )
    async with made.work:
        await made.users.add(ada)
        await made.users.add(bob)
        await made.users.change(mine)
        with pytest.raises(EmailTaken):
            await made.users.change(replace(bob.user, email="ada@example.org"))
        cal = account("cal")
        with pytest.raises(EmailTaken):
            await made.users.add(
                replace(cal, user=replace(cal.user, email="ada@example.org"))
            )

    assert await made.users.find_email("ada@example.org") == mine
    assert await made.users.get(bob.user.id) == bob.user
    assert await other.users.find_email("ada@example.org") is None


async def test_a_removed_user_is_gone(make: Make) -> None:
    """The name and the address are free again; a second removal is fine."""
    made = make(DEFAULT_TENANT)
    ada = account("ada")
    ada = replace(ada, user=replace(ada.user, email="ada@example.org", service=True))
    async with made.work:
        await made.users.add(ada)
    other = make(OTHER)
    async with other.work:
        await other.users.remove(ada.user.id)
    assert await made.users.find("ada") == ada

    async with made.work:
        await made.users.remove(ada.user.id)
        await made.users.remove(ada.user.id)
        await made.users.add(replace(ada, user=replace(ada.user, id=new_id())))
    assert await made.users.get(ada.user.id) is None


async def test_lists_go_by_name_page_after_page(make: Make) -> None:
    """Everybody once, and the last page has no next."""
    made = make(DEFAULT_TENANT)
    async with made.work:
        for name in ("cal", "ada", "bob"):
            await made.users.add(account(name))

    first = await made.users.list(PageRequest(limit=2))
    second = await made.users.list(PageRequest(limit=2, after=first.next))
    assert [user.name for user in first.items + second.items] == ["ada", "bob", "cal"]
    assert second.next is None


async def test_tallies_are_found_for_the_pair_the_account_and_the_address(
    make: Make,
) -> None:
    """And for the codes of the account, but for no other pair."""
    made = make(DEFAULT_TENANT)
    mine = (
        tally("ada", "a", 1),
        tally("ada", ANY, 2),
        tally(ANY, "a", 3),
        tally("ada", CODES, 4),
    )
    async with made.work:
        for each in (*mine, tally("ada", "b", 4), tally("bob", "a", 5)):
            await made.tallies.save(each)

    assert set((await made.tallies.find("ada", "a")).found) == set(mine)


async def test_a_tally_is_replaced_and_cleared(make: Make) -> None:
    """Saving again replaces; clearing an account keeps whom it trusts."""
    made = make(DEFAULT_TENANT)
    async with made.work:
        await made.tallies.save(tally("ada", "a", 1))
        await made.tallies.save(tally("ada", "a", 7, trusted=True))
        await made.tallies.save(tally("bob", "a", 7))
        await made.tallies.clear("ada")

    assert (await made.tallies.find("ada", "a")).found == (
        tally("ada", "a", 0, trusted=True),
    )
    assert (await made.tallies.find("bob", "a")).found == (tally("bob", "a", 7),)


async def test_old_tallies_go_unless_they_trust(make: Make) -> None:
    """A table that only grows would be an attacker's to fill."""
    made = make(DEFAULT_TENANT)
    async with made.work:
        await made.tallies.save(tally("ada", "a", 1))
        await made.tallies.save(tally("bob", "a", 0, trusted=True))
        await made.tallies.purge(NOW)
        assert (await made.tallies.find("ada", "a")).found
        await made.tallies.purge(NOW + timedelta(seconds=1))

    assert not (await made.tallies.find("ada", "a")).found
    assert (await made.tallies.find("bob", "a")).found


async def test_tenants_do_not_meet(make: Make) -> None:
    """The same names in two tenants are other users and other guesses."""
    ours, theirs = make(DEFAULT_TENANT), make(OTHER)
    mine, other = account("ada"), account("ada", OTHER)
    async with ours.work:
        await ours.users.add(mine)
        await ours.tallies.save(tally("ada", "a", 1))
    async with theirs.work:
        await theirs.users.add(other)
        await theirs.users.set_disabled(mine.user.id, disabled=True)
        await theirs.tallies.clear("ada")
        await theirs.tallies.purge(NOW + timedelta(days=1))

    assert await ours.users.find("ada") == mine
    assert await theirs.users.get(mine.user.id) is None
    assert len((await theirs.users.list(PageRequest())).items) == 1
    assert (await ours.tallies.find("ada", "a")).found == (tally("ada", "a", 1),)
