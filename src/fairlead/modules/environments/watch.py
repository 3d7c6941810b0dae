"""Keeping one replica up: started again after a crash, given up after too many."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field

import structlog

from fairlead.kernel.errors import FairleadError
from fairlead.modules.environments.domain import (
    NeverAnswered,
    Replica,
    ReplicaEnded,
    RestartRule,
)
from fairlead.modules.environments.ports import Provider
from fairlead.modules.environments.public import WorkloadState
from fairlead.modules.environments.upkeep import Upkeep

log = structlog.get_logger(__name__)

REASON_LINES = 5
TROUBLE_SECONDS = 1.0

Ledgers = Callable[[], AbstractAsyncContextManager[Upkeep]]


class NoLongerServing(Exception):
    """The replica was replaced or stopped on purpose; nothing is left to watch."""


@dataclass(slots=True, kw_only=True)
class Watch:
    """Watches one replica until it is cancelled or gives up.

    Attributes:
        replica: The one that serves, of the latest start.
        up: Whether it answers.
        turn: Held while the replica's record and process change.
        changed: Called when `up` or `replica` changed.
        mates: Returns the watches of all replicas of the workload, this one too.
        lost: Why it was given up; empty while it is not.
    """

    replica: Replica
    up: bool
    provider: Provider
    upkeep: Ledgers
    rule: RestartRule
    health_seconds: float
    turn: asyncio.Lock
    changed: Callable[[], None]
    mates: Callable[[], Sequence["Watch"]]
    lost: str = ""
    _starts: int = 0
    _crashes: int = 0
    _began: float = 0.0
    _code: int | None = None
    _complaint: str = field(default="")

    async def run(self) -> None:
        """Watch."""
        self._began = _now()
        while True:
            try:
                await self._life()
            except NoLongerServing:
                return
            except FairleadError as error:
                log.warning(
                    "replica_unwatched", replica=self.replica.key, error=error.message
                )
                self._set(up=False)
                await asyncio.sleep(TROUBLE_SECONDS)

    async def _life(self) -> None:
        """Live through one crash and one start."""
        if self.up:
            self._code = await self.provider.ended(self.replica)
            self._complaint = ""
        self._set(up=False)
        await self._mourn()
        await self._start(crashed=self._code is not None or bool(self._complaint))
        await self._wait()

    async def _mourn(self) -> None:
        """Count the crash, tell of it, and wait; or give up."""
        if self._code is None and not self._complaint:
            if self._starts:
                await asyncio.sleep(self.rule.first_seconds)
            await self._say(WorkloadState.DOWN, "It was interrupted; starting it anew.")
            return
        lived = _now() - self._began
        self._crashes = self.rule.quick_crashes(self._crashes, lived_seconds=lived)
        wait = self.rule.wait_seconds(self._crashes)
        what = self._complaint or (
            f"Replica {self.replica.index} ended with code {self._code}"
        )
        if wait is None:
            printed = await self.provider.last_output(self.replica, lines=REASON_LINES)
            end = f" Its last output:\n{printed}" if printed else " It printed nothing."
            self.lost = f"{what}, {self._crashes} times soon after its start.{end}"
            await self._say(*standing(self.mates()))
            log.warning("replica_given_up", replica=self.replica.key)
            raise NoLongerServing
        await self._say(WorkloadState.DOWN, f"{what}; next start in {wait:g} s.")
        await asyncio.sleep(wait)

    async def _say(self, state: WorkloadState, reason: str) -> None:
        async with self.upkeep() as upkeep:
            if not await upkeep.turned(self.replica, state, reason=reason):
                raise NoLongerServing

    async def _start(self, *, crashed: bool) -> None:
        self._starts += 1
        port = await self.provider.free_port()
        async with self.turn, self.upkeep() as upkeep:
            following = await upkeep.replaced(self.replica, port=port, crashed=crashed)
            if following is None:
                raise NoLongerServing
            before, self.replica = self.replica, following
            self._began = _now()
            self.changed()
            await self.provider.stop(before.key)  # forgets how it ended
            workload = await upkeep.find(following.workload_id)
            if workload is None:
                raise NoLongerServing
            release = await upkeep.release(following)
            await self.provider.start(workload, release, following)

    async def _wait(self) -> None:
        """Wait until the started replica answers; what hinders it is a crash, too."""
        async with self.upkeep() as upkeep:
            release = await upkeep.release(self.replica)
        try:
            await self.provider.answers(
                release, self.replica, timeout_seconds=self.health_seconds
            )
        except ReplicaEnded:
            self._code = await self.provider.ended(self.replica)
            self._complaint = ""
            return
        except NeverAnswered as error:
            await self.provider.stop(self.replica.key)
            self._complaint = error.message.rstrip(".")
            return
        self._set(up=True)
        mates = self.mates()
        if all(mate.up or mate.lost for mate in mates):
            await self._say(*standing(mates))

    def _set(self, *, up: bool) -> None:
        if up is not self.up:
            self.up = up
            self.changed()


def standing(watches: Sequence[Watch]) -> tuple[WorkloadState, str]:
    """Return how a workload is whose replicas are up or given up, and why.

    It has failed only once all of them were given up.
    """
    lost = [watch.lost for watch in watches if watch.lost]
    if not lost:
        return WorkloadState.HEALTHY, ""
    if len(lost) == len(watches):
        return WorkloadState.FAILED, lost[-1]
    counted = f"{len(lost)} of {len(watches)} replicas failed; the others serve. "
    return WorkloadState.DOWN, counted + lost[-1]


def _now() -> float:
    return asyncio.get_running_loop().time()
