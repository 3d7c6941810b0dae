"""Every store of environments keeps the promises of its port."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import UUID

import pytest

from fairlead.adapters.sql.tenants import AllTenants
from fairlead.adapters.sql.work import SqlUnitOfWork
from fairlead.kernel.ids import new_id
from fairlead.kernel.paging import BadPage, PageRequest
from fairlead.kernel.principal import DEFAULT_TENANT, TenantId
from fairlead.kernel.reach import Reach
from fairlead.kernel.work import UnitOfWork
from fairlead.modules.environments.domain import (
    Release,
    ReleaseState,
    Replica,
    ReplicaState,
    WorkloadRecord,
)
from fairlead.modules.environments.memory import (
    Memory,
    MemoryEnvironmentStore,
    MemoryReleaseStore,
    MemoryWorkloadStore,
)
from fairlead.modules.environments.ports import (
    EnvironmentStore,
    ReleaseStore,
    WorkloadStore,
)
from fairlead.modules.environments.public import (
    Environment,
    WorkloadNotFound,
    WorkloadOrder,
    WorkloadState,
)
from fairlead.modules.environments.sql import (
    SqlEnvironmentStore,
    SqlFleet,
    SqlReleaseStore,
    SqlWorkloadStore,
)
from fairlead.testing.database import BACKENDS, OpenDatabase, migrated_database
from fairlead.testing.fakes import FrozenClock, NullWork

OTHER = TenantId(UUID(int=2))
NOW = FrozenClock().now()
ALL = Reach(everywhere=True)
PAGE = PageRequest()


@dataclass(frozen=True)
class Made:
    """The stores of one tenant."""

    environments: EnvironmentStore
    workloads: WorkloadStore
    releases: ReleaseStore
    work: UnitOfWork


Make = Callable[[TenantId], Made]


def environment(project: str, name: str) -> Environment:
    return Environment(
        id=new_id(), project_id=new_id(), project=project, name=name, created_at=NOW
    )


def workload(
    project: str, name: str, place: Environment | None = None
) -> WorkloadRecord:
    place = place or environment(project, "dev")
    return WorkloadRecord(
        id=new_id(),
        project_id=place.project_id,
        project=project,
        environment_id=place.id,
        environment=place.name,
        name=name,
        state=WorkloadState.DEPLOYING,
        port=0,
        release=0,
        run_id=new_id(),
        run_number=0,
        replicas=0,
        restarts=0,
        starts=0,
        reason="",
        holder=None,
        output_start=0,
        updated_at=NOW,
    )


def release(workload_id: UUID, number: int) -> Release:
    order = WorkloadOrder(
        name="web",
        blob="artifacts/1",
        artifact_type="file",
        filename="web",
        executable=True,
        command=("./web", "$PORT"),
        port=8000,
        health="/healthz",
        env={"GREETING": "hello"},
    )
    return Release(
        workload_id=workload_id,
        number=number,
        run_id=new_id(),
        run_number=number,
        deployment=new_id(),
        order=order,
        state=ReleaseState.PREPARING,
        created_at=NOW,
    )


def replica(workload_id: UUID, index: int, start: int) -> Replica:
    return Replica(
        workload_id=workload_id,
        release=1,
        index=index,
        start=start,
        port=4000 + start,
        deployment=UUID(int=5),
        state=ReplicaState.STARTING,
    )


@pytest.fixture(params=["memory", *BACKENDS])
async def make(
    request: pytest.FixtureRequest, open_database: OpenDatabase
) -> AsyncIterator[Make]:
    if request.param == "memory":
        memories = {tenant: Memory() for tenant in (DEFAULT_TENANT, OTHER)}
        yield lambda tenant: Made(
            MemoryEnvironmentStore(memories[tenant]),
            MemoryWorkloadStore(memories[tenant]),
            MemoryReleaseStore(memories[tenant]),
            NullWork(),
        )
        return
    async with open_database(request.param, ["environments"]) as database:

        def made(tenant: TenantId) -> Made:
            connection = database.connection(tenant)
            return Made(
                SqlEnvironmentStore(connection, tenant),
                SqlWorkloadStore(connection, tenant),
                SqlReleaseStore(connection, tenant),
                SqlUnitOfWork(connection),
            )

        yield made


async def test_an_environment_is_added_once(make: Make) -> None:
    stores = make(DEFAULT_TENANT)
    dev = environment("hello", "dev")
    async with stores.work:
        first = await stores.environments.ensure(dev)
        second = await stores.environments.ensure(replace(dev, id=new_id()))

    assert first == second == dev
    page = await stores.environments.list(ALL, PAGE, project=None)
    assert page.items == (dev,)


async def test_environments_are_listed_by_project_and_name_in_pages(
    make: Make,
) -> None:
    stores = make(DEFAULT_TENANT)
    names = [("b", "dev"), ("a", "staging"), ("a", "dev"), ("b", "production")]
    async with stores.work:
        for project, name in names:
            await stores.environments.ensure(environment(project, name))

    seen: list[tuple[str, str]] = []
    after: str | None = None
    while True:
        page = await stores.environments.list(
            ALL, PageRequest(limit=3, after=after), project=None
        )
        seen += [(one.project, one.name) for one in page.items]
        after = page.next
        if after is None:
            break

    assert seen == sorted(names)


async def test_lists_show_what_is_within_reach(make: Make) -> None:
    stores = make(DEFAULT_TENANT)
    places = [environment("a", "dev"), environment("b", "dev"), environment("c", "dev")]
    works = [workload(place.project, "web", place) for place in places]
    async with stores.work:
        for place, work in zip(places, works, strict=True):
            await stores.environments.ensure(place)
            await stores.workloads.add(work)

    reach = Reach(
        everywhere=False,
        projects=frozenset({places[0].project_id}),
        environments=frozenset(
            {(places[1].project_id, places[1].id), (places[1].project_id, places[2].id)}
        ),
    )
    nothing = Reach(everywhere=False)
    seen = await stores.environments.list(reach, PAGE, project=None)
    assert seen.items == tuple(places[:2])
    found = await stores.workloads.list(reach, PAGE, project=None)
    assert found.items == tuple(works[:2])
    assert (await stores.workloads.list(nothing, PAGE, project=None)).items == ()
    by_name = await stores.workloads.list(reach, PAGE, project="b")
    by_id = await stores.workloads.list(ALL, PAGE, project=str(places[1].project_id))
    assert by_name.items == by_id.items == (works[1],)


async def test_a_foreign_cursor_is_refused(make: Make) -> None:
    stores = make(DEFAULT_TENANT)

    with pytest.raises(BadPage):
        await stores.workloads.list(ALL, PageRequest(after="ü"), project=None)


async def test_a_workload_is_kept_found_changed_and_removed(make: Make) -> None:
    stores = make(DEFAULT_TENANT)
    web = workload("hello", "web")
    changed = replace(
        web, state=WorkloadState.FAILED, reason="why", holder=new_id(), port=20000
    )
    async with stores.work:
        await stores.workloads.add(web)
        await stores.workloads.save(changed)
        await stores.releases.put(release(web.id, 1))
        await stores.releases.put_replica(replica(web.id, 1, 1))

    assert await stores.workloads.get(web.id) == changed
    assert await stores.workloads.find("hello", "dev", "web") == changed
    assert await stores.workloads.of_project(web.project_id) == [changed]
    async with stores.work:
        await stores.workloads.remove(web.id)
        await stores.workloads.remove(web.id)
    with pytest.raises(WorkloadNotFound):
        await stores.workloads.get(web.id)
    with pytest.raises(WorkloadNotFound):
        await stores.workloads.find("hello", "dev", "web")
    assert await stores.releases.of(web.id) == []
    assert await stores.releases.replicas(web.id) == []


async def test_saving_what_is_gone_is_refused(make: Make) -> None:
    stores = make(DEFAULT_TENANT)

    with pytest.raises(WorkloadNotFound):
        async with stores.work:
            await stores.workloads.save(workload("hello", "web"))


async def test_releases_are_newest_first_and_put_twice(make: Make) -> None:
    stores = make(DEFAULT_TENANT)
    web = workload("hello", "web")
    first, second = release(web.id, 1), release(web.id, 2)
    serving = replace(first, state=ReleaseState.SERVING)
    async with stores.work:
        for one in (first, second, serving):
            await stores.releases.put(one)

    assert await stores.releases.of(web.id) == [second, serving]


async def test_replicas_are_in_order_and_put_twice(make: Make) -> None:
    stores = make(DEFAULT_TENANT)
    web = workload("hello", "web")
    ones = [replica(web.id, 2, 2), replica(web.id, 1, 1), replica(web.id, 1, 3)]
    serving = replace(ones[1], state=ReplicaState.SERVING)
    async with stores.work:
        for one in (*ones, serving):
            await stores.releases.put_replica(one)

    expected = [serving, ones[2], ones[0]]
    assert await stores.releases.replicas(web.id) == expected
    async with stores.work:
        await stores.releases.remove_replica(serving.key)
        await stores.releases.remove_replica(serving.key)
    assert await stores.releases.replicas(web.id) == expected[1:]


async def test_nothing_crosses_tenants(make: Make) -> None:
    ours, theirs = make(DEFAULT_TENANT), make(OTHER)
    dev = environment("hello", "dev")
    web = workload("hello", "web", dev)
    async with ours.work:
        await ours.environments.ensure(dev)
        await ours.workloads.add(web)
        await ours.releases.put(release(web.id, 1))
        await ours.releases.put_replica(replica(web.id, 1, 1))

    with pytest.raises(WorkloadNotFound):
        await theirs.workloads.get(web.id)
    with pytest.raises(WorkloadNotFound):
        async with theirs.work:
            await theirs.workloads.save(replace(web, reason="theirs"))
    assert (await theirs.workloads.list(ALL, PAGE, project=None)).items == ()
    assert (await theirs.environments.list(ALL, PAGE, project=None)).items == ()
    async with theirs.work:
        await theirs.workloads.remove(web.id)
        await theirs.environments.remove_project(dev.project_id)
        await theirs.releases.remove_replica(replica(web.id, 1, 1).key)
    assert await theirs.releases.of(web.id) == []
    assert await ours.workloads.get(web.id) == web
    assert len(await ours.releases.of(web.id)) == 1
    assert len(await ours.releases.replicas(web.id)) == 1
    assert (await ours.environments.list(ALL, PAGE, project=None)).items == (dev,)


async def test_the_fleet_knows_all_tenants(tmp_path: Path) -> None:
    async with migrated_database(tmp_path, ["environments"]) as database:
        for tenant in (DEFAULT_TENANT, OTHER):
            connection = database.connection()
            async with SqlUnitOfWork(connection):
                await SqlWorkloadStore(connection, tenant).add(workload("a", "web"))

        berths = await SqlFleet(AllTenants(database.connection())).berths()

    assert {berth.tenant_id for berth in berths} == {DEFAULT_TENANT, OTHER}
