"""The records of keeping workloads up; each change is one unit of work."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from fairlead.kernel.clock import Clock
from fairlead.kernel.errors import FairleadError
from fairlead.kernel.principal import Principal
from fairlead.kernel.work import UnitOfWork
from fairlead.modules.environments.domain import (
    START,
    Release,
    Replica,
    ReplicaState,
    WorkloadRecord,
)
from fairlead.modules.environments.ports import (
    Berth,
    Fleet,
    PortChooser,
    ReleaseStore,
    WorkloadStore,
)
from fairlead.modules.environments.public import WorkloadNotFound, WorkloadState
from fairlead.modules.environments.use_cases import act
from fairlead.services.audit.public import AuditTrail, refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Upkeep:
    """Keeps the records of what serves, for one tenant."""

    workloads: WorkloadStore
    releases: ReleaseStore
    fleet: Fleet
    ports: PortChooser
    trail: AuditTrail
    work: UnitOfWork
    clock: Clock

    async def berths(self) -> Sequence[Berth]:
        """Return the workloads of all tenants."""
        return await self.fleet.berths()

    async def find(self, workload_id: UUID) -> WorkloadRecord | None:
        """Return a workload; None: it was deleted."""
        try:
            return await self.workloads.get(workload_id)
        except WorkloadNotFound:
            return None

    async def keys(self, workload_id: UUID) -> frozenset[str]:
        """Return the keys of all replicas that are recorded."""
        replicas = await self.releases.replicas(workload_id)
        return frozenset(one.key for one in replicas)

    async def serving(self, workload_id: UUID) -> list[Replica]:
        """Return the replicas that should serve."""
        replicas = await self.releases.replicas(workload_id)
        return [one for one in replicas if one.state is ReplicaState.SERVING]

    async def release(self, replica: Replica) -> Release:
        """Return the release a replica is of.

        Raises:
            LookupError: it is not recorded (a bug).
        """
        for release in await self.releases.of(replica.workload_id):
            if release.number == replica.release:
                return release
        raise LookupError(f"no release {replica.release}")

    async def turned(
        self, replica: Replica, state: WorkloadState, *, reason: str = ""
    ) -> bool:
        """Record how a serving replica makes its workload; False: it serves no more."""
        async with self.work:
            if not await self._serves(replica):
                return False
            workload = await self.workloads.get(replica.workload_id)
            turned = workload.turned(state, reason=reason, at=self.clock.now())
            await self.workloads.save(turned)
        return True

    async def laid_down(
        self, who: Principal, workload_id: UUID, error: FairleadError
    ) -> None:
        """Record that a workload must not run, and why; a removed one is fine."""
        async with self.work:
            try:
                workload = await self.workloads.get(workload_id)
            except WorkloadNotFound:
                return
            turned = workload.turned(
                WorkloadState.STOPPED, reason=error.message, at=self.clock.now()
            )
            if turned is workload:
                return
            await self.workloads.save(turned)
            await self.trail.record(who, refused(act(START, workload), error))

    async def replaced(
        self, replica: Replica, *, port: int, crashed: bool
    ) -> Replica | None:
        """Record the next start of a serving replica; None: it serves no more."""
        async with self.work:
            if not await self._serves(replica):
                return None
            workload = await self.workloads.get(replica.workload_id)
            following = replace(replica, start=workload.starts + 1, port=port)
            restarts = workload.restarts + (1 if crashed else 0)
            await self.workloads.save(
                replace(workload, starts=following.start, restarts=restarts)
            )
            await self.releases.remove_replica(replica.key)
            await self.releases.put_replica(following)
        return following

    async def _serves(self, replica: Replica) -> bool:
        return any(
            one.key == replica.key and one.state is ReplicaState.SERVING
            for one in await self.releases.replicas(replica.workload_id)
        )

    async def moved(self, workload: WorkloadRecord) -> WorkloadRecord:
        """Record another port for the front of a workload and return it so.

        Raises:
            NoPortLeft: all are in use.
        """
        taken = {berth.port for berth in await self.fleet.berths()}
        port = await self.ports.choose(taken)
        async with self.work:
            found = await self.workloads.get(workload.id)
            moved = replace(found, port=port, updated_at=self.clock.now())
            await self.workloads.save(moved)
        return moved

    async def dropped(self, workload_id: UUID, until: int) -> None:
        """Record that a workload's output begins later."""
        async with self.work:
            workload = await self.workloads.get(workload_id)
            await self.workloads.save(replace(workload, output_start=until))
