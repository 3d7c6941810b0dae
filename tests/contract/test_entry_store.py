"""Every EntryStore keeps the promises of its port, for each tenant on its own."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import pytest

from fairlead.adapters.sql.connection import Connection
from fairlead.adapters.sql.work import SqlUnitOfWork
from fairlead.kernel.paging import BadPage, PageRequest
from fairlead.kernel.principal import Origin, Principal, TenantId
from fairlead.kernel.work import UnitOfWork
from fairlead.services.audit.domain.chain import Seal
from fairlead.services.audit.domain.entries import EntryRecorded, Head, chained
from fairlead.services.audit.memory import MemoryEntryStore
from fairlead.services.audit.ports import EntryStore
from fairlead.services.audit.public import Act, Entry, EntryFilter, Outcome
from fairlead.services.audit.sql import SqlEntryStore
from fairlead.testing.database import BACKENDS, OpenDatabase
from fairlead.testing.fakes import NullWork

NOW = datetime(2026, 1, 1, 12, 30, 0, 123456, tzinfo=UTC)
OURS, THEIRS = TenantId(UUID(int=1)), TenantId(UUID(int=2))
ANY = EntryFilter()


@dataclass
class Setup:
    """The stores of two tenants and the unit of work they share."""

    ours: EntryStore
    theirs: EntryStore
    work: UnitOfWork

    async def append(
        self,
        number: int,
        *,
        tenant: TenantId = OURS,
        actor: str = "ada",
        action: str = "projects.project.create",
        outcome: Outcome = Outcome.DONE,
    ) -> Entry:
        """Append one entry in a unit of work of its own."""
        store = self.ours if tenant == OURS else self.theirs
        origin = Origin(address="::1", user_agent="curl", request_id="r")
        who = Principal(id=UUID(int=9), name=actor, tenant_id=tenant, origin=origin)
        act = Act(
            action=action,
            target=f"projects/{number}",
            outcome=outcome,
            details={"name": "grüße"},
        )
        async with self.work:
            entry = chained(
                EntryRecorded(at=NOW, aggregate="a", actor=who, act=act),
                entry_id=UUID(int=number),
                after=await store.head(),
                tenant=tenant,
            )
            await store.append(entry)
        return entry


def sql_setup(connection: Connection) -> Setup:
    return Setup(
        SqlEntryStore(connection, OURS),
        SqlEntryStore(connection, THEIRS),
        SqlUnitOfWork(connection),
    )


@pytest.fixture(params=["memory", *BACKENDS])
async def setup(
    request: pytest.FixtureRequest, open_database: OpenDatabase
) -> AsyncIterator[Setup]:
    if request.param == "memory":
        yield Setup(MemoryEntryStore(), MemoryEntryStore(), NullWork())
        return
    async with open_database(request.param, ["audit"]) as database:
        yield sql_setup(database.connection())


async def test_sequences_count_within_a_tenant(setup: Setup) -> None:
    """Each tenant's chain begins at 1 and has no gaps."""
    first = await setup.append(1)
    alien = await setup.append(2, tenant=THEIRS)
    second = await setup.append(3)

    assert [first.sequence, alien.sequence, second.sequence] == [1, 1, 2]
    assert await setup.ours.head() == Head(2, second.digest)
    assert await setup.ours.following(0, limit=10) == (first, second)
    assert await setup.theirs.following(0, limit=10) == (alien,)


async def test_nothing_crosses_tenants(setup: Setup) -> None:
    """Neither lists nor ids show what belongs to another tenant."""
    await setup.append(1)

    assert await setup.ours.has(UUID(int=1))
    assert not await setup.theirs.has(UUID(int=1))
    assert (await setup.theirs.list(ANY, PageRequest())).items == ()
    assert await setup.theirs.head() == Head()


async def test_pages_go_from_the_newest_to_the_oldest(setup: Setup) -> None:
    """All entries come once, whatever the size of a page."""
    for number in range(1, 6):
        await setup.append(number)
    seen: list[int] = []
    after: str | None = None
    for _ in range(3):
        page = await setup.ours.list(ANY, PageRequest(limit=2, after=after))
        seen += [entry.sequence for entry in page.items]
        after = page.next

    assert seen == [5, 4, 3, 2, 1]
    assert after is None
    assert [e.sequence for e in await setup.ours.following(2, limit=2)] == [3, 4]


@pytest.mark.parametrize(
    ("wanted", "sequences"),
    [
        (EntryFilter(action="projects.project.delete"), [2]),
        (EntryFilter(actor="bob"), [3]),
        (EntryFilter(outcome=Outcome.REFUSED), [4]),
        (EntryFilter(target="projects/1"), [1]),
        (EntryFilter(actor="ada", outcome=Outcome.DONE), [2, 1]),
        (EntryFilter(actor="eve"), []),
    ],
)
async def test_filters_narrow(
    setup: Setup, wanted: EntryFilter, sequences: list[int]
) -> None:
    """Each filter must match, exactly."""
    await setup.append(1)
    await setup.append(2, action="projects.project.delete")
    await setup.append(3, actor="bob")
    await setup.append(4, outcome=Outcome.REFUSED)

    page = await setup.ours.list(wanted, PageRequest())
    assert [entry.sequence for entry in page.items] == sequences


@pytest.mark.parametrize("cursor", ["nonsense", "=", "é", "bnVsbA", "WyJhIl0"])
async def test_bad_cursors_are_refused(setup: Setup, cursor: str) -> None:
    """A cursor this list did not hand out is the caller's mistake."""
    with pytest.raises(BadPage):
        await setup.ours.list(ANY, PageRequest(after=cursor))


async def test_the_last_seal_is_kept_for_each_tenant(setup: Setup) -> None:
    seals = [Seal(number, "d" * 64, "m" * 64) for number in (1, 2)]
    assert await setup.ours.seal() is None
    for seal in seals:
        async with setup.work:
            await setup.ours.put_seal(seal)

    assert await setup.ours.seal() == seals[1]
    assert await setup.theirs.seal() is None
