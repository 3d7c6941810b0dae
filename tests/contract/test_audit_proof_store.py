"""Every ProofStore keeps checkpoints and anchors, for each tenant on its own."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import pytest

from fairlead.adapters.sql.connection import Connection
from fairlead.adapters.sql.work import SqlUnitOfWork
from fairlead.kernel.paging import BadPage, PageRequest
from fairlead.kernel.principal import Principal, TenantId
from fairlead.kernel.work import UnitOfWork
from fairlead.services.audit.domain.entries import EntryRecorded, Head, chained
from fairlead.services.audit.memory import MemoryEntryStore, MemoryProofStore
from fairlead.services.audit.ports import EntryStore, ProofStore
from fairlead.services.audit.public import Act, Anchor, Checkpoint
from fairlead.services.audit.sql import SqlEntryStore, SqlProofStore
from fairlead.testing.database import BACKENDS, OpenDatabase
from fairlead.testing.fakes import NullWork

NOW = datetime(2026, 1, 1, 12, 30, 0, 123456, tzinfo=UTC)
OURS, THEIRS = TenantId(UUID(int=1)), TenantId(UUID(int=2))


@dataclass
class Setup:
    """The stores of two tenants, and the first one's entries."""

    ours: ProofStore
    theirs: ProofStore
    entries: EntryStore
    work: UnitOfWork

    async def fill(self, count: int) -> list[str]:
        """Append entries and return their digests."""
        head, digests = Head(), list[str]()
        who = Principal(id=UUID(int=9), name="ada", tenant_id=OURS)
        async with self.work:
            for number in range(count):
                recorded = EntryRecorded(
                    at=NOW, aggregate="a", actor=who, act=Act(action="a.b.c")
                )
                entry = chained(
                    recorded, entry_id=UUID(int=number), after=head, tenant=OURS
                )
                await self.entries.append(entry)
                head = Head(entry.sequence, entry.digest)
                digests.append(entry.digest)
        return digests

    async def sign(self, number: int, digests: list[str]) -> Checkpoint:
        """Store the checkpoint of the entry of the same number."""
        taken = Checkpoint(
            number=number,
            sequence=number,
            digest=digests[number - 1],
            at=NOW,
            key_id="k" * 43,
            signature="s" * 128,
        )
        async with self.work:
            await self.ours.add_checkpoint(taken)
        return taken

    async def cut(self, number: int, sequence: int, digests: list[str]) -> Anchor:
        """Store an anchor."""
        anchor = Anchor(
            number=number,
            sequence=sequence,
            digest=digests[sequence - 1],
            at=NOW,
            key_id="k" * 43,
            signature="s" * 128,
            archive=f"audit/{OURS}/1-{sequence}.jsonl",
            archive_digest=f"sha256:{'d' * 64}",
        )
        async with self.work:
            await self.ours.add_anchor(anchor)
        return anchor


def sql_setup(connection: Connection) -> Setup:
    return Setup(
        SqlProofStore(connection, OURS),
        SqlProofStore(connection, THEIRS),
        SqlEntryStore(connection, OURS),
        SqlUnitOfWork(connection),
    )


@pytest.fixture(params=["memory", *BACKENDS])
async def setup(
    request: pytest.FixtureRequest, open_database: OpenDatabase
) -> AsyncIterator[Setup]:
    if request.param == "memory":
        yield Setup(
            MemoryProofStore(), MemoryProofStore(), MemoryEntryStore(), NullWork()
        )
        return
    async with open_database(request.param, ["audit"]) as database:
        yield sql_setup(database.connection())


async def test_checkpoints_are_kept_in_order(setup: Setup) -> None:
    """The last one, those after one, and pages of them, newest first."""
    assert await setup.ours.checkpoint() is None
    digests = await setup.fill(3)
    taken = [await setup.sign(number, digests) for number in (1, 2, 3)]
    first = await setup.ours.list(PageRequest(limit=2))
    rest = await setup.ours.list(PageRequest(limit=2, after=first.next))

    assert await setup.ours.checkpoint() == taken[2]
    assert await setup.ours.checkpoints() == tuple(taken)
    assert await setup.ours.checkpoints(2) == (taken[2],)
    assert (*first.items, *rest.items) == tuple(taken[::-1])
    assert rest.next is None


async def test_anchors_let_the_first_entries_go(setup: Setup) -> None:
    """Up to the last one's, a few at a time."""
    digests = await setup.fill(5)
    for number in (1, 2, 3):
        await setup.sign(number, digests)
    anchors = [
        await setup.cut(1, 1, digests),
        await setup.cut(2, 3, digests),
    ]
    gone: list[int] = []
    for _ in range(2):
        async with setup.work:
            gone.append(await setup.entries.remove(3, limit=2))

    assert await setup.ours.anchor() == anchors[1]
    assert await setup.ours.anchors() == tuple(anchors)
    assert await setup.ours.anchors(1) == (anchors[1],)
    assert gone == [2, 1]
    left = await setup.entries.following(0, limit=9)
    assert [entry.sequence for entry in left] == [4, 5]
    assert (await setup.entries.head()).sequence == 5


async def test_nothing_crosses_tenants(setup: Setup) -> None:
    digests = await setup.fill(2)
    await setup.sign(1, digests)
    await setup.cut(1, 1, digests)

    assert await setup.theirs.checkpoint() is None
    assert await setup.theirs.checkpoints() == ()
    assert (await setup.theirs.list(PageRequest())).items == ()
    assert await setup.theirs.anchor() is None
    assert await setup.theirs.anchors() == ()


async def test_bad_cursors_are_refused(setup: Setup) -> None:
    with pytest.raises(BadPage):
        await setup.ours.list(PageRequest(after="nonsense"))
