"""What all workflows of a worker share, and how they reach it."""

from abc import abstractmethod
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Final, Protocol

from temporalio.worker import (
    ExecuteWorkflowInput,
    Interceptor,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
)
from typing_extensions import override

from fairlead.kernel.engine import Workflow


class Condemn(Protocol):
    """Ends a workflow from outside that cannot be replayed; callable in any thread."""

    @abstractmethod
    def __call__(self, id: str, run: str, error: Mapping[str, str]) -> None:  # noqa: A002
        """End the run `run` of the Temporal workflow `id` as failed of `error`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """What a worker knows.

    Attributes:
        prefix: Before our ids in Temporal's.
        history_cap: In records of one workflow.
        heartbeat_seconds: After this much silence an attempt counts as lost.
        cleanup_seconds: What an interrupted activity has to end by itself.
    """

    workflows: Mapping[str, Workflow]
    condemn: Condemn
    prefix: str
    history_cap: int
    heartbeat_seconds: float
    cleanup_seconds: float


HOST: Final[ContextVar[Host]] = ContextVar("fairlead_temporal_host")


class Hosting(Interceptor):
    """Lets the workflows of one worker find its host."""

    def __init__(self, host: Host) -> None:
        """Show them `host`."""
        self._host = host

    @override
    def workflow_interceptor_class(
        self, input: WorkflowInterceptorClassInput
    ) -> type[WorkflowInboundInterceptor] | None:
        host = self._host

        class Hosted(WorkflowInboundInterceptor):
            @override
            async def execute_workflow(self, input: ExecuteWorkflowInput) -> Any:
                HOST.set(host)
                return await super().execute_workflow(input)

        return Hosted
