"""The steps of a deployment, as the engine calls them: each may be run again."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Self
from uuid import UUID

from dishka import AsyncContainer

from fairlead.adapters.wiring.scopes import Scopes
from fairlead.kernel.engine import Attempt, Json, activity
from fairlead.kernel.principal import TenantId, service
from fairlead.modules.environments.domain import (
    Release,
    Replica,
    ReplicaState,
    WorkloadRecord,
    order_of,
)
from fairlead.modules.environments.ledger import Asked, Ledger
from fairlead.modules.environments.ports import (
    Keeper,
    Output,
    Provider,
    ReleaseStore,
    WorkloadStore,
)
from fairlead.modules.environments.public import WorkloadNotFound
from fairlead.modules.environments.settings import EnvironmentsSettings
from fairlead.services.operations.public import Feeds, OperationNotFound, Operations

POLL_SECONDS = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What every step of one workload's deployment knows."""

    tenant_id: TenantId
    operation_id: UUID
    feed_id: UUID
    stream: str
    workload_id: UUID
    release: int

    @classmethod
    def of(cls, argument: Json) -> Self:
        """Read what the workflow passed."""
        return cls(
            tenant_id=TenantId(UUID(argument["tenant_id"])),
            operation_id=UUID(argument["operation_id"]),
            feed_id=UUID(argument["feed_id"]),
            stream=argument["stream"],
            workload_id=UUID(argument["workload_id"]),
            release=argument.get("release", 0),
        )


class Desk:
    """What a step works with: the stores of its tenant, and the feed it writes to."""

    def __init__(self, scope: AsyncContainer, task: Task) -> None:
        """Work on `task` within `scope`."""
        self._scope = scope
        self._task = task

    async def ledger(self) -> Ledger:
        """Return what keeps the records."""
        ledger: Ledger = await self._scope.get(Ledger)
        return ledger

    async def operations(self) -> Operations:
        """Return the operations, to ask about others."""
        operations: Operations = await self._scope.get(Operations)
        return operations

    async def output(self) -> Output:
        """Return where output of programs goes."""
        feeds = await self._scope.get(Feeds)
        return Output(feeds.path(self._task.feed_id), self._task.stream)

    async def tell(self, line: str) -> None:
        """Write one line to the feed."""
        feeds = await self._scope.get(Feeds)
        task = self._task
        await feeds.write(task.feed_id, f"{line}\n", stream=task.stream)

    async def at_work(self) -> tuple[WorkloadRecord, Release, Sequence[Replica]]:
        """Return the workload, the release at work and this operation's replicas."""
        task = self._task
        workload = await (await self._scope.get(WorkloadStore)).get(task.workload_id)
        store = await self._scope.get(ReleaseStore)
        releases = await store.of(task.workload_id)
        release = next(one for one in releases if one.number == task.release)
        replicas = await store.replicas(task.workload_id)
        own = [one for one in replicas if one.deployment == task.operation_id]
        return workload, release, own


class DeployActivities:
    """Claim, prepare, start, wait, switch, drain, settle."""

    def __init__(
        self,
        scopes: Scopes,
        provider: Provider,
        keeper: Keeper,
        settings: EnvironmentsSettings,
    ) -> None:
        """Run releases by `provider`; `keeper` has the fronts."""
        self._scopes = scopes
        self._provider = provider
        self._keeper = keeper
        self._settings = settings
        self._choosing = asyncio.Lock()

    @asynccontextmanager
    async def _desk(self, task: Task) -> AsyncIterator[Desk]:
        who = service("environments", task.tenant_id)
        async with self._scopes.enter(who) as scope:
            yield Desk(scope, task)

    @activity("environments.claim")
    async def claim(self, attempt: Attempt) -> Json:
        """Take the workload for this operation, waiting for its turn."""
        task = Task.of(attempt.argument)
        asked = _asked(attempt.argument)
        waiting = False
        while True:
            async with self._desk(task) as desk:
                ledger = await desk.ledger()
                async with self._choosing:
                    port = await ledger.port_for(task.workload_id)
                    claim = await ledger.claim(task.workload_id, asked, port=port)
                if claim.release is not None:
                    for replica in claim.leftover:
                        await self._provider.stop(replica.key)
                    await ledger.removed(claim.leftover)
                    await desk.tell(claim.headline)
                    return {"release": claim.release.number}
                if await _over(desk, claim.holder, task):
                    await ledger.release(task.workload_id, claim.holder)
                    continue
                if not waiting:
                    await desk.tell("waiting for another deployment of it to end")
                    waiting = True
            await asyncio.sleep(POLL_SECONDS)

    @activity("environments.prepare")
    async def prepare(self, attempt: Attempt) -> Json:
        """Make the release's folder."""
        task = Task.of(attempt.argument)
        async with self._desk(task) as desk:
            workload, release, _ = await desk.at_work()
            output = await desk.output()
        await self._provider.prepare(workload, release, output)
        return None

    @activity("environments.start")
    async def start(self, attempt: Attempt) -> Json:
        """Start the replicas beside those that serve."""
        task = Task.of(attempt.argument)
        async with self._desk(task) as desk:
            workload, release, own = await desk.at_work()
            count = release.order.replicas
            noun = "1 replica" if count == 1 else f"{count} replicas"
            beside = f" beside release {workload.release}" if workload.release else ""
            await desk.tell(f"starting {noun}{beside}")
            ledger = await desk.ledger()
            known = {replica.index: replica for replica in own}
            for index in range(1, count + 1):
                replica = known.get(index) or await ledger.berth(
                    release,
                    index,
                    deployment=task.operation_id,
                    port=await self._provider.free_port(),
                )
                pid = await self._provider.start(workload, release, replica)
                process = f"pid {pid}" if pid else "not running"
                await desk.tell(f"replica {index} {process}, port {replica.port}")
        return None

    @activity("environments.answers")
    async def answers(self, attempt: Attempt) -> Json:
        """Wait until every new replica answers; start those a restart ended."""
        task = Task.of(attempt.argument)
        async with self._desk(task) as desk:
            workload, release, own = await desk.at_work()
            for replica in own:
                await self._provider.start(workload, release, replica)
            limit = self._settings.health_timeout_seconds
            health = release.order.health
            await desk.tell(f"waiting for GET {health}, up to {limit:g} s")

            async def wait(replica: Replica) -> None:
                answer = await self._provider.answers(
                    release, replica, timeout_seconds=limit
                )
                await desk.tell(
                    f"replica {replica.index} answered {answer.status} "
                    f"in {answer.milliseconds} ms"
                )

            await _together([wait(replica) for replica in own])
        return None

    @activity("environments.switch")
    async def switch(self, attempt: Attempt) -> Json:
        """Let the front pass new connections to the new replicas only."""
        task = Task.of(attempt.argument)
        async with self._desk(task) as desk:
            ledger = await desk.ledger()
            workload = await ledger.switch(
                task.workload_id, task.release, deployment=task.operation_id
            )
            await self._keeper.refresh(task.tenant_id, task.workload_id)
            workload = await ledger.get(workload.id)  # the front may have moved
            shown = workload.shown(self._settings.host)
            await desk.tell(f"release {shown.release} serves at {shown.url}")
        return {"id": str(shown.id), "name": shown.name, "url": shown.url}

    @activity("environments.drain")
    async def drain(self, attempt: Attempt) -> Json:
        """Give the old replicas' connections some time to end by themselves."""
        task = Task.of(attempt.argument)
        async with self._desk(task) as desk:
            ledger = await desk.ledger()
            old = await ledger.replicas(task.workload_id, ReplicaState.DRAINING)
            if not old:
                return None
            await desk.tell(f"draining release {old[0].release}")
            drained = await self._keeper.drained(
                task.workload_id,
                [replica.port for replica in old],
                timeout_seconds=self._settings.drain_seconds,
            )
            if not drained:
                limit = self._settings.drain_seconds
                await desk.tell(f"connections left after {limit:g} s end now")
        return None

    @activity("environments.settle")
    async def settle(self, attempt: Attempt) -> Json:
        """Stop what does not serve, and let the next deployment have its turn."""
        task = Task.of(attempt.argument)
        reason = attempt.argument["reason"]
        async with self._desk(task) as desk:
            ledger = await desk.ledger()
            try:
                idle = await ledger.idle(task.workload_id, by=task.operation_id)
            except WorkloadNotFound:
                await self._keeper.remove(task.workload_id)
                return None
            for replica in idle:
                never_served = replica.state is ReplicaState.STARTING
                await self._provider.stop(replica.key, soon=never_served)
            settled = await ledger.settle(
                task.workload_id, idle, deployment=task.operation_id, reason=reason
            )
            for number in settled.discarded:
                await self._provider.discard(task.workload_id, number)
            await self._keeper.refresh(task.tenant_id, task.workload_id)
            for line in settled.lines:
                await desk.tell(line)
        return None


def _asked(argument: Json) -> Asked:
    order = argument.get("order")
    operation_id = UUID(argument["operation_id"])
    if order is None:
        return Asked(operation_id=operation_id)
    return Asked(
        operation_id=operation_id,
        run_id=UUID(argument["run_id"]),
        run_number=argument["number"],
        order=order_of(order),
    )


async def _over(desk: Desk, holder: UUID | None, task: Task) -> bool:
    """Tell whether an operation has ended without letting go of the workload."""
    if holder is None:
        return False
    operations = await desk.operations()
    try:
        found = await operations.get(service("environments", task.tenant_id), holder)
    except OperationNotFound:
        return True
    return found.state.final


async def _together(waits: Sequence[Coroutine[Any, Any, None]]) -> None:
    """Run all; the first error ends the others and is raised."""
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
