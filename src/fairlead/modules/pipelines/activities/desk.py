"""What every activity of a run begins with: whose run it is, and its scope."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

from fairlead.adapters.wiring.scopes import Scopes
from fairlead.kernel.engine import Attempt, Json
from fairlead.kernel.principal import Principal, service
from fairlead.modules.pipelines.use_cases.progress import Progress
from fairlead.services.operations.public import WorkflowInput

NAME = "pipelines"


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


@dataclass(frozen=True, slots=True)
class Desk:
    """Opens the records of a run's tenant."""

    scopes: Scopes

    @asynccontextmanager
    async def open(self, errand: Errand) -> AsyncIterator[Progress]:
        """Yield the records, for a moment: nothing long happens while they are open."""
        async with self.scopes.enter(errand.system) as scope:
            yield await scope.get(Progress)
