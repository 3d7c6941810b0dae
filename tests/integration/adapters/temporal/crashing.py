"""The crash program on Temporal; started by the crash suite, with a role.

`server` makes activities, starts workflows whose ids begin with a prefix, and waits
for every end; it then exits with 0. `worker` plays workflows until it is killed.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from tests.integration.adapters.engine.crashing import FLOWS, Child
from typing_extensions import override

from fairlead.adapters.temporal.connection import Place
from fairlead.adapters.temporal.engine import TemporalEngine, Work
from fairlead.adapters.temporal.told import ToldFile
from fairlead.adapters.temporal.workers import Limits
from fairlead.kernel.engine import Engine, JournalUnavailable, Json

T = TypeVar("T")

LIMITS = Limits(heartbeat_seconds=1.0, cleanup_seconds=1.0, task_seconds=1.0)


async def patiently(ask: Callable[[], Awaitable[T]]) -> T:
    """Ask again while Temporal is away."""
    while True:
        try:
            return await ask()
        except JournalUnavailable:
            await asyncio.sleep(0.05)


class Patient(TemporalEngine):
    """Asks as callers are told to: again, later."""

    @override
    async def open(self) -> None:
        await patiently(super().open)

    @override
    async def start(self, workflow: str, argument: Json, *, id: str) -> bool:
        ask = super().start
        return await patiently(lambda: ask(workflow, argument, id=id))

    @override
    async def result(self, id: str, *, timeout_seconds: float) -> Json:
        ask = super().result
        return await patiently(lambda: ask(id, timeout_seconds=300.0))

    @override
    async def signal(self, id: str, name: str, payload: Json, *, dedup: str) -> None:
        ask = super().signal
        await patiently(lambda: ask(id, name, payload, dedup=dedup))

    @override
    async def cancel(self, id: str) -> None:
        ask = super().cancel
        await patiently(lambda: ask(id))


class Life(Child):
    """One life of a server or of a worker; at the point `all` it sees through all."""

    def __init__(self, folder: Path, prefix: str, point: str, place: Place) -> None:
        super().__init__(folder, prefix, point)
        self.target = place
        self.everything = point == "all"

    @override
    def known(self) -> list[str]:
        """Return the names of which not every end was seen."""
        text = (self.folder / "effects").read_text(encoding="utf-8")
        seen = set() if self.everything else set(text.splitlines())
        return [
            name
            for name in super().known()
            if not {f"R chain-{name}", f"C undone-{name}"} <= seen
        ]

    @override
    async def settle(self, known: list[str]) -> None:
        """Wait until every end was told, which a result does not wait for."""
        untold = {f"{kind}-{name}" for name in known for kind in ("chain", "undone")}
        while untold:
            text = (self.folder / "effects").read_text(encoding="utf-8")
            untold -= {line.split()[1] for line in text.splitlines() if line[0] == "T"}
            await asyncio.sleep(0.05)

    @override
    def engine(self) -> Engine:
        return self.made(Work(workflows=False), "server")

    def made(self, work: Work, role: str) -> TemporalEngine:
        return Patient(
            self.target,
            workflows=FLOWS,
            activities=self.activities(),
            told=ToldFile(self.folder / f"{role}.db"),
            limits=LIMITS,
            work=work,
        )

    async def play(self) -> None:
        """Play workflows until killed."""
        await self.made(Work(activities=False), "worker").open()
        await asyncio.Event().wait()


def main() -> None:
    role, folder, prefix, point, address, queue = sys.argv[1:]
    place = Place(address=address, namespace="default", task_queue=queue)
    life = Life(Path(folder), prefix, point, place)
    if role == "worker":
        asyncio.run(life.play())
    else:
        life.begin()
        asyncio.run(life.live())


if __name__ == "__main__":
    main()
