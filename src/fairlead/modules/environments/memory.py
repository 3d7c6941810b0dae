"""Environments, workloads and releases in memory, for tests."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar
from uuid import UUID

from typing_extensions import override

from fairlead.kernel.paging import BadPage, Page, PageRequest
from fairlead.kernel.principal import DEFAULT_TENANT, TenantId
from fairlead.kernel.reach import Reach
from fairlead.modules.environments.domain import Release, Replica, WorkloadRecord
from fairlead.modules.environments.ports import (
    Berth,
    EnvironmentStore,
    Fleet,
    ReleaseStore,
    WorkloadStore,
)
from fairlead.modules.environments.public import Environment, WorkloadNotFound

ItemT = TypeVar("ItemT")


@dataclass(slots=True)
class Memory:
    """What the stores of one tenant share."""

    environments: dict[UUID, Environment] = field(default_factory=dict)
    workloads: dict[UUID, WorkloadRecord] = field(default_factory=dict)
    releases: dict[tuple[UUID, int], Release] = field(default_factory=dict)
    replicas: dict[str, Replica] = field(default_factory=dict)


class MemoryEnvironmentStore(EnvironmentStore):
    """Keeps environments in `memory`."""

    def __init__(self, memory: Memory) -> None:
        """Share `memory` with the tenant's other stores."""
        self._memory = memory

    @override
    async def ensure(self, environment: Environment) -> Environment:
        for known in self._memory.environments.values():
            if (known.project_id, known.name) == (
                environment.project_id,
                environment.name,
            ):
                return known
        self._memory.environments[environment.id] = environment
        return environment

    @override
    async def list(
        self, reach: Reach, page: PageRequest, *, project: str | None
    ) -> Page[Environment]:
        found = [
            one
            for one in self._memory.environments.values()
            if _within(reach, one.project_id, one.id)
            and project in {None, one.project, str(one.project_id)}
        ]
        return _page(found, page, lambda one: f"{one.project}/{one.name}")

    @override
    async def remove_project(self, project_id: UUID) -> None:
        for one in list(self._memory.environments.values()):
            if one.project_id == project_id:
                del self._memory.environments[one.id]


class MemoryWorkloadStore(WorkloadStore):
    """Keeps workloads in `memory`."""

    def __init__(self, memory: Memory) -> None:
        """Share `memory` with the tenant's other stores."""
        self._memory = memory

    @override
    async def get(self, workload_id: UUID) -> WorkloadRecord:
        try:
            return self._memory.workloads[workload_id]
        except KeyError as error:
            raise WorkloadNotFound("This workload does not exist.") from error

    @override
    async def find(self, project: str, environment: str, name: str) -> WorkloadRecord:
        for one in self._memory.workloads.values():
            if (one.project, one.environment, one.name) == (project, environment, name):
                return one
        raise WorkloadNotFound("This workload does not exist.")

    @override
    async def add(self, workload: WorkloadRecord) -> None:
        self._memory.workloads[workload.id] = workload

    @override
    async def save(self, workload: WorkloadRecord) -> None:
        await self.get(workload.id)
        self._memory.workloads[workload.id] = workload

    @override
    async def list(
        self, reach: Reach, page: PageRequest, *, project: str | None
    ) -> Page[WorkloadRecord]:
        found = [
            one
            for one in self._memory.workloads.values()
            if _within(reach, one.project_id, one.environment_id)
            and project in {None, one.project, str(one.project_id)}
        ]
        return _page(found, page, lambda one: one.title)

    @override
    async def of_project(self, project_id: UUID) -> Sequence[WorkloadRecord]:
        known = self._memory.workloads.values()
        return [one for one in known if one.project_id == project_id]

    @override
    async def remove(self, workload_id: UUID) -> None:
        memory = self._memory
        memory.workloads.pop(workload_id, None)
        for key in [key for key in memory.releases if key[0] == workload_id]:
            del memory.releases[key]
        for replica in list(memory.replicas.values()):
            if replica.workload_id == workload_id:
                del memory.replicas[replica.key]


class MemoryReleaseStore(ReleaseStore):
    """Keeps releases and replicas in `memory`."""

    def __init__(self, memory: Memory) -> None:
        """Share `memory` with the tenant's other stores."""
        self._memory = memory

    @override
    async def put(self, release: Release) -> None:
        self._memory.releases[release.workload_id, release.number] = release

    @override
    async def of(self, workload_id: UUID) -> Sequence[Release]:
        known = self._memory.releases.values()
        found = [one for one in known if one.workload_id == workload_id]
        return sorted(found, key=lambda one: -one.number)[:50]

    @override
    async def put_replica(self, replica: Replica) -> None:
        self._memory.replicas[replica.key] = replica

    @override
    async def replicas(self, workload_id: UUID) -> Sequence[Replica]:
        known = self._memory.replicas.values()
        found = [one for one in known if one.workload_id == workload_id]
        return sorted(found, key=lambda one: (one.release, one.index, one.start))

    @override
    async def remove_replica(self, key: str) -> None:
        self._memory.replicas.pop(key, None)


class MemoryFleet(Fleet):
    """Knows the workloads of the one tenant in `memory`."""

    def __init__(self, memory: Memory, tenant_id: TenantId = DEFAULT_TENANT) -> None:
        """Tell that everything in `memory` is of `tenant_id`."""
        self._memory = memory
        self._tenant_id = tenant_id

    @override
    async def berths(self) -> Sequence[Berth]:
        return [
            Berth(tenant_id=self._tenant_id, workload_id=one.id, port=one.port)
            for one in self._memory.workloads.values()
        ]


def _within(reach: Reach, project_id: UUID, environment_id: UUID) -> bool:
    return reach.holds(project_id, environment_id)


def _page(
    found: Sequence[ItemT], page: PageRequest, name: Callable[[ItemT], str]
) -> Page[ItemT]:
    ordered = sorted(found, key=lambda one: name(one).split("/"))
    if page.after is not None:
        try:
            after = urlsafe_b64decode(page.after.encode("ascii")).decode().split("/")
        except ValueError as error:
            raise BadPage("Use a cursor from 'next' of the page before.") from error
        ordered = [one for one in ordered if name(one).split("/") > after]
    items = tuple(ordered[: page.limit])
    following = None
    if len(ordered) > page.limit:
        following = urlsafe_b64encode(name(items[-1]).encode()).decode()
    return Page(items=items, next=following)
