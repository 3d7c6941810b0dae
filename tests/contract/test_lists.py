"""Each list shows the rows that may be seen one by one: all of them, and no other."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from fairlead.adapters.sql.connection import Connection
from fairlead.adapters.sql.work import SqlUnitOfWork
from fairlead.kernel.ids import new_id
from fairlead.kernel.paging import Page, PageRequest
from fairlead.kernel.principal import DEFAULT_TENANT, Origin, Principal
from fairlead.kernel.reach import Reach
from fairlead.kernel.schedules import Timetable
from fairlead.kernel.work import UnitOfWork
from fairlead.modules.environments import memory as environments_memory
from fairlead.modules.environments import sql as environments_sql
from fairlead.modules.environments.domain import WorkloadRecord
from fairlead.modules.environments.public import Environment, WorkloadState
from fairlead.modules.pipelines.domain.records import Record as Run
from fairlead.modules.pipelines.memory import MemoryRunStore
from fairlead.modules.pipelines.public import State
from fairlead.modules.pipelines.sql import SqlRunStore
from fairlead.modules.projects.memory import MemoryProjectStore
from fairlead.modules.projects.public import Project
from fairlead.modules.projects.sql import SqlProjectStore
from fairlead.services.authz.cedar.language import CedarLanguage
from fairlead.services.authz.domain import Grants, RoleBook, ids_in
from fairlead.services.authz.memory import (
    MemoryBindingStore,
    MemoryGroupStore,
    MemoryRoleStore,
    MemoryVersionStore,
)
from fairlead.services.authz.ports import Wanted
from fairlead.services.authz.public import (
    ROOT,
    Binding,
    Policy,
    Role,
    environment_scope,
    project_scope,
)
from fairlead.services.authz.sql import SqlBindingStore
from fairlead.services.authz.use_cases.cache import GrantCache, Held
from fairlead.services.authz.use_cases.decide import LocalAuthorizer
from fairlead.services.authz.use_cases.holdings import Holdings, RoleBooks
from fairlead.services.operations import memory as operations_memory
from fairlead.services.operations import sql as operations_sql
from fairlead.services.operations.domain.record import Record, queue
from fairlead.services.operations.domain.schedule import Schedule
from fairlead.services.operations.public import OperationFilter, Submission
from fairlead.testing.database import OpenDatabase
from fairlead.testing.fakes import FrozenClock, NullWork, RecordingTrail
from fairlead.testing.policies import policy_texts

CLOCK = FrozenClock()
NOW = CLOCK.now()
ADA = Principal(id=UUID(int=1), name="ada", origin=Origin(address="10.0.0.1"))
EVERY = PageRequest(limit=200)
PROJECTS = {UUID(int=100 + number): f"p{number}" for number in range(4)}
PLACES = {UUID(int=200 + n): UUID(int=100 + n // 2) for n in range(6)}
OF_PROJECTS = [project_scope(project) for project in PROJECTS]
OF_PLACES = [environment_scope(project, place) for place, project in PLACES.items()]
SCOPES = [ROOT, *OF_PROJECTS, *OF_PLACES]
NAMED = [scope for scope in SCOPES if scope not in {OF_PROJECTS[3], OF_PLACES[1]}]
MODULES = ("projects", "pipelines", "environments", "operations", "authz")
Read = Callable[[Reach], Awaitable[Page[Any]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A list of the product: what shows a row, where rows are, and what is in it."""

    permission: str
    scopes: list[str]
    read: Read
    scope: Callable[[Any], str]

    async def compare(self, authorizer: LocalAuthorizer) -> None:
        """Compare the list with one check for each row."""
        page = await self.read(await authorizer.reach(ADA, self.permission))
        allowed = [
            scope
            for scope in self.scopes
            if await authorizer.allows(ADA, self.permission, on=scope)
        ]
        assert sorted(map(self.scope, page.items)) == sorted(allowed), self.permission


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    """The stores of one tenant that have lists."""

    projects: Any
    runs: Any
    environments: Any
    workloads: Any
    operations: Any
    schedules: Any
    bindings: Any
    work: UnitOfWork

    def lists(self) -> list[Listing]:
        return [
            Listing(
                permission="projects.project.read",
                scopes=OF_PROJECTS,
                read=lambda reach: self.projects.list(reach, EVERY),
                scope=lambda project: project_scope(project.id),
            ),
            Listing(
                permission="pipelines.run.read",
                scopes=OF_PROJECTS,
                read=lambda reach: self.runs.page(reach, EVERY),
                scope=lambda run: project_scope(run.project_id),
            ),
            Listing(
                permission="environments.environment.read",
                scopes=OF_PLACES,
                read=lambda reach: self.environments.list(reach, EVERY, project=None),
                scope=lambda place: environment_scope(place.project_id, place.id),
            ),
            Listing(
                permission="environments.workload.read",
                scopes=OF_PLACES,
                read=lambda reach: self.workloads.list(reach, EVERY, project=None),
                scope=lambda one: environment_scope(one.project_id, one.environment_id),
            ),
            Listing(
                permission="operations.operation.read",
                scopes=SCOPES,
                read=lambda reach: self.operations.list(
                    OperationFilter(), reach, EVERY
                ),
                scope=lambda operation: str(operation.scope),
            ),
            Listing(
                permission="operations.schedule.read",
                scopes=[ROOT, *OF_PROJECTS],
                read=lambda reach: self.schedules.list(reach, EVERY),
                scope=lambda scheduled: str(scheduled.schedule.scope),
            ),
            Listing(
                permission="authz.binding.read",
                scopes=SCOPES,
                read=lambda reach: self.bindings.list(Wanted(reach=reach), EVERY),
                scope=lambda binding: str(binding.scope),
            ),
        ]

    async def fill(self) -> None:
        """Store a row of each kind in every scope that it can be in."""
        async with self.work:
            for number, scope in enumerate(SCOPES):
                project, place = ids_in(scope)
                await self.operations.add(operation(number, scope, project))
                await self.bindings.add(binding("viewer", scope))
                if place is None:
                    await self.schedules.add(schedule(number, scope, project))
                elif project is not None:
                    made = environment(project, place)
                    await self.environments.ensure(made)
                    await self.workloads.add(workload(made))
                if project is not None and place is None:
                    await self.projects.add(project_of(project))
                    await self.runs.add(run(project))


def in_memory() -> Stores:
    places, shelf = environments_memory.Memory(), dict[UUID, Record]()
    return Stores(
        projects=MemoryProjectStore({}, DEFAULT_TENANT),
        runs=MemoryRunStore(),
        environments=environments_memory.MemoryEnvironmentStore(places),
        workloads=environments_memory.MemoryWorkloadStore(places),
        operations=operations_memory.MemoryOperationStore(shelf, DEFAULT_TENANT),
        schedules=operations_memory.MemoryScheduleStore({}, shelf, DEFAULT_TENANT),
        bindings=MemoryBindingStore(),
        work=NullWork(),
    )


def in_tables(connection: Connection) -> Stores:
    given = (connection, DEFAULT_TENANT)
    return Stores(
        projects=SqlProjectStore(*given),
        runs=SqlRunStore(*given),
        environments=environments_sql.SqlEnvironmentStore(*given),
        workloads=environments_sql.SqlWorkloadStore(*given),
        operations=operations_sql.SqlOperationStore(*given),
        schedules=operations_sql.SqlScheduleStore(*given),
        bindings=SqlBindingStore(*given),
        work=SqlUnitOfWork(connection),
    )


def project_of(project: UUID) -> Project:
    return Project(
        id=project,
        name=PROJECTS[project],
        repository="/srv/r",
        branch="",
        created_at=NOW,
    )


def run(project: UUID) -> Run:
    return Run(
        id=new_id(),
        project_id=project,
        project=PROJECTS[project],
        number=1,
        repository="/srv/r",
        wanted="main",
        state=State.QUEUED,
        revision="",
        requested_by="ada",
        created_at=NOW,
    )


def environment(project: UUID, place: UUID) -> Environment:
    return Environment(
        id=place,
        project_id=project,
        project=PROJECTS[project],
        name=f"e{place.int}",
        created_at=NOW,
    )


def workload(place: Environment) -> WorkloadRecord:
    return WorkloadRecord(
        id=new_id(),
        project_id=place.project_id,
        project=place.project,
        environment_id=place.id,
        environment=place.name,
        name="web",
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


def operation(number: int, scope: str, project: UUID | None) -> Record:
    wanted = Submission(
        id=new_id(),
        kind="test.work",
        argument=None,
        subject=f"work/{number}",
        scope=scope,
        project_id=project,
    )
    return queue(ADA, wanted, parent=None, at=NOW)


def schedule(number: int, scope: str, project: UUID | None) -> Schedule:
    return Schedule(
        id=new_id(),
        name=f"nightly {number}",
        summary="",
        job=False,
        kind="test.work",
        argument=None,
        subject="work",
        scope=scope,
        project_id=project,
        timetable=Timetable(cron="0 3 * * *", time_zone="UTC"),
        jitter_seconds=0,
        owner=ADA,
        created_at=NOW,
        next_tick=NOW,
    )


def binding(role: str, scope: str) -> Binding:
    return Binding(
        id=new_id(),
        principal_id=ADA.id,
        principal_name="ada",
        role=role,
        scope=scope,
        created_at=NOW,
    )


def policy(text: str, permissions: frozenset[str]) -> Policy:
    return Policy(
        id=new_id(),
        name="rule",
        summary="",
        text=text,
        permissions=permissions,
        enabled=True,
        version=1,
        created_at=NOW,
        updated_at=NOW,
    )


READING = [each.permission for each in in_memory().lists()]
BOOK = RoleBook(
    {
        name: Role(name=name, summary="", permissions=frozenset(permissions))
        for name, permissions in (("all", READING), ("some", READING[::2]))
    }
)


def authorizer(
    bindings: list[Binding], groups: frozenset[str], policies: list[Policy]
) -> LocalAuthorizer:
    """Return one that knows what ada has, and the policies."""
    cache = GrantCache(lambda: 0.0)
    cache.should_look(DEFAULT_TENANT)
    held = Held(
        Grants.of(bindings, BOOK, groups), CedarLanguage(CLOCK).restrictions(policies)
    )
    cache.keep(ADA, held, version=0)
    holdings = Holdings(
        books=RoleBooks(built_in=BOOK, roles=MemoryRoleStore()),
        bindings=MemoryBindingStore(),
        groups=MemoryGroupStore(),
        versions=MemoryVersionStore(),
        cache=cache,
    )
    return LocalAuthorizer(holdings=holdings, trail=RecordingTrail())


bindings = st.lists(
    st.builds(binding, st.sampled_from(["all", "some"]), st.sampled_from(SCOPES)),
    max_size=4,
)
policies = st.lists(
    st.builds(
        policy,
        policy_texts(NAMED, names=["ada", "bob"], groups=["ops", "dev"]),
        st.one_of(
            st.just(frozenset(READING)),
            st.frozensets(st.sampled_from([*READING, "projects.*"]), min_size=1),
        ),
    ),
    max_size=3,
)
authorizers = st.builds(
    authorizer,
    st.one_of(st.just([binding("all", ROOT)]), bindings),
    st.frozensets(st.sampled_from(["ops", "dev"])),
    policies,
)


async def compare(stores: Stores, authorizer: LocalAuthorizer) -> None:
    with capture_logs():
        for each in stores.lists():
            await each.compare(authorizer)


@pytest.fixture
async def memory() -> Stores:
    stores = in_memory()
    await stores.fill()
    return stores


@pytest.fixture
async def sqlite(open_database: OpenDatabase) -> AsyncIterator[Stores]:
    async with open_database("sqlite", MODULES) as database:
        stores = in_tables(database.connection())
        await stores.fill()
        yield stores


@pytest.fixture
async def postgres(open_database: OpenDatabase) -> AsyncIterator[Stores]:
    async with open_database("postgresql", MODULES) as database:
        stores = in_tables(database.connection())
        await stores.fill()
        yield stores


one_product = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@settings(one_product, max_examples=60)
@given(authorizer=authorizers)
async def test_lists_in_memory_are_what_checks_allow(
    memory: Stores, authorizer: LocalAuthorizer
) -> None:
    """With random bindings, groups and policies."""
    await compare(memory, authorizer)


@settings(one_product, max_examples=60)
@given(authorizer=authorizers)
async def test_lists_in_sqlite_are_what_checks_allow(
    sqlite: Stores, authorizer: LocalAuthorizer
) -> None:
    """The decision becomes a condition of the query; no row is filtered afterwards."""
    await compare(sqlite, authorizer)


@settings(one_product, max_examples=25)
@given(authorizer=authorizers)
async def test_lists_in_postgresql_are_what_checks_allow(
    postgres: Stores, authorizer: LocalAuthorizer
) -> None:
    """The same there."""
    await compare(postgres, authorizer)
