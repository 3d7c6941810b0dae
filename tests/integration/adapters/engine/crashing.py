"""A process that runs workflows and dies where it is told; started by the crash suite.

It reads one line per order (`folder prefix point`), forks, and lets the child open
the journal in `folder`, start workflows whose ids begin with `prefix` and wait for
every workflow to end. It answers with the child's process id, then its exit status.
"""

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Any, NoReturn

from typing_extensions import override

from fairlead.adapters.engine.engine import EmbeddedEngine
from fairlead.adapters.engine.journal import Journal
from fairlead.adapters.engine.records import (
    ATTEMPT,
    CANCEL,
    CANCELLED,
    DONE,
    RETRY,
    SIGNAL,
    TIMER,
)
from fairlead.adapters.engine.writer import Batch, Writer
from fairlead.kernel.engine import (
    Activity,
    Attempt,
    Call,
    Engine,
    Json,
    Node,
    RetryPolicy,
    Steps,
    Workflow,
    WorkflowCancelled,
    WorkflowStatus,
    WorkflowUnknown,
)
from fairlead.kernel.errors import ErrorKind, FairleadError

WORKFLOWS = 3
KINDS = {
    "attempt": ATTEMPT,
    "retry": RETRY,
    "timer": TIMER,
    "done": DONE,
    "cancelled": CANCELLED,
    "signal": SIGNAL,
    "cancel": CANCEL,
}
POLICY = RetryPolicy(max_attempts=50, initial_seconds=0.005, max_seconds=0.5)


class NotYet(FairleadError):
    """The first attempt of the flaky step."""

    kind = ErrorKind.CONFLICT
    code = "test.not_yet"


def die() -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise SystemExit(1)


def call(activity: str, argument: Json = None) -> Call:
    return Call(activity=activity, argument=argument, retry=POLICY)


async def chain(steps: Steps, argument: Json) -> Json:
    """Take every kind of step once."""
    first = await steps.run(call("work", argument), key="first")
    await steps.sleep(0.01, key="nap")
    nodes = {
        "left": Node(call=call("work", "l")),
        "right": Node(call=call("flaky", "r")),
        "both": Node(call=call("work", "b"), needs=("left", "right")),
    }
    middle = await steps.graph(nodes)
    heard = [await steps.signal("go") for _ in range(2)]
    last = await steps.run(call("work", "last"), key="last")
    return [first, dict(middle), heard, last]


async def undone(steps: Steps, argument: Json) -> Json:
    """Wait to be cancelled, then undo in three steps."""
    await steps.run(call("work"), key="prepare")
    try:
        await steps.run(call("wait"), key="do")
    except WorkflowCancelled:
        for number in range(3):
            await steps.run(call("work", number), key=f"undo{number}", shield=True)
        raise


FLOWS = (
    Workflow(name="chain", function=chain),
    Workflow(name="undone", function=undone),
)


class Child:
    """One life of the process."""

    def __init__(self, folder: Path, prefix: str, point: str) -> None:
        self.ids = [f"{prefix}{n}" for n in range(WORKFLOWS)]
        self.folder = folder
        self.place, _, rest = point.partition(":")
        self.wanted, _, count = rest.partition(":")
        self.left = int(count or 1)
        flags = os.O_CREAT | os.O_WRONLY | os.O_APPEND
        self.effects = os.open(folder / "effects", flags)
        self.doing = asyncio.Condition()
        self.busy: set[str] = set()

    def begin(self) -> None:
        """Write down what this life begins with."""
        with (self.folder / "ids").open("a", encoding="utf-8") as file:
            file.writelines(f"{name}\n" for name in self.ids)

    def note(self, *words: object) -> None:
        """Write an effect outside of the engine."""
        os.write(self.effects, (" ".join(map(str, words)) + "\n").encode())

    def reach(self, place: str, what: str) -> None:
        """Die if this is the place."""
        if (place, what) == (self.place, self.wanted):
            self.left -= 1
            if not self.left:
                die()

    async def work(self, attempt: Attempt) -> Json:
        step = attempt.key.partition("/")[2]
        self.note("A", attempt.key, attempt.number)
        self.reach("begin", step)
        await asyncio.sleep(0.002)
        self.note("D", attempt.key)
        self.reach("end", step)
        return attempt.argument

    async def flaky(self, attempt: Attempt) -> Json:
        self.note("A", attempt.key, attempt.number)
        if attempt.number == 1:
            raise NotYet("Again, please.")
        return attempt.argument

    async def wait(self, attempt: Attempt) -> Json:
        self.note("A", attempt.key, attempt.number)
        async with self.doing:
            self.busy.add(attempt.workflow_id)
            self.doing.notify_all()
        await asyncio.Event().wait()

    async def told(self, status: WorkflowStatus) -> None:
        self.note("T", status.id, status.state.value)

    async def live(self) -> None:
        """Do everything there is to do."""
        engine = self.engine()
        engine.watch(self.told)
        await engine.open()
        known = self.known()
        await asyncio.gather(*(self.see_through(engine, name) for name in known))
        await self.settle(known)
        await engine.close()

    async def settle(self, known: list[str]) -> None:
        """Wait for what comes after the ends; here, they are told before."""

    def known(self) -> list[str]:
        """Return the names that any life began with."""
        return (self.folder / "ids").read_text(encoding="utf-8").split()

    def activities(self) -> dict[str, Activity]:
        return {"work": self.work, "flaky": self.flaky, "wait": self.wait}

    def engine(self) -> Engine:
        """Make an engine that dies at its place."""
        child = self

        class DyingWriter(Writer):
            @override
            def commit(self, batch: Batch) -> list[Any]:
                for what in kinds(batch):
                    child.reach("before", what)
                results = super().commit(batch)
                for what in kinds(batch):
                    child.reach("committed", what)
                return results

            @override
            def write(self, batch: Batch) -> None:
                super().write(batch)
                for what in kinds(batch):
                    child.reach("written", what)

        class DyingJournal(Journal):
            writer_type = DyingWriter

        class DyingEngine(EmbeddedEngine):
            journal_type = DyingJournal

        return DyingEngine(
            self.folder / "engine.db", workflows=FLOWS, activities=self.activities()
        )

    async def see_through(self, engine: Engine, name: str) -> None:
        """Start both workflows of one name, send, cancel, wait for the ends."""
        for kind in ("chain", "undone"):
            await engine.start(kind, name, id=f"{kind}-{name}")
            self.note("S", f"{kind}-{name}")
        for number in range(2):
            try:
                await engine.signal(f"chain-{name}", "go", number, dedup=str(number))
            except WorkflowUnknown:
                continue  # ended in an earlier life
            self.note("G", f"chain-{name}", number)
        await asyncio.gather(self.undo(engine, name), self.finish(engine, name))

    async def undo(self, engine: Engine, name: str) -> None:
        undone_id = f"undone-{name}"
        ended = asyncio.ensure_future(engine.result(undone_id, timeout_seconds=60))
        async with self.doing:
            waiting = asyncio.ensure_future(
                self.doing.wait_for(lambda: undone_id in self.busy)
            )
            await asyncio.wait({ended, waiting}, return_when="FIRST_COMPLETED")
            waiting.cancel()
            await asyncio.wait({waiting})
        await engine.cancel(undone_id)
        try:
            await ended
        except WorkflowCancelled:
            self.note("C", undone_id)

    async def finish(self, engine: Engine, name: str) -> None:
        result = await engine.result(f"chain-{name}", timeout_seconds=60)
        middle = {"left": "l", "right": "r", "both": "b"}
        if result == [name, middle, [0, 1], "last"]:
            self.note("R", f"chain-{name}")


def kinds(batch: Batch) -> list[str]:
    """Name what a commit holds."""
    found = {record.kind for record in batch.records}
    found |= {record.kind for record, _ in batch.asked}
    names = [name for name, kind in KINDS.items() if kind in found]
    names += ["start"] if batch.starts else []
    names += ["ended"] if batch.ends else []
    return names + (["told"] if batch.told else [])


def main() -> None:
    for order in sys.stdin:
        folder, prefix, point = order.split()
        child = os.fork()
        if not child:
            os.dup2(2, 1)  # the log is no answer
            life = Child(Path(folder), prefix, point)
            life.begin()
            asyncio.run(life.live())
            os._exit(0)
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
