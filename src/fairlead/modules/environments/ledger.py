"""The records of a deployment's steps; each change is one unit of work."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from fairlead.kernel.clock import Clock
from fairlead.kernel.work import UnitOfWork
from fairlead.modules.environments.domain import (
    NothingServes,
    Release,
    ReleaseState,
    Replica,
    ReplicaState,
    Superseded,
    WorkloadRecord,
)
from fairlead.modules.environments.ports import (
    Fleet,
    PortChooser,
    ReleaseStore,
    WorkloadStore,
)
from fairlead.modules.environments.public import WorkloadOrder, WorkloadState

KEPT_RELEASES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What an operation wants of a workload; without an order: start it anew."""

    operation_id: UUID
    run_id: UUID | None = None
    run_number: int = 0
    order: WorkloadOrder | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What came of a claim: a release to work on, or who else has the workload."""

    release: Release | None = None
    holder: UUID | None = None
    leftover: Sequence[Replica] = ()
    headline: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What came of a deployment: folders to remove, lines to tell."""

    discarded: Sequence[int] = ()
    lines: Sequence[str] = field(default=())


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """Keeps the records of deployments of one tenant."""

    workloads: WorkloadStore
    releases: ReleaseStore
    fleet: Fleet
    ports: PortChooser
    work: UnitOfWork
    clock: Clock

    async def get(self, workload_id: UUID) -> WorkloadRecord:
        """Return a workload.

        Raises:
            WorkloadNotFound: it was deleted.
        """
        return await self.workloads.get(workload_id)

    async def replicas(self, workload_id: UUID, state: ReplicaState) -> list[Replica]:
        """Return a workload's replicas in one state."""
        replicas = await self.releases.replicas(workload_id)
        return [replica for replica in replicas if replica.state is state]

    async def port_for(self, workload_id: UUID) -> int:
        """Return the port of the workload's front, a free one if it has none yet.

        Raises:
            WorkloadNotFound: it was deleted.
            NoPortLeft: all are in use.
        """
        workload = await self.workloads.get(workload_id)
        if workload.port:
            return workload.port
        taken = {berth.port for berth in await self.fleet.berths()}
        return await self.ports.choose(taken)

    async def claim(self, workload_id: UUID, asked: Asked, *, port: int) -> Claim:
        """Take the workload for an operation, unless another has it.

        Raises:
            WorkloadNotFound: it was deleted.
            Superseded: a newer run's release serves.
            NothingServes: there is no release to start anew.
        """
        async with self.work:
            workload = await self.workloads.get(workload_id)
            if workload.holder not in {None, asked.operation_id}:
                return Claim(holder=workload.holder)
            release = await self._release(workload, asked)
            held = replace(workload, holder=asked.operation_id, port=port)
            if not held.release:
                held = replace(held, run_id=release.run_id)
                held = held.turned(WorkloadState.DEPLOYING, at=self.clock.now())
            await self.workloads.save(held)
            replicas = await self.releases.replicas(workload_id)
        return Claim(
            release=release,
            leftover=[one for one in replicas if one.state is not ReplicaState.SERVING],
            headline=_headline(workload, release, anew=asked.order is None),
        )

    async def _release(self, workload: WorkloadRecord, asked: Asked) -> Release:
        known = await self.releases.of(workload.id)
        if asked.order is None or asked.run_id is None:
            for release in known:
                if release.number == workload.release:
                    return release
            raise NothingServes(
                f"{workload.title} has no release that served; run its pipeline."
            )
        for release in known:
            if release.deployment == asked.operation_id:
                return release
        if asked.run_number < workload.run_number:
            raise Superseded(
                f"Run {workload.run_number} has deployed {workload.title} already; "
                f"run {asked.run_number} is older and leaves it as it is.",
                run=asked.run_number,
                newer=workload.run_number,
            )
        release = Release(
            workload_id=workload.id,
            number=max((one.number for one in known), default=0) + 1,
            run_id=asked.run_id,
            run_number=asked.run_number,
            deployment=asked.operation_id,
            order=asked.order,
            state=ReleaseState.PREPARING,
            created_at=self.clock.now(),
        )
        await self.releases.put(release)
        return release

    async def release(self, workload_id: UUID, holder: UUID | None) -> None:
        """Take the workload from an operation that ended without letting go."""
        async with self.work:
            workload = await self.workloads.get(workload_id)
            if workload.holder == holder:
                await self.workloads.save(replace(workload, holder=None))

    async def removed(self, replicas: Sequence[Replica]) -> None:
        """Forget replicas that were stopped."""
        if not replicas:
            return
        async with self.work:
            for replica in replicas:
                await self.releases.remove_replica(replica.key)

    async def berth(
        self, release: Release, index: int, *, deployment: UUID, port: int
    ) -> Replica:
        """Record a replica that is about to be started."""
        async with self.work:
            workload = await self.workloads.get(release.workload_id)
            replica = Replica(
                workload_id=workload.id,
                release=release.number,
                index=index,
                start=workload.starts + 1,
                port=port,
                deployment=deployment,
                state=ReplicaState.STARTING,
            )
            await self.workloads.save(replace(workload, starts=replica.start))
            await self.releases.put_replica(replica)
        return replica

    async def switch(
        self, workload_id: UUID, number: int, *, deployment: UUID
    ) -> WorkloadRecord:
        """Record that the replicas of a deployment serve, and no other."""
        async with self.work:
            workload = await self.workloads.get(workload_id)
            replicas = await self.releases.replicas(workload_id)
            new = [one for one in replicas if one.deployment == deployment]
            if all(one.state is ReplicaState.SERVING for one in new):
                return workload
            for replica in replicas:
                serving = replica.deployment == deployment
                state = ReplicaState.SERVING if serving else ReplicaState.DRAINING
                await self.releases.put_replica(replace(replica, state=state))
            release = await self._turn_releases(workload_id, number)
            switched = replace(
                workload,
                state=WorkloadState.HEALTHY,
                release=number,
                run_id=release.run_id,
                run_number=release.run_number,
                replicas=len(new),
                restarts=0,
                reason="",
                updated_at=self.clock.now(),
            )
            await self.workloads.save(switched)
        return switched

    async def _turn_releases(self, workload_id: UUID, number: int) -> Release:
        found: Release | None = None
        for release in await self.releases.of(workload_id):
            if release.number == number:
                found = replace(release, state=ReleaseState.SERVING)
                await self.releases.put(found)
            elif release.state is ReleaseState.SERVING:
                await self.releases.put(replace(release, state=ReleaseState.RETIRED))
        if found is None:
            raise ValueError(f"no release {number}")
        return found

    async def idle(self, workload_id: UUID, *, by: UUID) -> list[Replica]:
        """Return the replicas that do not serve; none unless `by` has the workload.

        Raises:
            WorkloadNotFound: it was deleted.
        """
        workload = await self.workloads.get(workload_id)
        if workload.holder != by:
            return []
        replicas = await self.releases.replicas(workload_id)
        return [one for one in replicas if one.state is not ReplicaState.SERVING]

    async def settle(
        self,
        workload_id: UUID,
        idle: Sequence[Replica],
        *,
        deployment: UUID,
        reason: str,
    ) -> Settled:
        """Record that `idle` replicas are gone, and let go of the workload."""
        async with self.work:
            workload = await self.workloads.get(workload_id)
            if workload.holder not in {None, deployment}:
                return Settled(lines=[reason] if reason else [])
            for replica in idle:
                await self.releases.remove_replica(replica.key)
            free = replace(workload, holder=None)
            if not workload.release:
                now = self.clock.now()
                free = free.turned(WorkloadState.FAILED, reason=reason, at=now)
            await self.workloads.save(free)
            releases = await self.releases.of(workload_id)
            for release in releases:
                if release.state is ReleaseState.PREPARING:
                    failed = replace(release, state=ReleaseState.FAILED)
                    await self.releases.put(failed)
        return Settled(
            discarded=_discarded(releases, workload.release),
            lines=_outcome(workload, idle, reason),
        )


def _headline(workload: WorkloadRecord, release: Release, *, anew: bool) -> str:
    if anew:
        return f"starting release {release.number} of {workload.name} anew"
    source = release.order.filename or release.order.artifact_type
    return f"release {release.number} of {workload.name} from {source}"


def _discarded(releases: Sequence[Release], serving: int) -> list[int]:
    """Return the numbers of those whose folders are of no use any more."""
    served = [one.number for one in releases if one.state is ReleaseState.RETIRED]
    kept = {serving, *sorted(served, reverse=True)[: KEPT_RELEASES - 1]}
    return [one.number for one in releases if one.number not in kept]


def _outcome(
    workload: WorkloadRecord, idle: Sequence[Replica], reason: str
) -> list[str]:
    if not reason:
        gone = sorted({replica.release for replica in idle})
        return [
            "the replicas before stopped"
            if number == workload.release
            else f"release {number} stopped"
            for number in gone
        ]
    if not workload.release:
        return [reason, "nothing serves"]
    return [reason, f"release {workload.release} keeps serving"]
