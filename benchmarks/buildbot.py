"""Buildbot, the named peer of durable steps: its own master and worker, SQLite.

`make components buildbot` installs it; without it the rows are left out, and said so.
Like for like: one build of one worker, each step the program `true`, each recorded in
a SQLite file before the next begins; no web server, nothing else to do.
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from fairlead.testing.components import find

STEPS = 100
PATIENCE_SECONDS = 300.0
MASTER = """
from buildbot.plugins import schedulers, steps, util, worker

def step(name, *command):
    return steps.ShellCommand(name=name, command=list(command), haltOnFailure=True)

def now(name):
    return step(name, "sh", "-c", "date +%s.%N > {folder}/" + name)

BuildmasterConfig = {{
    "workers": [worker.LocalWorker("here")],
    "protocols": {{"null": {{}}}},
    "builders": [util.BuilderConfig(
        name="steps", workernames=["here"], factory=util.BuildFactory(
            [now("first"), *(step(f"s{{n}}", "true") for n in range({steps})),
             now("last")]
        ),
    )],
    "schedulers": [schedulers.Periodic(
        name="now", builderNames=["steps"], periodicBuildTimer=86400
    )],
    "db": {{"db_url": "sqlite:///state.sqlite"}},
    "buildbotNetUsageData": None,
}}
"""


def steps_per_second(folder: Path) -> float | None:
    """Return how many steps a second it runs; None: it is not installed.

    Raises:
        AssertionError: it did not end the build in time.
    """
    program = find("buildbot")
    if program is None:
        sys.stderr.write("product: no buildbot (make components buildbot)\n")
        return None
    master = folder / "master"
    subprocess.run(
        [str(program), "create-master", str(master)], capture_output=True, check=True
    )
    text = MASTER.format(folder=folder, steps=STEPS)
    (master / "master.cfg").write_text(text, encoding="utf-8")
    with subprocess.Popen(
        [str(program.with_name("twistd")), "-n", "-y", "buildbot.tac"],
        cwd=master,
        env={"PATH": os.environ["PATH"]},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        try:
            first, last = (_moment(folder / name) for name in ("first", "last"))
        finally:
            process.send_signal(signal.SIGKILL)
    return (STEPS + 1) / (last - first)


def _moment(file: Path) -> float:
    """Wait for a file with a time in it."""
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        text = file.read_text(encoding="utf-8") if file.exists() else ""
        if text.endswith("\n"):
            return float(text)
        time.sleep(0.02)
    raise AssertionError("Buildbot did not end its build")
