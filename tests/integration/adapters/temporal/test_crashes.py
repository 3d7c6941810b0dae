"""Workflows on Temporal survive SIGKILL of server, worker and Temporal itself.

What happened is read from an effect log that the activities write, outside of Temporal.
FAIRLEAD_CRASH_ROUNDS: how many kills at random moments (3: one of each).
FAIRLEAD_TEST_SEED: which moments.
"""

import os
import random
import signal
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import pytest

from fairlead.testing.temporal_server import TemporalServer

ROUNDS = int(os.environ.get("FAIRLEAD_CRASH_ROUNDS", "3"))
ROOT = Path(__file__).parents[4]
PARTS = ("server", "worker", "temporal")
# While it undoes what was cancelled, at its first step, in the middle of a graph.
POINTS = ("end:undo1", "begin:first", "end:both", "begin:undo1", "end:undo0")
BEFORE = {
    "left": {"first"},
    "right": {"first"},
    "both": {"first", "left", "right"},
    "last": {"first", "left", "right", "both"},
    "undo0": {"prepare", "do"},
    "undo1": {"prepare", "do", "undo0"},
    "undo2": {"prepare", "do", "undo0", "undo1"},
}
DEADLINE = 900.0


@dataclass
class Cast:
    """The three parts of one installation, each in a process of its own."""

    folder: Path
    temporal: TemporalServer
    errors: IO[str]
    queue: str = field(default_factory=lambda: f"crash-{uuid.uuid4().hex[:12]}")
    running: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)
    lives: int = 0

    def start(self, role: str, point: str = "never") -> None:
        """Begin a life of the server or of the worker."""
        self.lives += 1
        self.running[role] = subprocess.Popen(  # noqa: S603 - our own script
            [
                *(sys.executable, str(Path(__file__).with_name("crashing.py"))),
                *(role, str(self.folder), f"r{self.lives}w", point),
                *(self.temporal.address, self.queue),
            ],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": f"{ROOT}/src{os.pathsep}{ROOT}"},
            stdin=subprocess.DEVNULL,
            stdout=self.errors,
            stderr=self.errors,
        )

    def end(self, role: str) -> int:
        """Wait for the end of a life; return its status."""
        return self.running.pop(role).wait(timeout=DEADLINE)

    def kill(self, part: str) -> bool:
        """Kill a part and start it again; False: it had ended by itself."""
        if part == "temporal":
            self.temporal.kill()
            self.temporal.start()
            return True
        self.running[part].kill()
        status = self.end(part)
        assert status in {0, -signal.SIGKILL}
        self.start(part)
        return status != 0

    def stop(self) -> None:
        """Leave nothing running."""
        for process in self.running.values():
            process.kill()
            process.wait()
        self.temporal.stop()

    def finish(self) -> int:
        """Let the last life see everything through; check what was made of all.

        Returns how many workflows were begun.
        """
        if "server" in self.running:
            assert self.end("server") == 0
        self.start("server", "all")
        assert self.end("server") == 0
        lines = (self.folder / "effects").read_text(encoding="utf-8").splitlines()
        words = Counter(" ".join(line.split()[:2]) for line in lines)
        names = (self.folder / "ids").read_text(encoding="utf-8").split()
        for name in names:
            assert words[f"R chain-{name}"] >= 1
            assert words[f"C undone-{name}"] >= 1
            assert words[f"T chain-{name}"] >= 1
            assert words[f"T undone-{name}"] >= 1
            for step in ("undo0", "undo1", "undo2"):
                assert words[f"D undone-{name}/{step}"] >= 1
        assert repeated(lines) == []
        return 2 * len(names)


def repeated(lines: list[str]) -> list[str]:
    """Return the attempts made though they, or what comes after them, were recorded."""
    found: list[str] = []
    seen: set[str] = set()
    passed: set[str] = set()
    for line in lines:
        kind, name, *_ = line.split()
        if kind != "A":
            continue
        workflow, _, step = name.partition("/")
        if line in seen or name in passed:
            found.append(line)
        seen.add(line)
        passed |= {f"{workflow}/{earlier}" for earlier in BEFORE.get(step, ())}
    return found


@pytest.fixture
def cast(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Cast]:
    shared: TemporalServer = request.getfixturevalue("temporal")
    (tmp_path / "temporal").mkdir()
    (tmp_path / "effects").touch()
    temporal = TemporalServer(shared.program, tmp_path / "temporal").start()
    with (tmp_path / "errors").open("w") as errors:
        cast = Cast(tmp_path, temporal, errors)
        cast.start("worker")
        yield cast
        cast.stop()


def test_a_server_killed_at_a_boundary_is_taken_up(cast: Cast) -> None:
    """As activities begin and end, those of a compensation too."""
    for point in POINTS[: max(1, ROUNDS // 4)]:
        cast.start("server", point)

        assert cast.end("server") == -signal.SIGKILL, point
    cast.finish()


@pytest.mark.timeout(7200)
def test_kills_of_each_part_at_random_moments_are_survived(
    cast: Cast, tell: Callable[..., None]
) -> None:
    """Nothing recorded is repeated, nothing is lost, nothing is stuck."""
    seed = int(os.environ.get("FAIRLEAD_TEST_SEED", random.randrange(2**32)))
    print(f"seed {seed}")  # noqa: T201 - shown when it fails
    moments = random.Random(seed)
    each = moments.sample(PARTS, len(PARTS))
    kills: Counter[str] = Counter()
    cast.start("server")
    while (number := kills.total()) < ROUNDS:
        if cast.running["server"].poll() is not None:
            assert cast.end("server") == 0, f"seed {seed}"
            cast.start("server")
        time.sleep(moments.random() * 1.5)
        part = each[number] if number < len(each) else moments.choice(PARTS)
        kills[part] += cast.kill(part)
    workflows = cast.finish()
    what = "Temporal, its worker and its server at random moments"
    tell(what, **kills, workflows=workflows, repeated=0, lost=0, stuck=0)
