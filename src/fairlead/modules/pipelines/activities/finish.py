"""Ending a run: nothing of it runs, its state is final, its working copy is gone."""

from dataclasses import dataclass

from fairlead.adapters.wiring.scopes import Scopes
from fairlead.kernel.engine import Attempt, Json, activity
from fairlead.modules.pipelines.activities.deploy import end_deployments
from fairlead.modules.pipelines.activities.desk import Desk, Errand
from fairlead.modules.pipelines.activities.workplace import Workplaces
from fairlead.modules.pipelines.public import RunNotFound, State


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishActivities:
    """Records ends."""

    desk: Desk
    scopes: Scopes
    places: Workplaces

    @activity("pipelines.finish")
    async def finish(self, attempt: Attempt) -> Json:
        """Record how the run ended and return its state and URLs."""
        errand = Errand.of(attempt)
        argument = errand.argument
        try:
            async with self.desk.open(errand) as progress:
                record = await progress.runs.get(errand.run_id)
            if argument["state"] != State.SUCCEEDED and record.plan is not None:
                await end_deployments(self.scopes, errand, record.plan)
            async with self.desk.open(errand) as progress:
                record = await progress.end_run(
                    errand.run_id,
                    State(argument["state"]),
                    reason=argument["reason"],
                    stage=argument["stage"],
                    tell=True,
                )
        except RunNotFound:
            return {"state": argument["state"], "urls": []}  # its project is gone
        finally:
            self.desk.plans.drop(errand.run_id)
            await self.places.clear(errand.run_id)
        return {"state": record.state.value, "urls": list(record.urls)}
