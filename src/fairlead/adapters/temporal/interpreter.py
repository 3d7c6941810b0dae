"""The one Temporal workflow: it plays the workflow functions of the modules."""

import asyncio
from collections.abc import Sequence
from typing import Final, NoReturn

from temporalio import workflow
from temporalio.common import RawValue
from temporalio.exceptions import ApplicationError
from temporalio.exceptions import CancelledError as TemporalCancelled

from fairlead.adapters.temporal.conclusion import Ending, conclude, mismatch
from fairlead.adapters.temporal.host import HOST, Host
from fairlead.adapters.temporal.payloads import first, mapping, nth
from fairlead.adapters.temporal.run import Mailbox, Run
from fairlead.kernel.engine import Json, WorkflowState

RETRIED: Final = "fairlead.retried"  # what is asked of a workflow that runs


class CannotReplay(RuntimeError):
    """This worker has not the code for this workflow, which is ended from outside."""


@workflow.defn(dynamic=True, sandboxed=False)
class Interpreter:
    """Plays the workflow that is registered under the name of its Temporal type.

    It never fails a workflow task on its own account: whatever the code raises becomes
    the end of the workflow.
    """

    def __init__(self) -> None:
        """Begin with an empty mailbox."""
        self._mailbox = Mailbox()
        self._run: Run | None = None

    @workflow.run
    async def run(self, args: Sequence[RawValue]) -> Json:
        """Play it to its end."""
        host, info = HOST.get(), workflow.info()
        beginning = mapping(first(args))
        flow = host.workflows.get(info.workflow_type)
        error = mismatch(info.workflow_type, beginning.get("version"), flow)
        if error is not None or flow is None:
            return _refuse(host, Ending(WorkflowState.FAILED, error))
        name = info.workflow_id.removeprefix(host.prefix)
        run = self._run = Run(name, host, self._mailbox)
        playing = asyncio.create_task(conclude(run, flow, beginning.get("argument")))
        while not playing.done():
            try:
                await asyncio.wait([playing])
            except asyncio.CancelledError:
                if workflow.cancellation_reason() is None:
                    run.leaving = True  # the worker lets go of this copy
                    raise
                run.cancel()
        return _told(playing.result())

    @workflow.query(name=RETRIED)
    def retried(self) -> Json:
        """Return the steps under way that were tried before."""
        return [] if self._run is None else self._run.retried()

    @workflow.signal(dynamic=True)
    def hear(self, name: str, args: Sequence[RawValue]) -> None:
        """Take a signal in; its second argument is the sender's dedup."""
        dedup = nth(args, 1)
        key = dedup if isinstance(dedup, str) else str(workflow.uuid4())
        self._mailbox.put(name, first(args), key)
        if self._run is not None:
            self._run.hear()


def _told(ending: Ending) -> Json:
    """Return or raise what Temporal knows as this ending."""
    if ending.state is WorkflowState.SUCCEEDED:
        return ending.value
    if ending.state is WorkflowState.CANCELLED:
        raise TemporalCancelled("cancelled")
    raise ApplicationError(
        ending.value["message"],
        ending.value,
        type=ending.value["code"],
        non_retryable=True,
    )


def _refuse(host: Host, ending: Ending) -> NoReturn:
    """End a workflow whose code is not here.

    A replay cannot end it, because its history says otherwise, so that is done from
    outside; this task of it fails meanwhile.
    """
    info = workflow.info()
    if workflow.unsafe.is_replaying():
        host.condemn(info.workflow_id, info.run_id, ending.value)
        raise CannotReplay(ending.value["message"])
    _told(ending)
    raise AssertionError
