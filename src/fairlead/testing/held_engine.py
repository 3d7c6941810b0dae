"""A stand-in for the durable engine: workflows end when the test says so."""

from collections.abc import Awaitable, Callable

from typing_extensions import override

from fairlead.kernel.engine import (
    Engine,
    Json,
    WorkflowCancelled,
    WorkflowFailed,
    WorkflowState,
    WorkflowStatus,
    WorkflowUnknown,
)

Listener = Callable[[WorkflowStatus], Awaitable[None]]


class HeldEngine(Engine):
    """Starts workflows without running them, and ends them by hand.

    Attributes:
        arguments: What each workflow was started with, by id, in the order of starts.
        cancelled: The ids that were to be cancelled, in order; they go on running.
        refusals: Raised by the next starts, once each.
    """

    def __init__(self) -> None:
        """Know no workflow."""
        self.arguments: dict[str, Json] = {}
        self.cancelled: list[str] = []
        self.refusals: list[Exception] = []
        self._statuses: dict[str, WorkflowStatus] = {}
        self._listeners: list[Listener] = []

    async def end(
        self,
        id: str,  # noqa: A002 - as the port calls it
        state: WorkflowState = WorkflowState.SUCCEEDED,
        *,
        result: Json = None,
        error: dict[str, str] | None = None,
    ) -> None:
        """End a workflow and return once every listener has taken note."""
        status = WorkflowStatus(
            id=id,
            workflow=self._statuses[id].workflow,
            state=state,
            result=result,
            error=error,
        )
        self._statuses[id] = status
        for listener in self._listeners:
            await listener(status)

    def forget_listeners(self) -> None:
        """Be as after a restart: workflows are kept, nobody listens."""
        self._listeners.clear()

    @override
    async def start(self, workflow: str, argument: Json, *, id: str) -> bool:
        if self.refusals:
            raise self.refusals.pop(0)
        if id in self._statuses:
            return False
        self.arguments[id] = argument
        self._statuses[id] = WorkflowStatus(
            id=id, workflow=workflow, state=WorkflowState.RUNNING
        )
        return True

    @override
    async def status(self, id: str) -> WorkflowStatus | None:
        return self._statuses.get(id)

    @override
    async def result(self, id: str, *, timeout_seconds: float) -> Json:
        status = self._statuses.get(id)
        if status is None:
            raise WorkflowUnknown(f"There is no workflow {id}.")
        if status.state is WorkflowState.RUNNING:
            raise TimeoutError
        if status.state is WorkflowState.CANCELLED:
            raise WorkflowCancelled(f"Workflow {id} was cancelled.")
        if status.state is WorkflowState.FAILED:
            raise WorkflowFailed(f"Workflow {id} failed.")
        return status.result

    @override
    async def signal(self, id: str, name: str, payload: Json, *, dedup: str) -> None:
        if id not in self._statuses:
            raise WorkflowUnknown(f"There is no workflow {id}.")

    @override
    async def cancel(self, id: str) -> None:
        self.cancelled.append(id)

    @override
    def watch(self, listener: Listener) -> None:
        self._listeners.append(listener)

    @override
    async def open(self) -> None:
        """Nothing to take up."""

    @override
    async def close(self) -> None:
        """Nothing to let go."""
