"""What survives when the server, the launcher or both are killed."""

import asyncio
import contextlib
import json
import os
import random
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path

import pytest

from fairlead.adapters.processes.client import ProcessLauncher
from fairlead.kernel.journal import decode
from fairlead.kernel.processes import (
    LauncherDown,
    Lifetime,
    ProcessSpec,
    ProcessUnknown,
    Receipt,
)
from fairlead.testing.processes import SECONDS, Bench, until

HOLDER = Path(__file__).with_name("holder.py")
COUNT = "import time\nfor n in range(10**6): print(n); time.sleep(0.002)"
POUR = "import time\nfor n in range(10**5): print(n, 'x' * 9000); time.sleep(0.001)"
HIDDEN = """
import os, sys, time
if os.fork() == 0:
    os.setsid()
    os.execve(sys.executable,
        [sys.executable, "-S", "-c", "import time; time.sleep(3600)", sys.argv[1]], {})
print('up')
time.sleep(3600)
"""
ROUNDS = int(os.environ.get("FAIRLEAD_TEST_KILLS", "10"))


@asynccontextmanager
async def server(home: Path, *specs: ProcessSpec) -> AsyncIterator[int]:
    """Run a server that has started `specs`; it is killed in the end."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(HOLDER),
        str(home),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        for spec in specs:
            process.stdin.write(json.dumps(asdict(spec), default=str).encode() + b"\n")
            line = await asyncio.wait_for(process.stdout.readline(), SECONDS)
            assert line == f"started {spec.key}\n".encode()
        yield process.pid
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.communicate()


@pytest.fixture
async def closed(make_bench: Callable[[], Bench]) -> AsyncIterator[Bench]:
    """Return a bench nobody has opened; everything of it is ended afterwards."""
    bench = make_bench()
    yield bench
    await bench.launcher.open()
    await bench.launcher.shutdown(grace_seconds=0.1)
    bench.journals.close()
    assert not bench.alive()


def dead(pid: int) -> bool:
    """Tell whether a process has ended, waited for or not."""
    return not Path(f"/proc/{pid}/fd/0").exists()


async def ended(bench: Bench, key: str) -> Receipt:
    """Return a receipt."""
    return await asyncio.wait_for(bench.launcher.wait(key), SECONDS)


async def test_a_killed_server_takes_its_steps_along_and_no_workload(
    closed: Bench,
) -> None:
    """Steps that had ended keep their receipts; the workload's output goes on."""
    bench = closed
    done = bench.spec("done", "sh", "-c", "exit 3")
    step = bench.python("step", HIDDEN)
    workload = bench.python("workload", COUNT, Lifetime.WORKLOAD)
    async with server(bench.home, done, step, workload):
        await bench.printed("step", b"up")
        await bench.printed("workload", b"20\n")
    await until(lambda: len(bench.alive()) == 1)

    await bench.launcher.open()
    (running,) = await bench.launcher.running()
    interrupted = await ended(bench, "step")
    assert (running.key, [running.pid]) == ("workload", bench.alive())
    assert (await ended(bench, "done")).exit_code == 3
    assert not (await ended(bench, "done")).interrupted
    assert interrupted.interrupted
    before = len(await bench.output("workload"))
    await until(lambda: bench.journals.path("workload").stat().st_size > 2 * before)

    await bench.launcher.stop("workload")
    lines = (await bench.output("workload")).splitlines()
    assert lines == [b"%d" % n for n in range(len(lines))]
    assert not (await ended(bench, "workload")).interrupted


async def test_what_killed_launchers_leave_is_ended_by_the_next(closed: Bench) -> None:
    """Steps and workloads, also those that hide, before anything is started."""
    bench = closed
    step = bench.python("step", HIDDEN)
    workload = bench.python("workload", HIDDEN, Lifetime.WORKLOAD)
    async with server(bench.home, step, workload) as pid:
        for key in ("step", "workload"):
            await bench.printed(key, b"up")
        await bench.launcher.open()
        launcher = await bench.launcher.pid()
        os.kill(pid, signal.SIGKILL)
        os.kill(launcher, signal.SIGKILL)
    assert len(bench.alive()) >= 2

    await until(lambda: dead(launcher))
    running = await again(bench)

    assert running == set()
    assert bench.alive() == []
    for key in ("step", "workload"):
        receipt = await ended(bench, key)
        assert receipt.interrupted
        # 143: the launcher saw its server go, and asked it to end, before it died.
        assert receipt.exit_code in {137, 143}


async def again(bench: Bench) -> set[str]:
    """Return the keys that run, asking until a launcher answers."""
    async with asyncio.timeout(SECONDS):
        while True:
            try:
                return {one.key for one in await bench.launcher.running()}
            except LauncherDown:
                continue


async def test_waiters_are_told_that_the_launcher_died(bench: Bench) -> None:
    """The next start works again, and the key is not started twice."""
    spec = bench.python("a", HIDDEN)
    await bench.launcher.start(spec)
    await bench.printed("a", b"up")
    waiting = asyncio.create_task(bench.launcher.wait("a"))
    pid = await bench.launcher.pid()
    os.kill(pid, signal.SIGKILL)
    with pytest.raises(LauncherDown):
        await asyncio.wait_for(waiting, SECONDS)

    await bench.launcher.start(spec)
    assert (await ended(bench, "a")).interrupted
    assert bench.alive() == []
    assert (await bench.run(bench.spec("b", "true"))).exit_code == 0
    assert await bench.launcher.pid() != pid


async def test_two_that_open_at_once_share_one_launcher(
    make_bench: Callable[[], Bench], closed: Bench
) -> None:
    """Each one's steps end with it alone."""
    benches = [make_bench() for _ in range(4)]
    await asyncio.gather(*(bench.launcher.open() for bench in benches))
    pids = {await bench.launcher.pid() for bench in benches}
    for number, bench in enumerate(benches):
        await bench.launcher.start(bench.shell(f"{number}", "$SLEEP"))
    await benches[0].launcher.close(stop_workloads=False)
    await closed.launcher.open()

    assert len(pids) == 1
    assert (await ended(closed, "0")).interrupted
    assert {one.key for one in await closed.launcher.running()} == {"1", "2", "3"}
    for bench in benches[1:]:
        await bench.launcher.close(stop_workloads=False)


async def test_closing_ends_everything_and_the_launcher(bench: Bench) -> None:
    """A workload may end in its own way; both know they were interrupted."""
    gentle = "trap 'echo bye; exit 0' TERM; echo up; while :; do sleep 0.01; done"
    await bench.launcher.start(bench.shell("w", gentle, Lifetime.WORKLOAD))
    await bench.launcher.start(bench.shell("s", "$SLEEP"))
    await bench.printed("w", b"up")
    pid = await bench.launcher.pid()
    await bench.launcher.close()

    assert bench.alive() == []
    assert b"bye" in await bench.output("w")
    assert dead(pid)
    with pytest.raises(LauncherDown):
        await bench.launcher.running()
    await bench.launcher.open()
    for key in ("w", "s"):
        assert (await ended(bench, key)).interrupted


async def test_a_launcher_of_no_use_leaves(closed: Bench) -> None:
    """Once no server is there and nothing runs."""
    closed.launcher = ProcessLauncher(closed.home, closed.journals, idle_seconds=0.2)
    await closed.launcher.open()
    pid = await closed.launcher.pid()
    await closed.launcher.close(stop_workloads=False)

    await until(lambda: dead(pid))
    await closed.launcher.open()
    assert await closed.launcher.pid() != pid


async def test_a_long_home_folder_is_no_trouble(
    make_bench: Callable[[], Bench], tmp_path: Path
) -> None:
    """Though a socket's name has 107 bytes at most."""
    bench = make_bench()
    home = tmp_path / ("long-" * 30) / ("longer-" * 30)
    launcher = type(bench.launcher)(home, bench.journals)
    await launcher.open()

    assert await launcher.running() == ()
    assert (home / "run").stat().st_mode & 0o777 == 0o700
    await launcher.close()


async def test_random_kills_leave_no_process_and_lose_no_output(
    closed: Bench, tell: Callable[..., None]
) -> None:
    """Servers are killed at random moments, sometimes the launcher with them.

    What runs afterwards is what the launcher says; every start has a receipt or is
    unknown; output is whole up to where it ends.
    """
    bench = closed
    dice = random.Random(7)
    for number in range(ROUNDS):
        keys = [f"{number}/{name}" for name in ("step", "quick", "workload")]
        specs = [
            bench.python(keys[0], POUR),
            bench.spec(keys[1], "echo", "quick"),
            bench.python(keys[2], COUNT, Lifetime.WORKLOAD),
        ]
        async with server(bench.home, *specs) as pid:
            await bench.launcher.open()
            launcher = await bench.launcher.pid()
            await asyncio.sleep(dice.random() * 0.1)
            os.kill(pid, signal.SIGKILL)
            if killed := dice.random() < 0.4:
                os.kill(launcher, signal.SIGKILL)
        running = await again(bench)
        if killed:
            running = await settled(bench, set())
        else:
            running = await settled(bench, {keys[2]})

        for key in keys:
            if key not in running:
                await check(bench, key)
        for key in running:
            await bench.launcher.stop(key)
        assert bench.alive() == []
    tell("server and launcher", kills=ROUNDS, orphans=0, lost=0)


async def settled(bench: Bench, wanted: set[str]) -> set[str]:
    """Wait until exactly `wanted` runs."""
    async with asyncio.timeout(SECONDS):
        while (running := await again(bench)) != wanted:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    assert len(bench.alive()) == len(wanted)
    return running


async def check(bench: Bench, key: str) -> None:
    """Assert that a start has ended for good and its output is whole."""
    try:
        receipt = await ended(bench, key)
    except ProcessUnknown:
        receipt = None
    if receipt is not None and not receipt.interrupted:
        assert (key.endswith("quick"), receipt.exit_code) == (True, 0)
        assert await bench.output(key) == b"quick\n"
        return
    await bench.journals.seal(key)
    data = bench.journals.path(key).read_bytes()
    frames, used = decode(data, offset=0)
    lines = b"".join(frame.data for frame in frames).splitlines(keepends=True)
    assert used == len(data)
    if not key.endswith("quick"):
        numbers = [line.split()[0] for line in lines if line.endswith(b"\n")]
        assert numbers == [b"%d" % n for n in range(len(numbers))]


async def test_a_copied_home_leaves_the_originals_processes_alone(
    bench: Bench, tmp_path: Path
) -> None:
    """It has the id of the original with it, and must not take it for its own."""
    await bench.launcher.start(
        bench.shell("a", "echo up; exec $SLEEP", Lifetime.WORKLOAD)
    )
    await bench.printed("a", b"up")
    before = bench.alive()
    copy = tmp_path / "copy"
    copied = {"home-id", "launcher.lock", "receipts"}
    (copy / "run").mkdir(parents=True)
    for name in copied:
        source = tmp_path / "run" / name
        target = copy / "run" / name
        if source.is_dir():
            shutil.copytree(source, target)
        else:
            shutil.copy2(source, target)
    other = ProcessLauncher(copy, bench.journals)
    await other.open()
    try:
        assert [one.key for one in await other.running()] == []
        assert bench.alive() == before
        assert [one.key for one in await bench.launcher.running()] == ["a"]
    finally:
        await other.shutdown(grace_seconds=0.1)
