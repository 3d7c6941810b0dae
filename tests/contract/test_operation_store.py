"""Every OperationStore, and every Docket beside it, keeps its promises."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from fairlead.adapters.sql.work import SqlUnitOfWork
from fairlead.kernel.paging import BadPage, PageRequest
from fairlead.kernel.principal import Principal, TenantId
from fairlead.kernel.reach import Reach
from fairlead.services.authz.public import environment_scope, project_scope
from fairlead.services.operations.domain.record import CANCELLED, Ending, Record, queue
from fairlead.services.operations.memory import MemoryDocket, MemoryOperationStore
from fairlead.services.operations.ports import Docket, OperationStore
from fairlead.services.operations.public import (
    OperationError,
    OperationFilter,
    OperationNotFound,
    OperationState,
    Submission,
)
from fairlead.services.operations.sql import SqlDocket, SqlOperationStore
from fairlead.testing.database import (
    BACKENDS,
    OpenDatabase,
    migrated_database,
    schema_differences,
)
from fairlead.testing.fakes import NullWork

NOW = datetime(2026, 1, 1, tzinfo=UTC)
OURS, THEIRS = TenantId(UUID(int=70)), TenantId(UUID(int=71))
RED, BLUE, DEV = UUID(int=900), UUID(int=901), UUID(int=910)
ALL = Reach(everywhere=True)
ANY = OperationFilter()
FIRST = PageRequest()


@dataclass(frozen=True)
class Place:
    """Stores of two tenants over one database, its docket, and units of work."""

    ours: OperationStore
    theirs: OperationStore
    docket: Docket
    work: AbstractAsyncContextManager[Any]

    async def add(self, *records: Record) -> None:
        async with self.work:
            for record in records:
                mine = record.tenant_id == OURS
                assert await (self.ours if mine else self.theirs).add(record)


@pytest.fixture(params=["memory", *BACKENDS])
async def place(
    request: pytest.FixtureRequest, open_database: OpenDatabase
) -> AsyncIterator[Place]:
    if request.param == "memory":
        shelf: dict[UUID, Record] = {}
        yield Place(
            MemoryOperationStore(shelf, OURS),
            MemoryOperationStore(shelf, THEIRS),
            MemoryDocket(shelf),
            NullWork(),
        )
        return
    async with open_database(request.param, ["operations"]) as database:
        connection = database.connection()
        yield Place(
            SqlOperationStore(connection, OURS),
            SqlOperationStore(connection, THEIRS),
            SqlDocket(connection),
            SqlUnitOfWork(connection),
        )


def record(number: int, tenant: TenantId = OURS, **changes: Any) -> Record:
    values: dict[str, Any] = {
        "id": UUID(int=number),
        "kind": "test.work",
        "argument": {"n": number},
        "subject": f"work/{number}",
        **changes,
    }
    who = Principal(id=UUID(int=7), name="ada", tenant_id=tenant)
    at = NOW + timedelta(seconds=number)
    return queue(who, Submission(**values), parent=None, at=at)


async def numbers(
    store: OperationStore,
    wanted: OperationFilter = ANY,
    reach: Reach = ALL,
    page: PageRequest = FIRST,
) -> list[int]:
    return [each.id.int for each in (await store.list(wanted, reach, page)).items]


async def test_what_was_added_is_what_is_got(place: Place) -> None:
    full = record(1, project_id=RED, scope=environment_scope(RED, DEV), priority=9)
    bare = record(2, argument=None)
    await place.add(full, bare)

    assert await place.ours.get(full.id) == full
    assert await place.docket.find(bare.id) == bare


async def test_a_known_id_changes_nothing(place: Place) -> None:
    """Also when the id belongs to another tenant."""
    await place.add(record(1), record(2, THEIRS))
    async with place.work:
        assert not await place.ours.add(record(1, subject="other"))
        assert not await place.ours.add(record(2))

    assert (await place.ours.get(UUID(int=1))).operation.subject == "work/1"
    assert (await place.theirs.get(UUID(int=2))).tenant_id == THEIRS


async def test_nothing_crosses_between_tenants(place: Place) -> None:
    await place.add(record(1), record(2, THEIRS, parent_id=UUID(int=1)))

    async with place.work:
        await place.ours.ask_cancel([UUID(int=2)])
    assert not (await place.theirs.get(UUID(int=2))).cancel_requested
    assert await place.ours.unended_children([UUID(int=1)]) == []
    assert await numbers(place.ours) == [1]
    assert list(await place.ours.many([UUID(int=1), UUID(int=2)])) == [UUID(int=1)]
    with pytest.raises(OperationNotFound):
        await place.ours.get(UUID(int=2))


async def test_lists_are_newest_first_in_pages(place: Place) -> None:
    await place.add(*(record(n) for n in range(1, 6)))

    page = await place.ours.list(ANY, ALL, PageRequest(limit=3))
    rest = await place.ours.list(ANY, ALL, PageRequest(limit=3, after=page.next))

    assert [each.id.int for each in page.items] == [5, 4, 3]
    assert [each.id.int for each in rest.items] == [2, 1]
    assert rest.next is None


async def test_a_strange_cursor_is_refused(place: Place) -> None:
    with pytest.raises(BadPage):
        await place.ours.list(ANY, ALL, PageRequest(after="nonsense"))


async def test_lists_are_filtered(place: Place) -> None:
    await place.add(
        record(1, project_id=RED), record(2, project_id=BLUE), record(3, kind="other")
    )
    async with place.work:
        await place.docket.start([UUID(int=2)], at=NOW)

    assert await numbers(place.ours, OperationFilter(project_id=RED)) == [1]
    assert await numbers(place.ours, OperationFilter(kind="other")) == [3]
    others = OperationFilter(but=OperationState.QUEUED)
    assert await numbers(place.ours, others) == [2]
    assert await numbers(place.ours, OperationFilter(state=OperationState.RUNNING)) == [
        2
    ]


async def test_lists_keep_within_reach(place: Place) -> None:
    """The scope `/` is for those who see everything, whatever the project."""
    await place.add(
        record(1),
        record(2, project_id=RED),
        record(3, project_id=RED, scope=project_scope(RED)),
        record(4, project_id=BLUE, scope=environment_scope(BLUE, DEV)),
    )
    red = Reach(everywhere=False, projects=frozenset({RED}))
    dev = Reach(everywhere=False, environments=frozenset({(BLUE, DEV)}))
    named = Reach(everywhere=False, environments=frozenset({(RED, DEV)}))

    assert await numbers(place.ours, reach=red) == [3]
    assert await numbers(place.ours, reach=dev) == [4]
    assert await numbers(place.ours, reach=named) == []
    assert await numbers(place.ours, reach=Reach(everywhere=False)) == []


async def test_only_queued_unwanted_ones_start(place: Place) -> None:
    await place.add(*(record(n) for n in range(1, 4)))
    async with place.work:
        await place.ours.ask_cancel([UUID(int=2)])
        await place.docket.end({UUID(int=3): CANCELLED}, at=NOW)
        started = await place.docket.start([UUID(int=n) for n in range(1, 5)], at=NOW)
        again = await place.docket.start([UUID(int=1)], at=NOW)

    assert [each.id.int for each in started] == [1]
    assert started[0].operation.started_at == NOW
    assert started[0] == await place.ours.get(UUID(int=1))
    assert again == []


async def test_an_end_is_recorded_once(place: Place) -> None:
    await place.add(record(1), record(2))
    error = OperationError(code="a.b", message="It broke.")
    failed = Ending(state=OperationState.FAILED, error=error)
    done = Ending(state=OperationState.SUCCEEDED, result={"urls": ["x"]})
    async with place.work:
        await place.docket.start([UUID(int=1), UUID(int=2)], at=NOW)
        endings = {UUID(int=1): done, UUID(int=2): failed, UUID(int=9): done}
        ended = await place.docket.end(endings, at=NOW)
        again = await place.docket.end({UUID(int=1): failed}, at=NOW)

    first, broken = sorted(ended, key=lambda each: each.id)
    assert first.operation.result == {"urls": ["x"]}
    assert broken.operation.error == error
    assert again == []
    assert await place.ours.get(UUID(int=1)) == first
    assert await place.ours.get(UUID(int=2)) == broken


async def test_only_the_queued_and_wished_for_are_dropped(place: Place) -> None:
    await place.add(record(1), record(2), record(3))
    async with place.work:
        await place.docket.start([UUID(int=3)], at=NOW)
        await place.ours.ask_cancel([UUID(int=2), UUID(int=3)])
        wishes = {UUID(int=n): None for n in range(1, 5)}
        [dropped] = await place.docket.end(wishes, at=NOW)

    assert dropped.id == UUID(int=2)
    assert dropped.operation.state is OperationState.CANCELLED
    assert await place.ours.get(UUID(int=2)) == dropped


async def test_the_wish_to_cancel_spares_the_ended(place: Place) -> None:
    await place.add(record(1), record(2))
    async with place.work:
        await place.docket.end({UUID(int=1): CANCELLED}, at=NOW)
        await place.ours.ask_cancel([UUID(int=1), UUID(int=2)])

    assert not (await place.ours.get(UUID(int=1))).cancel_requested
    assert (await place.ours.get(UUID(int=2))).cancel_requested


async def test_children_are_found_until_they_end(place: Place) -> None:
    children = [record(n, parent_id=UUID(int=1)) for n in (2, 3)]
    await place.add(record(1), *children)
    async with place.work:
        await place.docket.end({UUID(int=2): CANCELLED}, at=NOW)

    assert await place.ours.unended_children([UUID(int=1)]) == [UUID(int=3)]


async def test_the_docket_pages_through_all_that_has_not_ended(place: Place) -> None:
    await place.add(record(1), record(2, THEIRS), record(3, parent_id=UUID(int=1)))
    await place.add(record(4))
    async with place.work:
        await place.docket.start([UUID(int=2)], at=NOW)
        await place.docket.end({UUID(int=4): CANCELLED}, at=NOW)

    first = await place.docket.unended(after=None, limit=2)
    rest = await place.docket.unended(after=UUID(int=2), limit=2)

    assert [(each.ticket.id.int, each.running) for each in first] == [
        (1, False),
        (2, True),
    ]
    assert [(each.ticket.id.int, each.ticket.lent) for each in rest] == [(3, True)]
    assert first[1].ticket.tenant_id == THEIRS


async def test_an_odd_kind_of_argument_is_kept(place: Place) -> None:
    odd = replace(record(1), argument=["ü", 1.5, None, {"a": False}])
    await place.add(odd)

    assert (await place.ours.get(odd.id)).argument == odd.argument


async def test_tables_and_migrations_agree(tmp_path: Path) -> None:
    async with migrated_database(tmp_path, ["operations"]) as database:
        assert schema_differences(database.file, ["operations"]) == []


async def test_ends_of_what_was_just_started_are_recorded_once(place: Place) -> None:
    """Also when somebody else ended one of them meanwhile."""
    await place.add(*(record(number) for number in (1, 2, 3)))
    done, later = Ending(state=OperationState.SUCCEEDED), NOW + timedelta(hours=1)
    async with place.work:
        started = await place.docket.start([UUID(int=n) for n in (1, 2, 3)], at=NOW)
        running = {each.id: each for each in started}
        (first,) = await place.docket.end({UUID(int=1): done}, at=NOW, running=running)
        both = {UUID(int=1): CANCELLED, UUID(int=2): done}
        second = await place.docket.end(both, at=later, running=running)
        again = await place.docket.end(both, at=later, running=None)

    assert first.operation.state is OperationState.SUCCEEDED
    assert [each.id.int for each in second] == [2]
    assert again == []
    kept = [(await place.ours.get(UUID(int=n))).operation for n in (1, 2, 3)]
    assert [each.ended_at for each in kept] == [NOW, later, None]
