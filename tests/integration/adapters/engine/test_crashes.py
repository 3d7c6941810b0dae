"""The embedded engine survives SIGKILL anywhere: nothing lost, repeated or stuck.

FAIRLEAD_CRASH_ROUNDS: how many kills at random moments (15).
"""

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from fairlead.adapters.engine.records import ATTEMPT, OUTCOMES, SIGNAL

ROUNDS = int(os.environ.get("FAIRLEAD_CRASH_ROUNDS", "15"))
LOT = 50  # kills of one journal, which is then seen through and looked at
PLACES = ("before", "written", "committed")
KINDS = (
    "start",
    "attempt",
    "retry",
    "timer",
    "done",
    "signal",
    "cancel",
    "cancelled",
    "ended",
    "told",
)
POINTS = [
    *(
        f"{place}:{kind}:{count}"
        for kind in KINDS
        for place in PLACES
        for count in (1,)
    ),
    *(f"{place}:{step}" for step in ("first", "both") for place in ("begin", "end")),
    *(f"{place}:undo{n}:2" for n in range(3) for place in ("begin", "end")),
]


@dataclass(frozen=True)
class Seen:
    """What a journal held after a life ended."""

    outcomes: frozenset[str] = frozenset()
    attempts: frozenset[str] = frozenset()
    signals: frozenset[str] = frozenset()
    workflows: frozenset[str] = frozenset()
    ended: dict[str, str] = field(default_factory=dict)


@dataclass
class Lives:
    """Lives and deaths on one journal, and what was seen after each."""

    folder: Path
    process: "subprocess.Popen[str]"
    number: int = 0
    repeated: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    _seen: Seen | None = None
    _read: int = 0

    def start(self, point: str = "never") -> int:
        """Begin a life that dies at `point`; return its process id."""
        self.number += 1
        self._send(f"{self.folder} r{self.number}w {point}\n")
        return int(self._answer())

    def end(self) -> int:
        """Wait until the life has ended, look at what it left, return its status."""
        status = int(self._answer())
        self._look()
        return status

    def _look(self) -> None:
        """Compare what happened with what the journal said before and says now."""
        path = self.folder / "effects"
        data = path.read_text(encoding="utf-8") if path.exists() else ""
        fresh = data[self._read :].splitlines()
        self._read = len(data)
        before, now = self._seen, self._journal()
        for line in fresh:
            kind, name, *rest = line.split()
            if kind == "A" and before is not None and name in before.outcomes:
                self.repeated.append(line)
            kept = {
                "A": f"{name} {rest[0]}" in now.attempts if rest else False,
                "S": name in now.workflows,
                "G": f"{name} {rest[0]}" in now.signals if rest else False,
                "T": now.ended.get(name) == rest[0] if rest else False,
                "R": now.ended.get(name) == "succeeded",
                "C": now.ended.get(name) == "cancelled",
            }
            if not kept.get(kind, True):
                self.lost.append(line)
        if before is not None:
            self.lost += before.outcomes - now.outcomes
            self.lost += before.workflows - now.workflows
            self.lost += before.ended.keys() - now.ended.keys()
        self._seen = now

    def _journal(self) -> Seen:
        """Read a copy, so that the next life recovers by itself."""
        copy = self.folder / "copy"
        shutil.rmtree(copy, ignore_errors=True)
        copy.mkdir()
        for path in self.folder.glob("engine.db*"):
            shutil.copy(path, copy)
        connection = sqlite3.connect(copy / "engine.db")
        try:
            if not connection.execute("PRAGMA user_version").fetchone()[0]:
                return Seen()
            rows = connection.execute(
                "SELECT id, kind, key, r.number FROM records r "
                "JOIN workflows w ON w.number = r.workflow"
            ).fetchall()
            ids = connection.execute("SELECT id FROM workflows").fetchall()
            ends = connection.execute(
                "SELECT id, state FROM ends e JOIN workflows w ON w.number = e.number"
            ).fetchall()
        finally:
            connection.close()
        return Seen(
            frozenset(f"{i}/{key}" for i, kind, key, _ in rows if kind in OUTCOMES),
            frozenset(f"{i}/{key} {n}" for i, kind, key, n in rows if kind == ATTEMPT),
            frozenset(
                f"{i} {key.split()[1]}" for i, kind, key, _ in rows if kind == SIGNAL
            ),
            frozenset(name for (name,) in ids),
            dict(ends),
        )

    def finish(self) -> int:
        """Let the last life do what is left, and check what was made of all.

        Returns how many workflows were begun.
        """
        self.start()
        status = self.end()
        ids = (self.folder / "ids").read_text(encoding="utf-8").split()
        lines = (self.folder / "effects").read_text(encoding="utf-8").splitlines()
        words = Counter(" ".join(line.split()[:2]) for line in lines)

        assert status == 0
        assert self.repeated == []
        assert self.lost == []
        for name in ids:
            assert words[f"R chain-{name}"] >= 1
            assert words[f"C undone-{name}"] >= 1
            assert words[f"T chain-{name}"] >= 1
            assert words[f"T undone-{name}"] >= 1
            for step in ("undo0", "undo1", "undo2"):
                assert words[f"D undone-{name}/{step}"] >= 1
        return 2 * len(ids)

    def _send(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line)
        self.process.stdin.flush()

    def _answer(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline()


@pytest.fixture
def new_lives(tmp_path: Path) -> Iterator[Callable[[], Lives]]:
    """Give lives on one journal after another."""
    source = Path(__file__).parents[4] / "src"
    with (
        (tmp_path / "errors").open("w") as errors,
        subprocess.Popen(  # noqa: S603 - our own script
            [sys.executable, str(Path(__file__).with_name("crashing.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            env={**os.environ, "PYTHONPATH": str(source)},
            text=True,
        ) as process,
    ):

        def begin() -> Lives:
            folder = Path(tempfile.mkdtemp(prefix="lives", dir=tmp_path))
            return Lives(folder, process)

        yield begin
        process.kill()


def test_a_kill_at_every_boundary_is_survived(
    new_lives: Callable[[], Lives], tell: Callable[..., None]
) -> None:
    """Before, in and after each kind of commit; as activities begin and end."""
    lives = new_lives()
    for point in POINTS:
        lives.start(point)

        assert lives.end() == -signal.SIGKILL, point
    workflows = lives.finish()
    what = "the embedded engine at boundaries"
    tell(what, kills=len(POINTS), workflows=workflows, repeated=0, lost=0, stuck=0)


def test_kills_at_random_moments_are_survived(
    new_lives: Callable[[], Lives], tell: Callable[..., None]
) -> None:
    """Also when the moments come from nowhere."""
    seed = int(os.environ.get("FAIRLEAD_TEST_SEED", random.randrange(2**32)))
    print(f"seed {seed}")  # noqa: T201 - shown when it fails
    moments = random.Random(seed)
    kills = workflows = 0
    while kills < ROUNDS:
        lives, wanted = new_lives(), min(kills + LOT, ROUNDS)
        while kills < wanted:
            child = lives.start()
            time.sleep(moments.random() * 0.1)
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
            status = lives.end()
            assert status in {0, -signal.SIGKILL}, f"seed {seed}"
            kills += status != 0  # 0: it had ended by itself
        workflows += lives.finish()
    what = "the embedded engine at random moments"
    tell(what, kills=kills, workflows=workflows, repeated=0, lost=0, stuck=0)
