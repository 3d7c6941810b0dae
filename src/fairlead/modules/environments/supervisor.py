"""Keeps every workload up: fronts on their ports, replicas behind them."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import structlog
from typing_extensions import override

from fairlead.adapters.proxy.front import TcpFront
from fairlead.adapters.wiring.part import Opened
from fairlead.adapters.wiring.scopes import Scopes
from fairlead.kernel.errors import FairleadError
from fairlead.kernel.journal import Journals
from fairlead.kernel.principal import DEFAULT_TENANT, TenantId, service
from fairlead.kernel.processes import PlainProcesses
from fairlead.modules.environments.domain import (
    ProviderRefused,
    Replica,
    RestartRule,
    WorkloadRecord,
    check_plain,
    journal_name,
)
from fairlead.modules.environments.output import drop, excess
from fairlead.modules.environments.ports import Keeper, Provider
from fairlead.modules.environments.process_provider import PREFIX
from fairlead.modules.environments.public import WorkloadState
from fairlead.modules.environments.settings import EnvironmentsSettings
from fairlead.modules.environments.upkeep import Upkeep
from fairlead.modules.environments.watch import Watch

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Kept:
    """A workload as the supervisor has it in hand."""

    tenant_id: TenantId
    workload_id: UUID
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    front: TcpFront | None = None
    watches: list[tuple[Watch, "asyncio.Task[None]"]] = field(default_factory=list)

    def point(self, host: str) -> None:
        """Let the front know which replicas answer."""
        if self.front is not None:
            ports = [watch.replica.port for watch, _ in self.watches if watch.up]
            self.front.point((host, port) for port in ports)

    def mates(self) -> Sequence[Watch]:
        """Return all watches."""
        return [watch for watch, _ in self.watches]


class Supervisor(Keeper, Opened):
    """Adopts what runs at its start, brings back what does not, watches all of it."""

    def __init__(
        self,
        plain: PlainProcesses,
        scopes: Scopes,
        provider: Provider,
        journals: Journals,
        settings: EnvironmentsSettings,
    ) -> None:
        """Start replicas by `provider`; front them as `settings` say.

        Where not even plain processes are allowed, what still runs is stopped.
        """
        self._plain = plain
        self._scopes = scopes
        self._provider = provider
        self._journals = journals
        self._settings = settings
        self._rule = RestartRule(
            first_seconds=settings.restart_seconds,
            max_seconds=settings.restart_max_seconds,
            quick_seconds=settings.quick_crash_seconds,
            limit=settings.quick_crashes,
        )
        self._kept: dict[UUID, Kept] = {}
        self._chores: set[asyncio.Task[None]] = set()
        self._opened = asyncio.Event()  # the engine may call before and after

    @override
    async def open(self) -> None:
        running = await self._provider.running()
        async with self._upkeep(DEFAULT_TENANT)() as upkeep:
            berths = await upkeep.berths()
        recorded: set[str] = set()
        for berth in berths:
            kept = Kept(berth.tenant_id, berth.workload_id)
            self._kept[berth.workload_id] = kept
            async with self._upkeep(berth.tenant_id)() as upkeep:
                recorded |= await upkeep.keys(berth.workload_id)
            await self._take_up(kept, running)
        self._opened.set()
        self._chore(self._sweep(running - recorded))
        self._chore(self._patrol())

    @override
    async def close(self) -> None:
        self._opened.clear()
        tasks = [*self._chores]
        for kept in self._kept.values():
            tasks += [task for _, task in kept.watches]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for kept in self._kept.values():
            if kept.front is not None:
                await kept.front.close()
        self._kept.clear()

    @override
    async def refresh(self, tenant_id: TenantId, workload_id: UUID) -> None:
        await self._opened.wait()
        kept = self._kept.setdefault(workload_id, Kept(tenant_id, workload_id))
        await self._take_up(kept, None)

    @override
    async def drained(
        self, workload_id: UUID, ports: Sequence[int], *, timeout_seconds: float
    ) -> bool:
        await self._opened.wait()
        kept = self._kept.get(workload_id)
        if kept is None or kept.front is None:
            return True
        host, front = self._settings.host, kept.front
        waits = [
            front.drained((host, port), timeout_seconds=timeout_seconds)
            for port in ports
        ]
        return all(await asyncio.gather(*waits))

    @override
    async def remove(self, workload_id: UUID) -> None:
        await self._opened.wait()
        kept = self._kept.pop(workload_id, None)
        if kept is not None:
            async with kept.turn:
                await self._let_go(kept, keys=frozenset())
                if kept.front is not None:
                    await kept.front.close()
        for key in await self._provider.running():
            if key.startswith(f"{PREFIX}{workload_id}/"):
                await self._provider.stop(key)
        await self._provider.discard(workload_id)
        await self._journals.delete(journal_name(workload_id))

    async def _take_up(self, kept: Kept, running: frozenset[str] | None) -> None:
        """Make watches and front fit the records; `running` None: all new ones run."""
        async with kept.turn:
            try:
                check_plain(self._plain)
            except ProviderRefused as error:
                await self._lay_down(kept, error)
                return
            async with self._upkeep(kept.tenant_id)() as upkeep:
                workload = await upkeep.find(kept.workload_id)
                serving = await upkeep.serving(kept.workload_id)
                if workload is not None and workload.release and kept.front is None:
                    kept.front = await self._front(workload, upkeep)
            await self._let_go(kept, keys=frozenset(one.key for one in serving))
            known = {watch.replica.key for watch, _ in kept.watches}
            for replica in serving:
                up = running is None or replica.key in running
                failed = workload is not None and workload.state is WorkloadState.FAILED
                if replica.key not in known and (up or not failed):
                    self._watch(kept, replica, up=up)
            kept.point(self._settings.host)

    async def _lay_down(self, kept: Kept, error: ProviderRefused) -> None:
        """Stop what a server with other settings left running, and say why."""
        for key in await self._provider.running():
            if key.startswith(f"{PREFIX}{kept.workload_id}/"):
                await self._provider.stop(key)
        who = service("environments", kept.tenant_id)
        async with self._upkeep(kept.tenant_id)() as upkeep:
            await upkeep.laid_down(who, kept.workload_id, error)

    async def _let_go(self, kept: Kept, *, keys: frozenset[str]) -> None:
        """End the watches of replicas that serve no more."""
        gone = [one for one in kept.watches if one[0].replica.key not in keys]
        kept.watches = [one for one in kept.watches if one not in gone]
        for _, task in gone:
            task.cancel()
        await asyncio.gather(*(task for _, task in gone), return_exceptions=True)

    def _watch(self, kept: Kept, replica: Replica, *, up: bool) -> None:
        watch = Watch(
            replica=replica,
            up=up,
            provider=self._provider,
            upkeep=self._upkeep(kept.tenant_id),
            rule=self._rule,
            health_seconds=self._settings.health_timeout_seconds,
            turn=kept.turn,
            changed=lambda: kept.point(self._settings.host),
            mates=kept.mates,
        )
        task = asyncio.create_task(watch.run())
        task.add_done_callback(_tell_bug)
        kept.watches.append((watch, task))

    async def _front(self, workload: WorkloadRecord, upkeep: Upkeep) -> TcpFront:
        """Listen on the workload's port, or on another where that is taken."""
        host = self._settings.host
        while True:
            front = TcpFront(
                idle_seconds=self._settings.idle_seconds,
                max_connections=self._settings.connections,
            )
            try:
                await front.open(host, workload.port)
            except OSError as error:
                taken = workload.port
                workload = await upkeep.moved(workload)
                log.warning(
                    "front_moved",
                    workload=workload.title,
                    port=workload.port,
                    taken=taken,
                    error=error.strerror,
                )
            else:
                return front

    def _upkeep(
        self, tenant_id: TenantId
    ) -> Callable[[], AbstractAsyncContextManager[Upkeep]]:
        @asynccontextmanager
        async def enter() -> AsyncIterator[Upkeep]:
            async with self._scopes.enter(service("environments", tenant_id)) as scope:
                yield await scope.get(Upkeep)

        return enter

    def _chore(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._chores.add(task)
        task.add_done_callback(self._chores.discard)
        task.add_done_callback(_tell_bug)

    async def _sweep(self, orphans: frozenset[str]) -> None:
        """End replicas that no record knows: a crash cut their end short."""
        for key in orphans:
            log.warning("replica_unknown", replica=key)
            await self._provider.stop(key)

    async def _patrol(self) -> None:
        """Drop the beginning of what grew too long."""
        while True:
            await asyncio.sleep(self._settings.output_check_seconds)
            for kept in list(self._kept.values()):
                try:
                    await self._shorten(kept)
                except (FairleadError, OSError) as error:
                    log.warning(
                        "output_kept", workload=str(kept.workload_id), error=str(error)
                    )

    async def _shorten(self, kept: Kept) -> None:
        path = self._journals.path(journal_name(kept.workload_id))
        keep = self._settings.output_bytes
        if not path.exists() or path.stat().st_size < 2 * keep:
            return
        async with self._upkeep(kept.tenant_id)() as upkeep:
            workload = await upkeep.find(kept.workload_id)
            if workload is None:
                return
            start = workload.output_start
            until = await asyncio.to_thread(excess, path, start=start, keep=keep)
            if until is not None:
                await upkeep.dropped(kept.workload_id, until)
                await asyncio.to_thread(drop, path, start=start, until=until)


def _tell_bug(task: "asyncio.Task[None]") -> None:
    if not task.cancelled() and task.exception() is not None:
        log.error("supervision_ended", exc_info=task.exception())
