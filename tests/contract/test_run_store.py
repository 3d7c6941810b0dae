"""Every RunStore, StepStore and ArtifactStore keeps its promises."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from fairlead.adapters.sql.work import SqlUnitOfWork
from fairlead.kernel.paging import BadPage, PageRequest
from fairlead.kernel.principal import TenantId
from fairlead.kernel.reach import Reach
from fairlead.modules.pipelines.domain.plan import OutputPlan, Plan, StepPlan
from fairlead.modules.pipelines.domain.records import (
    Execution,
    Record,
    StoredArtifact,
    step_records,
)
from fairlead.modules.pipelines.memory import (
    MemoryArtifactStore,
    MemoryRunStore,
    MemoryStepStore,
)
from fairlead.modules.pipelines.ports import ArtifactStore, RunStore, StepStore
from fairlead.modules.pipelines.public import Artifact, RunNotFound, State
from fairlead.modules.pipelines.sql import (
    SqlArtifactStore,
    SqlRunStore,
    SqlStepStore,
)
from fairlead.testing.database import BACKENDS, OpenDatabase
from fairlead.testing.fakes import FrozenClock, NullWork

NOW = FrozenClock().now()
OURS, THEIRS = TenantId(UUID(int=70)), TenantId(UUID(int=71))
RED, BLUE = UUID(int=900), UUID(int=901)
ALL = Reach(everywhere=True)
PLAN = Plan(
    build=(StepPlan(name="a", run="x", env={"K": "v"}),),
    outputs=(OutputPlan(name="o", type="file", path="o"),),
    test=(StepPlan(name="b", run="y", timeout_seconds=1.5),),
)


@dataclass(frozen=True)
class Stores:
    """The stores of one tenant."""

    runs: RunStore
    steps: StepStore
    artifacts: ArtifactStore


@dataclass(frozen=True)
class Place:
    """The stores of two tenants and a unit of work over both."""

    ours: Stores
    theirs: Stores
    work: AbstractAsyncContextManager[Any]

    async def add(self, *records: Record) -> None:
        async with self.work:
            for record in records:
                await self.ours.runs.add(record)


@pytest.fixture(params=["memory", *BACKENDS])
async def place(
    request: pytest.FixtureRequest, open_database: OpenDatabase
) -> AsyncIterator[Place]:
    if request.param == "memory":
        yield Place(_memory(), _memory(), NullWork())
        return
    async with open_database(request.param, ["pipelines"]) as database:
        connection = database.connection()
        ours, theirs = (
            Stores(
                SqlRunStore(connection, tenant),
                SqlStepStore(connection, tenant),
                SqlArtifactStore(connection, tenant),
            )
            for tenant in (OURS, THEIRS)
        )
        yield Place(ours, theirs, SqlUnitOfWork(connection))


def _memory() -> Stores:
    return Stores(MemoryRunStore(), MemoryStepStore(), MemoryArtifactStore())


def run(number: int, project_id: UUID = RED) -> Record:
    """Return a run whose id grows with its number."""
    return Record(
        id=UUID(int=project_id.int * 1000 + number),
        project_id=project_id,
        project="hello",
        number=number,
        repository="/r",
        wanted="main",
        state=State.QUEUED,
        revision="",
        requested_by="ada",
        created_at=NOW + timedelta(seconds=number),
    )


async def test_run_comes_back_as_it_was(place: Place) -> None:
    """With plan, times and addresses, by id and by number."""
    full = replace(
        run(1),
        state=State.SUCCEEDED,
        commit="c" * 40,
        title="Begin",
        started_at=NOW,
        ended_at=NOW,
        reason="none",
        failed_stage="test",
        urls=("http://a", "http://b"),
        plan=PLAN,
    )
    await place.add(run(1))

    async with place.work:
        await place.ours.runs.save(full)

    assert await place.ours.runs.get(full.id) == full
    assert await place.ours.runs.numbered(RED, 1) == full


async def test_numbers_count_within_a_project(place: Place) -> None:
    """From 1, without regard to others."""
    assert await place.ours.runs.next_number(RED) == 1

    await place.add(run(1), run(2), run(7, BLUE))

    assert await place.ours.runs.next_number(RED) == 3
    assert await place.ours.runs.next_number(BLUE) == 8
    assert await place.theirs.runs.next_number(RED) == 1


async def test_pages_are_newest_first_and_whole(place: Place) -> None:
    """Following `next` shows each run once; a project's page only its own."""
    await place.add(*(run(n) for n in range(1, 6)), run(1, BLUE))

    seen: list[int] = []
    after: str | None = None
    while True:
        wanted = PageRequest(limit=2, after=after)
        page = await place.ours.runs.page(ALL, wanted, project_id=RED)
        seen += [item.number for item in page.items]
        after = page.next
        if after is None:
            break

    assert seen == [5, 4, 3, 2, 1]
    everything = await place.ours.runs.page(ALL, PageRequest())
    assert len(everything.items) == 6
    assert all(item.plan is None for item in everything.items)


async def test_page_stays_within_reach(place: Place) -> None:
    """Only the projects the caller may see; none is fine."""
    await place.add(run(1), run(1, BLUE))

    some = Reach(everywhere=False, projects=frozenset({BLUE}))
    page = await place.ours.runs.page(some, PageRequest())
    nothing = await place.ours.runs.page(Reach(everywhere=False), PageRequest())

    assert [item.project_id for item in page.items] == [BLUE]
    assert nothing.items == ()


async def test_foreign_cursor_is_refused(place: Place) -> None:
    """A cursor is what the page before handed out."""
    with pytest.raises(BadPage):
        await place.ours.runs.page(ALL, PageRequest(after="nonsense"))


async def test_nothing_crosses_tenants(place: Place) -> None:
    """What is ours is unknown to them."""
    await place.add(run(1))
    async with place.work:
        await place.ours.steps.lay(step_records(run(1).id, PLAN))

    for find in (
        place.theirs.runs.get(run(1).id),
        place.theirs.runs.numbered(RED, 1),
        place.theirs.steps.get(run(1).id, "build", "a"),
    ):
        with pytest.raises(RunNotFound):
            await find
    assert (await place.theirs.runs.page(ALL, PageRequest())).items == ()
    assert await place.theirs.runs.of_project(RED) == []
    assert await place.theirs.steps.of_run(run(1).id) == ()


async def test_unknown_runs_are_said_to_be_so(place: Place) -> None:
    """Also where one is to be replaced."""
    with pytest.raises(RunNotFound):
        await place.ours.runs.get(run(1).id)
    with pytest.raises(RunNotFound):
        async with place.work:
            await place.ours.runs.save(run(1))


async def test_steps_and_attempts_keep_their_order(place: Place) -> None:
    """Steps as in the file, attempts by number; both can be replaced."""
    await place.add(run(1))
    first, second = step_records(run(1).id, PLAN)
    execution = Execution(
        run_id=first.run_id,
        stage=first.stage,
        step=first.name,
        number=1,
        key="k/1",
        state=State.RUNNING,
        started_at=NOW,
    )
    ended = replace(execution, state=State.FAILED, exit_code=3, ended_at=NOW)

    async with place.work:
        await place.ours.steps.lay([second, first])
        await place.ours.steps.save(replace(first, state=State.FAILED, exit_code=3))
        await place.ours.steps.add_execution(replace(execution, number=2, key="k/2"))
        await place.ours.steps.add_execution(execution)
        await place.ours.steps.save_execution(ended)

    steps = await place.ours.steps.of_run(run(1).id)
    assert steps == (replace(first, state=State.FAILED, exit_code=3), second)
    assert await place.ours.steps.get(run(1).id, "test", "b") == second
    attempts = await place.ours.steps.executions(run(1).id, "build", "a")
    assert attempts == (ended, replace(execution, number=2, key="k/2"))


async def test_artifact_stored_twice_is_there_once(place: Place) -> None:
    """The later facts count."""
    artifact = Artifact(
        id=UUID(int=5), name="o", type="file", filename="o", size=1, digest="sha256:a"
    )
    stored = StoredArtifact(
        run_id=run(1).id, artifact=artifact, executable=True, mode=0o750
    )
    again = replace(stored, artifact=replace(artifact, size=2))

    async with place.work:
        await place.ours.artifacts.add(stored)
        await place.ours.artifacts.add(again)

    assert await place.ours.artifacts.of_run(run(1).id) == (again,)
    assert await place.theirs.artifacts.of_run(run(1).id) == ()


async def test_removed_run_is_gone(place: Place) -> None:
    """Once more is fine; others stay."""
    await place.add(run(1), run(2))

    async with place.work:
        await place.ours.runs.remove(run(1).id)
        await place.ours.runs.remove(run(1).id)

    assert await place.ours.runs.of_project(RED) == [run(2).id]
