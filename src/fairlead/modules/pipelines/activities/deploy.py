"""Deploying one workload as an operation of environments, and waiting for its end."""

from contextlib import suppress
from dataclasses import dataclass, replace

from fairlead.adapters.wiring.scopes import Scopes
from fairlead.kernel.engine import Attempt, Json, activity
from fairlead.modules.environments.public import (
    Deployments,
    DeployOrder,
    WorkloadOrder,
)
from fairlead.modules.pipelines.activities.desk import Desk, Errand
from fairlead.modules.pipelines.domain.errors import ArtifactNotFound, DeployFailed
from fairlead.modules.pipelines.domain.plan import Plan
from fairlead.modules.pipelines.domain.records import (
    Execution,
    Record,
    StoredArtifact,
    deployment_id,
)
from fairlead.modules.pipelines.public import State
from fairlead.modules.pipelines.use_cases.progress import Progress
from fairlead.services.authz.public import NotAllowed
from fairlead.services.operations.public import (
    Operation,
    OperationNotFound,
    Operations,
    OperationState,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeployActivities:
    """Hands workloads to environments."""

    desk: Desk
    scopes: Scopes

    @activity("pipelines.deploy")
    async def deploy(self, attempt: Attempt) -> Json:
        """Order the deployment, wait for it, record where the workload answers.

        A crash in between changes nothing: the same order is placed again, under the
        same id. A cancel ends the ordered operation with the run's.

        Raises:
            DeployFailed: it did not come up.
            ArtifactNotFound: the build did not store what it should run.
        """
        errand = Errand.of(attempt)
        child = deployment_id(errand.run_id, errand.step)
        async with self.desk.open(errand) as progress:
            execution = await self._execution(progress, errand, key=str(child))
            record, plan = await progress.plan_of(errand.run_id)
            stored = await progress.artifacts.of_run(errand.run_id)
        if execution.state is State.SUCCEEDED:
            return {}
        try:
            ended = await self._carry_out(errand, _order(record, plan, errand, stored))
        except NotAllowed as error:
            raise await self._failed(errand, execution, error.message) from error
        if ended.state is not OperationState.SUCCEEDED:
            why = ended.error.message if ended.error else "It was cancelled."
            cancelled = ended.state is OperationState.CANCELLED
            state = State.CANCELLED if cancelled else State.FAILED
            raise await self._failed(errand, execution, why, state)
        urls = tuple(each["url"] for each in ended.result["workloads"])
        async with self.desk.open(errand) as progress:
            await progress.add_urls(errand.run_id, urls)
            await progress.end_attempt(
                replace(execution, state=State.SUCCEEDED, exit_code=0)
            )
        return {"urls": list(urls)}

    async def _execution(
        self, progress: Progress, errand: Errand, *, key: str
    ) -> Execution:
        past = await progress.past(errand.run_id, errand.stage, errand.step)
        if past:
            return past[-1]
        return await progress.begin_attempt(
            errand.run_id, errand.stage, errand.step, key=key
        )

    async def _carry_out(self, errand: Errand, order: DeployOrder) -> Operation:
        async with self.scopes.enter(errand.requested_by) as scope:
            deployments = await scope.get(Deployments)
            child = await deployments.order(errand.requested_by, order)
        async with self.scopes.enter(errand.system) as scope:
            operations: Operations = await scope.get(Operations)
            return await operations.wait(child)

    async def _failed(
        self,
        errand: Errand,
        execution: Execution,
        why: str,
        state: State = State.FAILED,
    ) -> DeployFailed:
        if execution.state is State.RUNNING:
            async with self.desk.open(errand) as progress:
                await progress.end_attempt(replace(execution, state=state, reason=why))
        return DeployFailed(f"Step {errand.stage}/{errand.step} failed: {why}")


async def end_deployments(scopes: Scopes, errand: Errand, plan: Plan) -> None:
    """Cancel what a run has ordered and wait until all of it has ended."""
    async with scopes.enter(errand.system) as scope:
        operations = await scope.get(Operations)
        for workload in plan.workloads:
            child = deployment_id(errand.run_id, workload.name)
            with suppress(OperationNotFound):
                await operations.cancel(errand.system, child)
                await operations.wait(child)


def _order(
    record: Record, plan: Plan, errand: Errand, stored: tuple[StoredArtifact, ...]
) -> DeployOrder:
    workload = plan.workload(errand.step)
    by_name = {each.artifact.name: each for each in stored}
    if workload.artifact not in by_name:
        raise ArtifactNotFound(
            f"The run stored no artifact '{workload.artifact}'.",
            artifact=workload.artifact,
        )
    found = by_name[workload.artifact]
    return DeployOrder(
        id=deployment_id(record.id, workload.name),
        parent_id=record.id,
        project_id=record.project_id,
        project=record.project,
        environment=plan.environment,
        run_id=record.id,
        number=record.number,
        stream=f"{errand.stage}/{errand.step}",
        workloads=(
            WorkloadOrder(
                name=workload.name,
                blob=found.blob,
                artifact_type=found.artifact.type,
                filename=found.artifact.filename,
                executable=found.executable,
                mode=found.mode,
                command=workload.command,
                port=workload.port,
                health=workload.health,
                env=workload.env,
                replicas=workload.replicas,
            ),
        ),
    )
