"""What the use cases need from the outside, in their own words."""

from abc import abstractmethod
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from uuid import UUID

from fairlead.kernel.paging import Page, PageRequest
from fairlead.kernel.principal import TenantId
from fairlead.kernel.reach import Reach
from fairlead.modules.environments.domain import Release, Replica, WorkloadRecord
from fairlead.modules.environments.public import Environment


class EnvironmentStore(Protocol):
    """Keeps the environments of one tenant."""

    @abstractmethod
    async def ensure(self, environment: Environment) -> Environment:
        """Return the project's environment of this name, adding it if there is none."""

    @abstractmethod
    async def list(
        self, reach: Reach, page: PageRequest, *, project: str | None
    ) -> Page[Environment]:
        """Return those within reach, by project and name; `project` is a name or id.

        Raises:
            BadPage: `page.after` is no cursor of this list.
        """

    @abstractmethod
    async def remove_project(self, project_id: UUID) -> None:
        """Remove a project's environments; none is fine."""


class WorkloadStore(Protocol):
    """Keeps the workloads of one tenant."""

    @abstractmethod
    async def get(self, workload_id: UUID) -> WorkloadRecord:
        """Return one; inside a unit of work nobody else changes it meanwhile.

        Raises:
            WorkloadNotFound: there is none.
        """

    @abstractmethod
    async def find(self, project: str, environment: str, name: str) -> WorkloadRecord:
        """Return one by its names.

        Raises:
            WorkloadNotFound: there is none.
        """

    @abstractmethod
    async def add(self, workload: WorkloadRecord) -> None:
        """Store a new one."""

    @abstractmethod
    async def save(self, workload: WorkloadRecord) -> None:
        """Replace the stored one of the same id.

        Raises:
            WorkloadNotFound: there is none to replace.
        """

    @abstractmethod
    async def list(
        self, reach: Reach, page: PageRequest, *, project: str | None
    ) -> Page[WorkloadRecord]:
        """Return those within reach, by project, environment and name.

        Raises:
            BadPage: `page.after` is no cursor of this list.
        """

    @abstractmethod
    async def of_project(self, project_id: UUID) -> Sequence[WorkloadRecord]:
        """Return all of a project, in no order."""

    @abstractmethod
    async def remove(self, workload_id: UUID) -> None:
        """Remove one with its releases and replicas; none is fine."""


class ReleaseStore(Protocol):
    """Keeps the releases of one tenant's workloads, and their replicas."""

    @abstractmethod
    async def put(self, release: Release) -> None:
        """Store a release, in place of one with the same workload and number."""

    @abstractmethod
    async def of(self, workload_id: UUID) -> Sequence[Release]:
        """Return a workload's releases, newest first, at most 50."""

    @abstractmethod
    async def put_replica(self, replica: Replica) -> None:
        """Store a replica, in place of one with the same key."""

    @abstractmethod
    async def replicas(self, workload_id: UUID) -> Sequence[Replica]:
        """Return a workload's replicas by release, index and start."""

    @abstractmethod
    async def remove_replica(self, key: str) -> None:
        """Remove one; none is fine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Berth:
    """A workload of any tenant, and the port of its front."""

    tenant_id: TenantId
    workload_id: UUID
    port: int


class Fleet(Protocol):
    """Knows the workloads of all tenants, for the one process that keeps them up."""

    @abstractmethod
    async def berths(self) -> Sequence[Berth]:
        """Return all, in no order."""


class PortChooser(Protocol):
    """Finds ports for fronts."""

    @abstractmethod
    async def choose(self, taken: Collection[int]) -> int:
        """Return a port that is not `taken` and that nobody listens on now.

        Raises:
            NoPortLeft: there is none.
        """


class Keeper(Protocol):
    """Keeps what serves up, and the fronts before it."""

    @abstractmethod
    async def refresh(self, tenant_id: TenantId, workload_id: UUID) -> None:
        """Take up what the stores say of a workload: which replicas serve."""

    @abstractmethod
    async def drained(
        self, workload_id: UUID, ports: Sequence[int], *, timeout_seconds: float
    ) -> bool:
        """Wait until no connection to these replicas is left; False: some were."""

    @abstractmethod
    async def remove(self, workload_id: UUID) -> None:
        """End a removed workload: front, processes, folders, output."""


@dataclass(frozen=True, slots=True)
class Output:
    """Where output goes: a journal's file and the stream's name."""

    journal: Path
    stream: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A health path's answer: its status, and how long that one request took."""

    status: int
    milliseconds: int


class Provider(Protocol):
    """Makes releases run somewhere: here, or on a cluster."""

    @abstractmethod
    async def prepare(
        self, workload: WorkloadRecord, release: Release, output: Output
    ) -> None:
        """Make ready what the release runs from; done already is fine.

        Raises:
            ProviderRefused: the settings do not allow it.
            PrepareFailed: the artifact does not fit, or cannot be installed.
        """

    @abstractmethod
    async def start(
        self, workload: WorkloadRecord, release: Release, replica: Replica
    ) -> int:
        """Start a replica, unless it runs or has ended by itself.

        Returns its process id, 0 if it is gone.

        Raises:
            ProviderRefused: the settings do not allow it.
        """

    @abstractmethod
    async def answers(
        self, release: Release, replica: Replica, *, timeout_seconds: float
    ) -> Answer:
        """Wait until the replica answers its health path with 2xx or 3xx.

        Raises:
            ReplicaEnded: it ended before.
            NeverAnswered: it did not in time.
        """

    @abstractmethod
    async def ended(self, replica: Replica) -> int | None:
        """Wait until the replica has ended; its exit code, None where nobody knows."""

    @abstractmethod
    async def last_output(self, replica: Replica, *, lines: int) -> str:
        """Return the last lines the replica printed."""

    @abstractmethod
    async def running(self) -> frozenset[str]:
        """Return the keys of all replicas that run now, whoever's."""

    @abstractmethod
    async def stop(self, key: str, *, soon: bool = False) -> None:
        """End a replica with everything it started; an ended one is fine.

        It has some seconds to end by itself, `soon` less than one.
        """

    @abstractmethod
    async def free_port(self) -> int:
        """Return a port a new replica may listen on."""

    @abstractmethod
    async def discard(self, workload_id: UUID, number: int | None = None) -> None:
        """Remove what a release runs from; without a number, of all of them."""
