"""What can be done with environments and workloads; one class per intention."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from uuid import UUID

from typing_extensions import override

from fairlead.kernel.events import Delivery
from fairlead.kernel.idempotency import IdempotencyKeys, RequestKey
from fairlead.kernel.ids import new_id
from fairlead.kernel.journal import Frame, Journals
from fairlead.kernel.paging import Page, PageRequest
from fairlead.kernel.principal import Principal
from fairlead.kernel.processes import PlainProcesses
from fairlead.kernel.reach import Reach
from fairlead.kernel.work import UnitOfWork
from fairlead.modules.environments.domain import (
    RESTART,
    NothingServes,
    ProviderRefused,
    WorkloadRecord,
    check_plain,
    journal_name,
    reference,
)
from fairlead.modules.environments.permissions import (
    ENVIRONMENT_READ,
    WORKLOAD_DELETE,
    WORKLOAD_READ,
    WORKLOAD_RESTART,
)
from fairlead.modules.environments.ports import EnvironmentStore, Keeper, WorkloadStore
from fairlead.modules.environments.public import (
    Environment,
    Workload,
    WorkloadNotFound,
)
from fairlead.modules.projects.public import ProjectDeleted
from fairlead.services.audit.public import Act, AuditTrail, refused
from fairlead.services.authz.public import (
    Authorizer,
    EnvironmentPlaces,
    environment_scope,
)
from fairlead.services.operations.public import Operations, Submission


@dataclass(frozen=True, slots=True)
class Address:
    """The host that people reach workloads by."""

    host: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListEnvironments:
    """Show environments."""

    store: EnvironmentStore
    authorizer: Authorizer

    async def __call__(
        self, who: Principal, page: PageRequest, *, project: str | None
    ) -> Page[Environment]:
        """Return those that `who` may see, by project and name.

        Raises:
            BadPage: `page.after` is no cursor of this list.
        """
        reach = await self.authorizer.reach(who, ENVIRONMENT_READ)
        return await self.store.list(reach, page, project=project)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListWorkloads:
    """Show many workloads."""

    store: WorkloadStore
    authorizer: Authorizer
    address: Address

    async def __call__(
        self, who: Principal, page: PageRequest, *, project: str | None
    ) -> Page[Workload]:
        """Return those that `who` may see, by project, environment and name.

        Raises:
            BadPage: `page.after` is no cursor of this list.
        """
        reach = await self.authorizer.reach(who, WORKLOAD_READ)
        found = await self.store.list(reach, page, project=project)
        items = tuple(one.shown(self.address.host) for one in found.items)
        return Page(items=items, next=found.next)


@dataclass(frozen=True, slots=True, kw_only=True)
class FindWorkload:
    """Find the workload somebody names, if they may do something with it."""

    store: WorkloadStore
    authorizer: Authorizer

    async def __call__(
        self, who: Principal, workload: str, permission: str
    ) -> WorkloadRecord:
        """Return it.

        Raises:
            WorkloadNotFound: there is none that `who` may see.
            NotAllowed: `who` may see it but lacks `permission`.
        """
        missing = WorkloadNotFound(
            f"There is no workload '{workload}'; name one by its id or as "
            "project/environment/name."
        )
        named = reference(workload)
        if named is None:
            raise missing
        try:
            if isinstance(named, UUID):
                found = await self.store.get(named)
            else:
                found = await self.store.find(*named)
        except WorkloadNotFound as error:
            raise missing from error
        await self.authorizer.require(
            who,
            permission,
            on=environment_scope(found.project_id, found.environment_id),
            target=f"workloads/{found.id}",
            sees=WORKLOAD_READ,
            missing=missing,
        )
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class GetWorkload:
    """Show one workload."""

    find: FindWorkload
    address: Address

    async def __call__(self, who: Principal, workload: str) -> Workload:
        """Return it.

        Raises:
            WorkloadNotFound: there is none that `who` may see.
        """
        found = await self.find(who, workload, WORKLOAD_READ)
        return found.shown(self.address.host)


@dataclass(frozen=True, slots=True, kw_only=True)
class RestartWorkload:
    """Start the replicas of a workload anew."""

    plain: PlainProcesses
    find: FindWorkload
    address: Address
    operations: Operations
    keys: IdempotencyKeys
    trail: AuditTrail
    work: UnitOfWork

    async def __call__(
        self, who: Principal, workload: str, *, request: RequestKey | None
    ) -> Workload:
        """Submit the operation that does it and return the workload, naming it.

        Raises:
            WorkloadNotFound: there is none that `who` may see.
            NotAllowed: `who` may see but not restart it.
            ProviderRefused: the settings do not allow it.
            NothingServes: it has no release yet.
            KeyReused: the request key was used with another body.
        """
        found = await self.find(who, workload, WORKLOAD_RESTART)
        try:
            self._check(found)
        except (ProviderRefused, NothingServes) as error:
            await self.trail.record(who, refused(act(WORKLOAD_RESTART, found), error))
            raise
        operation_id = new = new_id()
        async with self.work:
            if request is not None:
                operation_id = await self.keys.claim(
                    who, WORKLOAD_RESTART, request, new=new
                )
            if operation_id == new:
                await self.trail.record(who, act(WORKLOAD_RESTART, found))
        submission = Submission(
            id=operation_id,
            kind=RESTART,
            argument={"workload_id": str(found.id)},
            subject=found.title,
            scope=environment_scope(found.project_id, found.environment_id),
            project_id=found.project_id,
        )
        await self.operations.submit(who, submission)
        shown = found.shown(self.address.host)
        return replace(shown, operation_id=operation_id)

    def _check(self, found: WorkloadRecord) -> None:
        check_plain(self.plain)
        if not found.release:
            raise NothingServes(
                f"{found.title} has no release that served; run its pipeline."
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteWorkload:
    """Stop a workload and remove what belongs to it."""

    find: FindWorkload
    store: WorkloadStore
    keeper: Keeper
    trail: AuditTrail
    work: UnitOfWork

    async def __call__(self, who: Principal, workload: str) -> None:
        """Remove its records, then end its processes; a restart finishes that.

        Raises:
            WorkloadNotFound: there is none that `who` may see.
            NotAllowed: `who` may see but not delete it.
        """
        found = await self.find(who, workload, WORKLOAD_DELETE)
        async with self.work:
            await self.store.remove(found.id)
            await self.trail.record(who, act(WORKLOAD_DELETE, found))
        await self.keeper.remove(found.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOutput:
    """Read what a workload's replicas print."""

    find: FindWorkload
    journals: Journals

    async def __call__(
        self, who: Principal, workload: str, *, after: int, follow: bool
    ) -> AsyncIterator[Frame]:
        """Return the frames from `after` on; what was dropped is passed over.

        Raises:
            WorkloadNotFound: there is none that `who` may see.
            BadOffset: `after` is not where a frame begins.
        """
        found = await self.find(who, workload, WORKLOAD_READ)
        name = journal_name(found.id)
        after = max(after, found.output_start)
        first = await self.journals.read(name, after=after)
        if follow:
            return _named(self.journals.follow(name, after=after))
        return _named(_present(self.journals, name, first))


async def _present(
    journals: Journals, name: str, frames: list[Frame]
) -> AsyncIterator[Frame]:
    while frames:
        for frame in frames:
            yield frame
        frames = await journals.read(name, after=frames[-1].next)


async def _named(source: AsyncIterator[Frame]) -> AsyncIterator[Frame]:
    """Leave out frames of no stream: they fill the place of what was dropped."""
    async for frame in source:
        if frame.stream:
            yield frame


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveProject:
    """Remove what a deleted project had; hears `ProjectDeleted`."""

    environments: EnvironmentStore
    workloads: WorkloadStore
    keeper: Keeper
    work: UnitOfWork

    async def __call__(self, delivery: Delivery) -> None:
        """Remove workloads with their releases and output, then the environments."""
        event = delivery.event
        if not isinstance(event, ProjectDeleted):
            return
        for workload in await self.workloads.of_project(event.project_id):
            async with self.work:
                await self.workloads.remove(workload.id)
            await self.keeper.remove(workload.id)
        async with self.work:
            await self.environments.remove_project(event.project_id)


def act(action: str, workload: WorkloadRecord, **details: str) -> Act:
    """Return what the audit trail keeps of something done to a workload."""
    return Act(
        action=action,
        target=f"workloads/{workload.id}",
        scope=environment_scope(workload.project_id, workload.environment_id),
        details={"workload": workload.title, **details},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentScopes(EnvironmentPlaces):
    """Tells the authorisation service which environments there are."""

    store: EnvironmentStore

    @override
    async def scopes(self, page: PageRequest) -> Page[str]:
        found = await self.store.list(Reach(everywhere=True), page, project=None)
        scopes = tuple(
            environment_scope(each.project_id, each.id) for each in found.items
        )
        return Page(items=scopes, next=found.next)
