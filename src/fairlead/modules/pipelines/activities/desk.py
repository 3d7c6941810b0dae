"""What every activity of a run begins with: whose run it is, and its scope."""

from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

from fairlead.adapters.wiring.scopes import Scopes
from fairlead.kernel.engine import Attempt, Json
from fairlead.kernel.principal import Principal, service
from fairlead.modules.pipelines.domain.plan import Plan
from fairlead.modules.pipelines.domain.records import Record
from fairlead.modules.pipelines.public import ExecutorRefused
from fairlead.modules.pipelines.use_cases.progress import Progress
from fairlead.modules.pipelines.use_cases.start import NAME, ExecutorRule, act_of
from fairlead.services.audit.public import AuditTrail, refused
from fairlead.services.operations.public import WorkflowInput


@dataclass(frozen=True, slots=True)
class Errand:
    """An attempt of an activity of a run; `stage` and `step` where it has them."""

    run_id: UUID
    requested_by: Principal
    system: Principal
    stage: str
    step: str
    argument: Json

    @classmethod
    def of(cls, attempt: Attempt) -> "Errand":
        """Read what the workflow passed."""
        argument = attempt.argument
        about = WorkflowInput.from_json(argument["workflow"])
        return cls(
            run_id=about.operation_id,
            requested_by=about.requested_by,
            system=service(NAME, about.tenant_id),
            stage=argument.get("stage", ""),
            step=argument.get("step", ""),
            argument=argument,
        )


class Plans:
    """The plans of the runs at hand, which never change once laid, read once each."""

    def __init__(self, most: int = 32) -> None:
        """Keep at most so many, those used last."""
        self._most = most
        self._kept: OrderedDict[UUID, tuple[Record, Plan]] = OrderedDict()

    async def of(self, progress: Progress, run_id: UUID) -> tuple[Record, Plan]:
        """Return a run as it was when its plan was first asked for, and the plan.

        Raises:
            RunNotFound: there is no such run.
        """
        found = self._kept.get(run_id) or await progress.plan_of(run_id)
        self._kept[run_id] = found
        self._kept.move_to_end(run_id)
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)
        return found

    def drop(self, run_id: UUID) -> None:
        """Keep it no longer."""
        self._kept.pop(run_id, None)


@dataclass(frozen=True, slots=True)
class Desk:
    """Opens the records of a run's tenant."""

    scopes: Scopes
    plans: Plans

    @asynccontextmanager
    async def open(self, errand: Errand) -> AsyncIterator[Progress]:
        """Yield the records, for a moment: nothing long happens while they are open."""
        async with self.scopes.enter(errand.system) as scope:
            yield await scope.get(Progress)

    async def check(self, rule: ExecutorRule, errand: Errand) -> None:
        """Refuse to run anything that the settings do not allow (any longer).

        Raises:
            ExecutorRefused: they do not; that is audited.
        """
        try:
            rule.check()
        except ExecutorRefused as error:
            async with self.scopes.enter(errand.system) as scope:
                progress = await scope.get(Progress)
                record = await progress.runs.get(errand.run_id)
                trail = await scope.get(AuditTrail)
                await trail.record(errand.requested_by, refused(act_of(record), error))
            raise
