"""What can be done with workloads, against ports in memory."""

from dataclasses import dataclass, field, replace
from uuid import UUID

import pytest
from typing_extensions import override

from fairlead.kernel.events import Delivery
from fairlead.kernel.idempotency import IdempotencyKeys, KeyReused, RequestKey
from fairlead.kernel.paging import Page, PageRequest
from fairlead.kernel.principal import Principal
from fairlead.kernel.processes import PlainProcesses
from fairlead.modules.environments import permissions
from fairlead.modules.environments.domain import (
    BadOrder,
    NothingServes,
    ProviderRefused,
    WorkloadRecord,
)
from fairlead.modules.environments.memory import (
    Memory,
    MemoryEnvironmentStore,
    MemoryWorkloadStore,
)
from fairlead.modules.environments.orders import OrderDeployment
from fairlead.modules.environments.public import (
    DeployOrder,
    WorkloadNotFound,
    WorkloadOrder,
    WorkloadState,
)
from fairlead.modules.environments.use_cases import (
    Address,
    DeleteWorkload,
    FindWorkload,
    GetWorkload,
    ListWorkloads,
    RemoveProject,
    RestartWorkload,
)
from fairlead.modules.projects.public import ProjectDeleted
from fairlead.services.audit.public import Outcome
from fairlead.services.authz.public import NotAllowed, environment_scope
from fairlead.services.operations.public import (
    Operation,
    OperationFilter,
    OperationNotFound,
    Operations,
    OperationState,
    Submission,
)
from fairlead.testing.fakes import FrozenClock, GrantList, NullWork, RecordingTrail

ADA = Principal(id=UUID(int=7), name="ada")
ALL = (
    permissions.WORKLOAD_READ,
    permissions.WORKLOAD_DEPLOY,
    permissions.WORKLOAD_RESTART,
    permissions.WORKLOAD_DELETE,
)
HOST = Address("127.0.0.1")


@dataclass
class SubmissionList(Operations):
    """Keeps what was submitted; nothing of it ever runs."""

    submitted: dict[UUID, Submission] = field(default_factory=dict)

    @override
    async def submit(self, who: Principal, submission: Submission) -> Operation:
        self.submitted.setdefault(submission.id, submission)
        return await self.get(who, submission.id)

    @override
    async def get(self, who: Principal, operation_id: UUID) -> Operation:
        known = self.submitted.get(operation_id)
        if known is None:
            raise OperationNotFound("There is none.")
        return Operation(
            id=known.id,
            kind=known.kind,
            subject=known.subject,
            scope=known.scope,
            state=OperationState.QUEUED,
            priority=known.priority,
            project_id=known.project_id,
            parent_id=known.parent_id,
            feed_id=known.parent_id or known.id,
            requested_by=who.name,
            created_at=FrozenClock().now(),
        )

    @override
    async def list(
        self, who: Principal, wanted: OperationFilter, page: PageRequest
    ) -> Page[Operation]:
        raise NotImplementedError

    @override
    async def cancel(self, who: Principal, operation_id: UUID) -> Operation:
        raise NotImplementedError

    @override
    async def wait(self, operation_id: UUID) -> Operation:
        raise NotImplementedError


@dataclass
class KeyTable(IdempotencyKeys):
    """Remembers claims of one caller and action."""

    known: dict[str, tuple[str, UUID]] = field(default_factory=dict)

    @override
    async def claim(
        self, who: Principal, action: str, request: RequestKey, *, new: UUID
    ) -> UUID:
        digest, found = self.known.setdefault(request.key, (request.digest, new))
        if digest != request.digest:
            raise KeyReused("Another body.")
        return found


@dataclass
class House:
    """The use cases on one memory, for callers with some permissions."""

    memory: Memory
    keeper: "object"
    trail: RecordingTrail = field(default_factory=RecordingTrail)
    operations: SubmissionList = field(default_factory=SubmissionList)
    keys: KeyTable = field(default_factory=KeyTable)
    plain: bool = True

    def find(self, *granted: str) -> FindWorkload:
        return FindWorkload(
            store=MemoryWorkloadStore(self.memory), authorizer=GrantList(*granted)
        )

    def restart(self, *granted: str) -> RestartWorkload:
        return RestartWorkload(
            plain=PlainProcesses(allowed=self.plain),
            find=self.find(*granted),
            address=HOST,
            operations=self.operations,
            keys=self.keys,
            trail=self.trail,
            work=NullWork(),
        )

    def delete(self, *granted: str) -> DeleteWorkload:
        return DeleteWorkload(
            find=self.find(*granted),
            store=MemoryWorkloadStore(self.memory),
            keeper=self.keeper,  # type: ignore[arg-type] # of conftest.py
            trail=self.trail,
            work=NullWork(),
        )

    def order(self, *granted: str) -> OrderDeployment:
        return OrderDeployment(
            environments=MemoryEnvironmentStore(self.memory),
            workloads=MemoryWorkloadStore(self.memory),
            authorizer=GrantList(*granted),
            operations=self.operations,
            trail=self.trail,
            work=NullWork(),
            clock=FrozenClock(),
        )

    def acts(self) -> list[str]:
        return [act.action for _, act in self.trail.acts]


@pytest.fixture
def house(memory: Memory, keeper: object) -> House:
    return House(memory, keeper)


@pytest.fixture
def serving(memory: Memory, web: WorkloadRecord) -> WorkloadRecord:
    """A workload that serves."""
    found = replace(web, release=1, port=20000, state=WorkloadState.HEALTHY)
    memory.workloads[web.id] = found
    return found


async def test_a_workload_is_shown_with_its_address(
    house: House, serving: WorkloadRecord
) -> None:
    get = GetWorkload(find=house.find(permissions.WORKLOAD_READ), address=HOST)

    by_id = await get(ADA, str(serving.id))
    by_name = await get(ADA, "hello/dev/web")

    assert by_id == by_name
    assert by_id.url == "http://127.0.0.1:20000"


async def test_before_its_first_release_it_has_no_address(
    house: House, web: WorkloadRecord
) -> None:
    get = GetWorkload(find=house.find(permissions.WORKLOAD_READ), address=HOST)

    assert (await get(ADA, str(web.id))).url == ""


@pytest.mark.parametrize("name", ["nothing", "hello/dev/api", str(UUID(int=99))])
async def test_an_unknown_workload_is_not_found(
    house: House, web: WorkloadRecord, name: str
) -> None:
    with pytest.raises(WorkloadNotFound, match=name):
        await house.find(*ALL)(ADA, name, permissions.WORKLOAD_READ)


async def test_strangers_do_not_learn_of_it(
    house: House, memory: Memory, serving: WorkloadRecord
) -> None:
    with pytest.raises(WorkloadNotFound):
        await house.restart()(ADA, "hello/dev/web", request=None)
    with pytest.raises(WorkloadNotFound):
        await house.delete()(ADA, "hello/dev/web")
    with pytest.raises(NotAllowed):
        await house.delete(permissions.WORKLOAD_READ)(ADA, "hello/dev/web")
    listing = ListWorkloads(
        store=MemoryWorkloadStore(memory), authorizer=GrantList(), address=HOST
    )

    assert (await listing(ADA, PageRequest(), project=None)).items == ()
    assert (house.acts(), house.operations.submitted) == ([], {})


async def test_a_restart_is_an_operation_and_audited(
    house: House, serving: WorkloadRecord
) -> None:
    shown = await house.restart(*ALL)(ADA, "hello/dev/web", request=None)

    (submission,) = house.operations.submitted.values()
    assert shown.operation_id == submission.id
    assert submission.kind == "environments.restart"
    assert submission.argument == {"workload_id": str(serving.id)}
    assert submission.scope == environment_scope(
        serving.project_id, serving.environment_id
    )
    assert house.acts() == [permissions.WORKLOAD_RESTART]


async def test_production_settings_refuse_a_restart_and_that_is_audited(
    house: House, serving: WorkloadRecord
) -> None:
    house.plain = False
    with pytest.raises(ProviderRefused, match="unsafe_local"):
        await house.restart(*ALL)(ADA, "hello/dev/web", request=None)

    assert house.operations.submitted == {}
    ((_, act),) = house.trail.acts
    assert act.outcome is Outcome.REFUSED
    assert act.target == f"workloads/{serving.id}"
    assert act.details["reason"] == "environments.provider_refused"


async def test_the_same_key_restarts_once(
    house: House, serving: WorkloadRecord
) -> None:
    restart = house.restart(*ALL)
    for _ in range(2):
        await restart(ADA, str(serving.id), request=RequestKey(key="k", digest="a"))

    assert len(house.operations.submitted) == 1
    assert house.acts() == [permissions.WORKLOAD_RESTART]
    with pytest.raises(KeyReused):
        await restart(ADA, str(serving.id), request=RequestKey(key="k", digest="b"))


async def test_what_never_served_cannot_be_restarted(
    house: House, web: WorkloadRecord
) -> None:
    with pytest.raises(NothingServes, match="run its pipeline"):
        await house.restart(*ALL)(ADA, str(web.id), request=None)


async def test_deleting_ends_and_tells(
    house: House, memory: Memory, serving: WorkloadRecord
) -> None:
    await house.delete(*ALL)(ADA, "hello/dev/web")

    assert memory.workloads == {}
    assert house.acts() == [permissions.WORKLOAD_DELETE]
    assert getattr(house.keeper, "removed") == [serving.id]  # noqa: B009 - of conftest


def deployment(order: WorkloadOrder) -> DeployOrder:
    """Return what a run orders."""
    return DeployOrder(
        id=UUID(int=50),
        parent_id=UUID(int=51),
        project_id=UUID(int=2),
        project="hello",
        environment="dev",
        run_id=UUID(int=51),
        number=12,
        stream="deploy/web",
        workloads=(order,),
    )


async def test_ordering_makes_the_places_and_submits_once(
    house: House, memory: Memory, order: WorkloadOrder
) -> None:
    place = house.order(*ALL)

    first = await place(ADA, deployment(order))
    again = await place(ADA, deployment(order))

    assert first == again == UUID(int=50)
    (environment,) = memory.environments.values()
    (workload,) = memory.workloads.values()
    assert workload.environment_id == environment.id
    (submission,) = house.operations.submitted.values()
    assert submission.parent_id == UUID(int=51)
    assert submission.argument["workloads"][0]["id"] == str(workload.id)
    assert house.acts() == [permissions.WORKLOAD_DEPLOY]


async def test_ordering_needs_the_permission_and_sense(
    house: House, memory: Memory, order: WorkloadOrder
) -> None:
    with pytest.raises(NotAllowed):
        await house.order()(ADA, deployment(order))
    with pytest.raises(BadOrder):
        await house.order(*ALL)(ADA, deployment(replace(order, name="No Name")))

    assert (memory.environments, memory.workloads) == ({}, {})


async def test_a_deleted_project_loses_its_workloads(
    memory: Memory, house: House, serving: WorkloadRecord
) -> None:
    remove = RemoveProject(
        environments=MemoryEnvironmentStore(memory),
        workloads=MemoryWorkloadStore(memory),
        keeper=house.keeper,  # type: ignore[arg-type] # of conftest.py
        work=NullWork(),
    )
    event = ProjectDeleted(
        at=FrozenClock().now(),
        aggregate="hello",
        actor=ADA,
        project_id=serving.project_id,
        name="hello",
    )

    for _ in range(2):
        await remove(Delivery(id=UUID(int=1), event=event))

    assert memory.workloads == {}
    assert getattr(house.keeper, "removed") == [serving.id]  # noqa: B009 - of conftest
