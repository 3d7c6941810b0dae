"""What a workload, a release and a replica are, and the rules they keep."""

import re
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Self
from uuid import UUID

from fairlead.kernel.engine import Json
from fairlead.kernel.errors import ErrorKind, FairleadError
from fairlead.kernel.processes import PlainProcesses
from fairlead.modules.environments.public import (
    DeployOrder,
    Workload,
    WorkloadOrder,
    WorkloadState,
)

NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
PORT = re.compile(r"\$(?:\{PORT\}|PORT\b)")
MAX_REPLICAS = 20
MAX_REASON = 1000
OPERATION = "environments.deploy"
RESTART = "environments.restart"
START = "environments.workload.start"  # by the server itself, in the audit trail


class BadOrder(FairleadError):
    """A deployment asks for something that cannot be; the message says what."""

    kind = ErrorKind.INVALID
    code = "environments.bad_order"


class Superseded(FairleadError):
    """A newer run has deployed this workload already, so the older one must not."""

    kind = ErrorKind.CONFLICT
    code = "environments.superseded"


class NothingServes(FairleadError):
    """The workload has no release that could be started anew."""

    kind = ErrorKind.CONFLICT
    code = "environments.nothing_serves"


class ProviderRefused(FairleadError):
    """The settings do not allow workloads to run without isolation."""

    kind = ErrorKind.CONFLICT
    code = "environments.provider_refused"


class PrepareFailed(FairleadError):
    """The release's folder could not be made from the artifact."""

    kind = ErrorKind.CONFLICT
    code = "environments.prepare_failed"


class ReplicaEnded(FairleadError):
    """A replica ended before it answered; `output` in the details has its end."""

    kind = ErrorKind.CONFLICT
    code = "environments.replica_ended"


class NeverAnswered(FairleadError):
    """A replica did not answer its health path in time."""

    kind = ErrorKind.CONFLICT
    code = "environments.never_answered"


class NoPortLeft(FairleadError):
    """Every port of the setting `environments.ports` is in use."""

    kind = ErrorKind.UNAVAILABLE
    code = "environments.no_port_left"


class ReleaseState(StrEnum):
    """How far a release is."""

    PREPARING = "preparing"
    SERVING = "serving"
    RETIRED = "retired"
    FAILED = "failed"


class ReplicaState(StrEnum):
    """What a replica is for now."""

    STARTING = "starting"  # beside those that serve
    SERVING = "serving"
    DRAINING = "draining"  # gets no new connection and will be stopped


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkloadRecord:
    """A workload as this module keeps it.

    Attributes:
        port: Of its front, the same across releases.
        run_number: Of the run whose release serves; 0 before the first.
        starts: Replicas started so far; numbers the next one.
        holder: The operation that changes it now, if any.
        output_start: Where its journal begins; what was before is dropped.
    """

    id: UUID
    project_id: UUID
    project: str
    environment_id: UUID
    environment: str
    name: str
    state: WorkloadState
    port: int
    release: int
    run_id: UUID
    run_number: int
    replicas: int
    restarts: int
    starts: int
    reason: str
    holder: UUID | None
    output_start: int
    updated_at: datetime

    @property
    def title(self) -> str:
        """Return `project/environment/name`."""
        return f"{self.project}/{self.environment}/{self.name}"

    def shown(self, host: str) -> Workload:
        """Return what others see; its front listens on `host`."""
        return Workload(
            id=self.id,
            project_id=self.project_id,
            project=self.project,
            environment_id=self.environment_id,
            environment=self.environment,
            name=self.name,
            state=self.state,
            url=f"http://{host}:{self.port}" if self.release else "",
            release=self.release,
            replicas=self.replicas,
            run_id=self.run_id,
            restarts=self.restarts,
            reason=self.reason,
            updated_at=self.updated_at,
            operation_id=self.holder,
        )

    def turned(self, state: WorkloadState, *, reason: str = "", at: datetime) -> Self:
        """Return it in another state; the same state and reason change nothing."""
        if (state, reason) == (self.state, self.reason):
            return self
        return replace(self, state=state, reason=reason[:MAX_REASON], updated_at=at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """One deployed version of a workload, made by the operation `deployment`."""

    workload_id: UUID
    number: int
    run_id: UUID
    run_number: int
    deployment: UUID
    order: WorkloadOrder
    state: ReleaseState
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Replica:
    """One process of a release: `start` tells it from those before it.

    Attributes:
        index: From 1 to the release's number of replicas.
        deployment: The operation that started it first.
    """

    workload_id: UUID
    release: int
    index: int
    start: int
    port: int
    deployment: UUID
    state: ReplicaState

    @property
    def key(self) -> str:
        """Return what the launcher knows it by."""
        return f"workload/{self.workload_id}/{self.release}/{self.index}/{self.start}"

    @property
    def stream(self) -> str:
        """Return the stream of the workload's journal that holds its output."""
        return f"{self.release}/{self.index}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RestartRule:
    """When a crashed replica is started again, and when no more.

    Attributes:
        quick_seconds: A crash sooner than this after the start is a quick one.
        limit: So many quick crashes in a row are the last.
    """

    first_seconds: float = 0.5
    max_seconds: float = 30.0
    quick_seconds: float = 60.0
    limit: int = 5

    def quick_crashes(self, before: int, *, lived_seconds: float) -> int:
        """Return how many quick crashes in a row there are, after `before` of them."""
        return before + 1 if lived_seconds < self.quick_seconds else 0

    def wait_seconds(self, quick_crashes: int) -> float | None:
        """Return how long to wait before the next start; None: give up."""
        if quick_crashes >= self.limit:
            return None
        doubled = self.first_seconds * 2.0 ** max(0, quick_crashes - 1)
        return min(doubled, self.max_seconds)


def check_plain(plain: PlainProcesses) -> None:
    """Refuse to run workloads as plain processes, unless the settings allow it.

    Raises:
        ProviderRefused: they do not.
    """
    if not plain.allowed:
        raise ProviderRefused(
            "Workloads would run without isolation, as processes of the server's user; "
            "set pipelines.unsafe_local to true to allow that."
        )


def journal_name(workload_id: UUID) -> str:
    """Return the name of the journal that holds a workload's output."""
    return f"workloads/{workload_id}"


def check(order: DeployOrder) -> None:
    """Refuse an order that cannot be.

    Raises:
        BadOrder: a name breaks the rule (lowercase letters, digits and dashes), two
            workloads share one, a command is empty, or replicas are out of range.
    """
    names = [workload.name for workload in order.workloads]
    for name in (order.environment, *names):
        if not NAME.fullmatch(name):
            raise BadOrder(
                f"'{name}' is no name: use up to 63 lowercase letters, digits and "
                "dashes, beginning and ending with a letter or digit.",
                name=name,
            )
    if len(set(names)) != len(names):
        raise BadOrder("Two workloads of the deployment share a name.", names=names)
    for workload in order.workloads:
        if not workload.command:
            raise BadOrder(f"Workload '{workload.name}' has no command.")
        if not 1 <= workload.replicas <= MAX_REPLICAS:
            raise BadOrder(
                f"Workload '{workload.name}' asks for {workload.replicas} replicas; "
                f"1 to {MAX_REPLICAS} are possible.",
                replicas=workload.replicas,
            )


def with_port(command: tuple[str, ...], port: int) -> tuple[str, ...]:
    """Return `command` with `$PORT` and `${PORT}` replaced in every argument."""
    return tuple(PORT.sub(str(port), argument) for argument in command)


def order_json(order: WorkloadOrder) -> Json:
    """Return a workload's order as JSON."""
    return {**asdict(order), "env": dict(order.env), "command": list(order.command)}


def order_of(data: Json) -> WorkloadOrder:
    """Read what `order_json` made."""
    return WorkloadOrder(**{**data, "command": tuple(data["command"])})


def reference(text: str) -> UUID | tuple[str, str, str] | None:
    """Read what names a workload: an id, or project, environment and name.

    The three are joined by slashes, or by colons where a slash would end a part of an
    address. None: `text` is neither.
    """
    try:
        return UUID(text)
    except ValueError:
        parts = text.replace(":", "/").split("/")
    if len(parts) != 3 or not all(parts):  # noqa: PLR2004 - project, environment, name
        return None
    return parts[0], parts[1], parts[2]
