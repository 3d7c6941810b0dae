"""Environments, workloads and releases as others see them."""

from abc import abstractmethod
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from fairlead.kernel.errors import ErrorKind, FairleadError
from fairlead.kernel.idempotency import RequestKey
from fairlead.kernel.journal import Frame
from fairlead.kernel.paging import Page, PageRequest
from fairlead.kernel.principal import Principal


class EnvironmentNotFound(FairleadError):
    """No environment has this id, or the caller may not see it."""

    kind = ErrorKind.NOT_FOUND
    code = "environments.not_found"


class WorkloadNotFound(FairleadError):
    """No workload has this id or name, or the caller may not see it."""

    kind = ErrorKind.NOT_FOUND
    code = "environments.workload_not_found"


class WorkloadState(StrEnum):
    """How a workload is."""

    DEPLOYING = "deploying"  # its first release has not answered yet
    HEALTHY = "healthy"
    DOWN = "down"  # a replica crashed and is about to be restarted, or was given up
    FAILED = "failed"  # all crashed too often; a restart or a new release mends it
    STOPPED = "stopped"  # the settings do not allow it to run


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """A named place of a project where workloads run."""

    id: UUID
    project_id: UUID
    project: str
    name: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """A service in an environment.

    Attributes:
        url: Where it answers, the same across releases; empty before the first one.
        release: The number of the release that serves, from 1; 0 before the first.
        run_id: The run that deployed it; before the first release, that last tried.
        reason: Why it is not healthy, one sentence; empty when it is.
        restarts: Crashes restarted since the release began to serve.
        operation_id: The operation that changes it now, if any.
    """

    id: UUID
    project_id: UUID
    project: str
    environment_id: UUID
    environment: str
    name: str
    state: WorkloadState
    url: str
    release: int
    replicas: int
    run_id: UUID
    restarts: int
    reason: str
    updated_at: datetime
    operation_id: UUID | None = None

    @property
    def title(self) -> str:
        """Return what people call it, `project/environment/name`."""
        return f"{self.project}/{self.environment}/{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkloadOrder:
    """One workload of a deployment.

    Attributes:
        blob: The key of the artifact's bytes in the blobs port.
        artifact_type: `file`, `directory` (a tar) or `wheel`.
        filename: The name a `file` or `wheel` is placed under.
        executable: Whether a `file` may be executed; for orders without a mode.
        mode: The permission bits of a `file`.
        command: Run in the release's folder; `$PORT` in an argument is replaced.
        port: The port the service documents; the process gets its own in `PORT`.
        health: Path that answers 2xx or 3xx when the service is up.
    """

    name: str
    blob: str
    artifact_type: str
    filename: str
    executable: bool
    command: tuple[str, ...]
    port: int
    health: str
    env: Mapping[str, str] = field(default_factory=dict)
    replicas: int = 1
    mode: int | None = None

    @property
    def permissions(self) -> int:
        """Return the permission bits that a `file` is placed with."""
        if self.mode is not None:
            return self.mode
        return 0o755 if self.executable else 0o644


@dataclass(frozen=True, slots=True, kw_only=True)
class DeployOrder:
    """What is to run where; `id` becomes the operation's id, so ordering twice is fine.

    Attributes:
        parent_id: The run's operation; the deployment shares its feed.
        number: The run's number; an older run never replaces a newer one.
        stream: The feed stream the deployment writes to, e.g. `deploy/web`.
    """

    id: UUID
    parent_id: UUID
    project_id: UUID
    project: str
    environment: str
    run_id: UUID
    number: int
    stream: str
    workloads: tuple[WorkloadOrder, ...]


class Deployments(Protocol):
    """Puts releases into environments; for our own modules."""

    @abstractmethod
    async def order(self, who: Principal, order: DeployOrder) -> UUID:
        """Submit the deployment as an operation and return its id.

        The operation's result is `{"workloads": [{"id", "name", "url"}]}`.

        Raises:
            NotAllowed: `who` lacks `environments.workload.deploy` there.
        """


class Environments(Protocol):
    """Shows environments on behalf of a caller."""

    @abstractmethod
    async def list(
        self, who: Principal, page: PageRequest, *, project: str | None = None
    ) -> Page[Environment]:
        """Return the environments the caller may see, by project and name."""


class Workloads(Protocol):
    """Shows and runs workloads on behalf of a caller; may raise NotAllowed.

    `workload` is an id, or `project/environment/name`, or the same with colons.
    """

    @abstractmethod
    async def list(
        self, who: Principal, page: PageRequest, *, project: str | None = None
    ) -> Page[Workload]:
        """Return the workloads the caller may see, by project, environment, name."""

    @abstractmethod
    async def get(self, who: Principal, workload: str) -> Workload:
        """Return one workload.

        Raises:
            WorkloadNotFound: there is none the caller may see.
        """

    @abstractmethod
    async def restart(
        self, who: Principal, workload: str, *, request: RequestKey | None = None
    ) -> Workload:
        """Start its replicas anew beside the old, which stop once the new answer.

        The workload returned names the operation that does it. The same request key
        starts it once.

        Raises:
            WorkloadNotFound: there is none the caller may see.
            KeyReused: the request key was used with another body.
        """

    @abstractmethod
    async def delete(self, who: Principal, workload: str) -> None:
        """Stop it and remove its releases.

        Raises:
            WorkloadNotFound: there is none the caller may see.
        """

    @abstractmethod
    async def logs(
        self, who: Principal, workload: str, *, after: int = 0, follow: bool = False
    ) -> AsyncIterator[Frame]:
        """Return the output of its replicas, ending at the present end unless followed.

        Raises:
            WorkloadNotFound: there is none the caller may see.
            BadOffset: `after` is not where a frame begins.
        """
