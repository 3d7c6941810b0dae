"""Pipeline runs as others see them."""

from abc import abstractmethod
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Protocol
from uuid import UUID

from fairlead.kernel.errors import ErrorKind, FairleadError
from fairlead.kernel.events import Event
from fairlead.kernel.idempotency import RequestKey
from fairlead.kernel.journal import Frame
from fairlead.kernel.paging import Page, PageRequest
from fairlead.kernel.principal import Principal

NORMAL = 5  # the priority of what nobody ranks


class RunNotFound(FairleadError):
    """No run has this id, or the caller may not see it."""

    kind = ErrorKind.NOT_FOUND
    code = "pipelines.run_not_found"


class ExecutorRefused(FairleadError):
    """The settings do not allow steps to run without isolation."""

    kind = ErrorKind.CONFLICT
    code = "pipelines.executor_refused"


class State(StrEnum):
    """How far a run, stage, job or step is."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One command of a job.

    Attributes:
        stream: The feed stream its output carries, `stage/step`.
        exit_code: Of the last attempt; None until one has ended.
        attempts: Executions begun.
        isolation: How the last execution ran, `none` for a bare process.
        reason: Why the last attempt that failed or was interrupted did not succeed.
    """

    name: str
    stream: str
    state: State
    exit_code: int | None
    attempts: int
    started_at: datetime | None
    ended_at: datetime | None
    isolation: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Steps that belong together: in a row, or side by side when `parallel`."""

    name: str
    state: State
    parallel: bool
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """`build`, `test` or `deploy`."""

    name: str
    state: State
    jobs: tuple[Job, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """Immutable bytes a run made; `digest` is `sha256:<hex>`, `size` in bytes."""

    id: UUID
    name: str
    type: str
    filename: str
    size: int
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of a project's pipeline; its id is its operation's id.

    Attributes:
        number: Counts from 1 within the project.
        revision: What was asked for, e.g. a branch; empty: the project's branch.
        commit: The full hash it resolved to; empty until cloned.
        title: The commit's first line; empty until cloned.
        reason: Why it failed, one sentence; empty unless it did. Of one run that is
            queued: why it waits.
        urls: Where what it deployed answers.
    """

    id: UUID
    project_id: UUID
    project: str
    number: int
    state: State
    revision: str
    commit: str
    title: str
    requested_by: str
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    reason: str
    urls: tuple[str, ...]
    stages: tuple[Stage, ...] = ()
    artifacts: tuple[Artifact, ...] = ()
    priority: int = NORMAL


@dataclass(frozen=True, slots=True, kw_only=True)
class RunQueued(Event):
    """A run was asked for."""

    topic: ClassVar[str] = "pipelines.run.queued"

    run_id: UUID
    project_id: UUID


class Runs(Protocol):
    """Starts, shows and cancels runs on behalf of a caller; may raise NotAllowed.

    `run` is an id, or `project/number`.
    """

    @abstractmethod
    async def start(
        self,
        who: Principal,
        project: str,
        *,
        revision: str = "",
        priority: int = NORMAL,
        request: RequestKey | None = None,
    ) -> Run:
        """Queue a run; the same request key returns the run it started before.

        The priority is 0 (last) to 9 (first); above 5 is not for everybody.

        Raises:
            ProjectNotFound: there is none the caller may see.
            ExecutorRefused: the settings do not allow it.
            KeyReused: the request key was used with another body.
        """

    @abstractmethod
    async def get(self, who: Principal, run: str) -> Run:
        """Return one run with its stages and artifacts.

        Raises:
            RunNotFound: there is none the caller may see.
        """

    @abstractmethod
    async def list(
        self, who: Principal, page: PageRequest, *, project: str | None = None
    ) -> Page[Run]:
        """Return the runs the caller may see, newest first, without stages."""

    @abstractmethod
    async def cancel(self, who: Principal, run: str) -> Run:
        """End a run as cancelled; an ended one stays as it is.

        Raises:
            RunNotFound: there is none the caller may see.
        """

    @abstractmethod
    async def logs(
        self, who: Principal, run: str, *, after: int = 0, follow: bool = True
    ) -> AsyncIterator[Frame]:
        """Return the run's events and output; ends after END, or at the present end.

        Raises:
            RunNotFound: there is none the caller may see.
            BadOffset: `after` is not where a frame begins.
        """
