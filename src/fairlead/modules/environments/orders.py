"""Ordering a deployment, and the contracts others use, kept by the use cases."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import UUID

from typing_extensions import override

from fairlead.kernel.clock import Clock
from fairlead.kernel.engine import Json
from fairlead.kernel.idempotency import RequestKey
from fairlead.kernel.ids import new_id
from fairlead.kernel.journal import Frame
from fairlead.kernel.paging import Page, PageRequest
from fairlead.kernel.principal import Principal, service
from fairlead.kernel.work import UnitOfWork
from fairlead.modules.environments.domain import (
    OPERATION,
    WorkloadRecord,
    check,
    order_json,
)
from fairlead.modules.environments.permissions import WORKLOAD_DEPLOY
from fairlead.modules.environments.ports import EnvironmentStore, WorkloadStore
from fairlead.modules.environments.public import (
    Deployments,
    DeployOrder,
    Environment,
    Environments,
    Workload,
    WorkloadNotFound,
    Workloads,
    WorkloadState,
)
from fairlead.modules.environments.use_cases import (
    DeleteWorkload,
    GetWorkload,
    ListEnvironments,
    ListWorkloads,
    ReadOutput,
    RestartWorkload,
    act,
)
from fairlead.services.audit.public import AuditTrail
from fairlead.services.authz.public import (
    Authorizer,
    environment_scope,
    project_scope,
)
from fairlead.services.operations.public import (
    OperationNotFound,
    Operations,
    Submission,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderDeployment:
    """Put releases of a run into an environment."""

    environments: EnvironmentStore
    workloads: WorkloadStore
    authorizer: Authorizer
    operations: Operations
    trail: AuditTrail
    work: UnitOfWork
    clock: Clock

    async def __call__(self, who: Principal, order: DeployOrder) -> UUID:
        """Make the environment and workloads there are not, submit, return the id.

        Raises:
            NotAllowed: `who` lacks `environments.workload.deploy` in the project.
            BadOrder: the order cannot be.
        """
        await self.authorizer.require(
            who,
            WORKLOAD_DEPLOY,
            on=project_scope(order.project_id),
            target=f"projects/{order.project_id}/environments/{order.environment}",
        )
        check(order)
        known = await self._known(who, order.id)
        async with self.work:
            environment = await self.environments.ensure(self._environment(order))
            named = [
                (await self._workload(order, environment, name=one.name), one)
                for one in order.workloads
            ]
            if not known:
                run = str(order.number)
                for workload, _ in named:
                    await self.trail.record(
                        who, act(WORKLOAD_DEPLOY, workload, run=run)
                    )
        workloads = [
            {"id": str(workload.id), "order": order_json(one)}
            for workload, one in named
        ]
        await self._submit(who, order, environment, workloads)
        return order.id

    async def _known(self, who: Principal, operation_id: UUID) -> bool:
        try:
            await self.operations.get(
                service("environments", who.tenant_id), operation_id
            )
        except OperationNotFound:
            return False
        return True

    def _environment(self, order: DeployOrder) -> Environment:
        return Environment(
            id=new_id(),
            project_id=order.project_id,
            project=order.project,
            name=order.environment,
            created_at=self.clock.now(),
        )

    async def _workload(
        self, order: DeployOrder, environment: Environment, *, name: str
    ) -> WorkloadRecord:
        try:
            return await self.workloads.find(order.project, order.environment, name)
        except WorkloadNotFound:
            workload = WorkloadRecord(
                id=new_id(),
                project_id=order.project_id,
                project=order.project,
                environment_id=environment.id,
                environment=environment.name,
                name=name,
                state=WorkloadState.DEPLOYING,
                port=0,
                release=0,
                run_id=order.run_id,
                run_number=0,
                replicas=0,
                restarts=0,
                starts=0,
                reason="",
                holder=None,
                output_start=0,
                updated_at=self.clock.now(),
            )
            await self.workloads.add(workload)
            return workload

    async def _submit(
        self,
        who: Principal,
        order: DeployOrder,
        environment: Environment,
        workloads: list[Json],
    ) -> None:
        argument = {
            "run_id": str(order.run_id),
            "number": order.number,
            "stream": order.stream,
            "workloads": workloads,
        }
        submission = Submission(
            id=order.id,
            kind=OPERATION,
            argument=argument,
            subject=f"{order.project}/{order.environment}",
            scope=environment_scope(order.project_id, environment.id),
            project_id=order.project_id,
            parent_id=order.parent_id,
        )
        await self.operations.submit(who, submission)


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalDeployments(Deployments):
    """Deployments, kept by this process."""

    order_deployment: OrderDeployment

    @override
    async def order(self, who: Principal, order: DeployOrder) -> UUID:
        return await self.order_deployment(who, order)


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalEnvironments(Environments):
    """Environments, shown by this process."""

    list_environments: ListEnvironments

    @override
    async def list(
        self, who: Principal, page: PageRequest, *, project: str | None = None
    ) -> Page[Environment]:
        return await self.list_environments(who, page, project=project)


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalWorkloads(Workloads):
    """Workloads, shown and run by this process."""

    list_workloads: ListWorkloads
    get_workload: GetWorkload
    restart_workload: RestartWorkload
    delete_workload: DeleteWorkload
    read_output: ReadOutput

    @override
    async def list(
        self, who: Principal, page: PageRequest, *, project: str | None = None
    ) -> Page[Workload]:
        return await self.list_workloads(who, page, project=project)

    @override
    async def get(self, who: Principal, workload: str) -> Workload:
        return await self.get_workload(who, workload)

    @override
    async def restart(
        self, who: Principal, workload: str, *, request: RequestKey | None = None
    ) -> Workload:
        return await self.restart_workload(who, workload, request=request)

    @override
    async def delete(self, who: Principal, workload: str) -> None:
        await self.delete_workload(who, workload)

    @override
    async def logs(
        self, who: Principal, workload: str, *, after: int = 0, follow: bool = False
    ) -> AsyncIterator[Frame]:
        return await self.read_output(who, workload, after=after, follow=follow)
