"""A token for each step, so that it can call the server as itself."""

from dataclasses import dataclass
from datetime import timedelta

from fairlead.adapters.wiring.scopes import Scopes
from fairlead.modules.pipelines.activities.desk import Errand
from fairlead.modules.pipelines.domain.records import Execution, Record
from fairlead.services.auth.public import RunIdentities, RunOrder


@dataclass(frozen=True, slots=True)
class StepIdentities:
    """Gives tokens to steps where settings say so, and takes them back."""

    scopes: Scopes
    enabled: bool

    async def begin(
        self,
        errand: Errand,
        record: Record,
        execution: Execution,
        *,
        environment: str,
        seconds: float,
    ) -> str:
        """Return the token of an attempt; empty: it gets none."""
        if not self.enabled:
            return ""
        order = RunOrder(
            key=execution.key,
            operation_id=record.id,
            project_id=record.project_id,
            project=record.project,
            environment=environment,
            step=f"{errand.stage}/{errand.step}",
            lifetime=timedelta(seconds=seconds),
        )
        async with self.scopes.enter(errand.system) as scope:
            identities: RunIdentities = await scope.get(RunIdentities)
            return await identities.begin(order)

    async def end(self, errand: Errand, key: str) -> None:
        """Refuse the token of an attempt from now on; none is fine."""
        if self.enabled:
            async with self.scopes.enter(errand.system) as scope:
                identities: RunIdentities = await scope.get(RunIdentities)
                await identities.end(key)
