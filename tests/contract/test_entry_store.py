"""Every EntryStore keeps the promises of its port, for each tenant on its own."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
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
MINUTE = timedelta(minutes=1)


@dataclass
class Setup:
    """The stores of two tenants and the unit of work they share."""

    ours: EntryStore
    theirs: EntryStore
    work: UnitOfWork

    async def append(  # noqa: PLR0913 - what a test wants to tell
        self,
        number: int,
        *,
        tenant: TenantId = OURS,
        actor: str = "ada",
        action: str = "projects.project.create",
        outcome: Outcome = Outcome.DONE,
        scope: str = "/",
        at: datetime = NOW,
    ) -> Entry:
        """Append one entry in a unit of work of its own."""
        store = self.ours if tenant == OURS else self.theirs
        origin = Origin(
            address=f"10.0.0.{number}",
            user_agent="curl",
            request_id=f"r{number}",
            trace_id=f"t{number}",
        )
        who = Principal(id=UUID(int=9), name=actor, tenant_id=tenant, origin=origin)
        act = Act(
            action=action,
            target=f"projects/{number}",
            outcome=outcome,
            scope=scope,
            details={"name": "grüße"},
        )
        async with self.work:
            entry = chained(
                EntryRecorded(at=at, aggregate="a", actor=who, act=act),
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
        (EntryFilter(actor="ada", outcome=Outcome.DONE), [5, 2, 1]),
        (EntryFilter(actor="eve"), []),
        (EntryFilter(scope="/projects/5"), [5]),
        (EntryFilter(address="10.0.0.3"), [3]),
        (EntryFilter(request_id="r4"), [4]),
        (EntryFilter(trace_id="t5"), [5]),
        (EntryFilter(trace_id="t5", request_id="r4"), []),
        (EntryFilter(action="projects.*"), [4, 3, 2, 1]),
        (EntryFilter(action="projects.project.d*"), [2]),
        (EntryFilter(action="projects.*", actor="bob"), [3]),
        (EntryFilter(action="*"), [5, 4, 3, 2, 1]),
        (EntryFilter(action="proj%*"), []),
        (EntryFilter(action="boats.*"), []),
        (EntryFilter(since=NOW), [5, 4, 3, 2, 1]),
        (EntryFilter(since=NOW + MINUTE), [5, 4]),
        (EntryFilter(until=NOW + MINUTE), [3, 2, 1]),
        (EntryFilter(since=NOW + MINUTE, until=NOW + 2 * MINUTE), [4]),
        (EntryFilter(action="projects.*", since=NOW + MINUTE), [4]),
        (EntryFilter(outcome=Outcome.DONE, until=NOW + MINUTE), [3, 2, 1]),
    ],
)
async def test_filters_narrow(
    setup: Setup, wanted: EntryFilter, sequences: list[int]
) -> None:
    """Each filter must match, exactly; pages of one entry, and walks, are complete."""
    await setup.append(1)
    await setup.append(2, action="projects.project.delete")
    await setup.append(3, actor="bob")
    await setup.append(4, outcome=Outcome.REFUSED, at=NOW + MINUTE)
    await setup.append(
        5, action="users.user.create", scope="/projects/5", at=NOW + 2 * MINUTE
    )
    await setup.append(6, tenant=THEIRS)

    page = await setup.ours.list(wanted, PageRequest())
    assert [entry.sequence for entry in page.items] == sequences
    assert [entry.sequence for entry in await every(setup.ours, wanted)] == sequences
    walk = await setup.ours.following(0, limit=10, wanted=wanted)
    assert [entry.sequence for entry in walk] == sequences[::-1]


async def every(store: EntryStore, wanted: EntryFilter) -> list[Entry]:
    """Return all that match, page by page of one entry."""
    found: list[Entry] = []
    page = await store.list(wanted, PageRequest(limit=1))
    while page.items:
        found += page.items
        if page.next is None:
            break
        page = await store.list(wanted, PageRequest(limit=1, after=page.next))
    return found


async def test_lists_are_in_the_order_of_time(setup: Setup) -> None:
    """An act that arrived late stands where it happened; the chain keeps its order."""
    for number, minutes in ((1, 0), (2, 5), (3, 1)):
        await setup.append(number, at=NOW + minutes * MINUTE)

    assert [e.sequence for e in await every(setup.ours, ANY)] == [2, 3, 1]
    assert [e.sequence for e in await setup.ours.following(0, limit=9)] == [1, 2, 3]


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
