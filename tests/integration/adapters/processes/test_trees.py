"""No process of a tree is left, whatever it did to get away."""

import asyncio
import os
import time

import pytest

from fairlead.testing.processes import SECONDS, Bench, until

DAEMON = """
import os, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
def nap():
    os.execve(sys.executable, [sys.executable, "-S", "-c",
        "import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(3600)",
        sys.argv[1]], {})
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        nap()
    os._exit(0)
os.wait()
"""
BUSH = """
import os, time
tokens, fill = os.pipe()
os.write(fill, b"x" * 150)
os.set_blocking(tokens, False)
end = time.time() + 20
while time.time() < end:
    try:
        os.read(tokens, 1)
    except BlockingIOError:
        time.sleep(0.01)
        continue
    os.fork()
"""
COMET = """
import os, time
end = time.time() + 20
os.setsid() if os.fork() == 0 else time.sleep(3600)
while time.time() < end:
    if os.fork():
        os._exit(0)
"""
LEFT = {
    "in the background": "$SLEEP & echo $!",
    "in another session": "setsid $SLEEP & sleep 0.1",
    "without environment": "env -i setsid $SLEEP & sleep 0.1",
    "deaf to SIGTERM": "trap '' TERM; $SLEEP & true",
}


@pytest.mark.parametrize("how", LEFT)
async def test_children_that_a_program_leaves_end_with_it(
    bench: Bench, how: str
) -> None:
    receipt = await bench.run(bench.shell("a", LEFT[how]))

    assert bench.alive() == []
    assert receipt.exit_code == 0


async def test_a_daemon_that_hides_ends_with_its_program(bench: Bench) -> None:
    """Forked twice, in a session of its own, no environment, deaf to SIGTERM."""
    receipt = await bench.run(bench.python("a", DAEMON))

    assert bench.alive() == []
    assert receipt.exit_code == 0


async def test_a_daemon_that_sheds_every_mark_ends_too(bench: Bench) -> None:
    shed = (
        "import resource as r; "
        "r.setrlimit(r.RLIMIT_RTTIME, (r.RLIM_INFINITY, r.RLIM_INFINITY))\n"
    )
    await bench.run(bench.python("a", shed + DAEMON))

    await bench.gone()


async def test_the_children_of_one_are_not_taken_for_anothers(bench: Bench) -> None:
    """A daemon lives as long as its own program, whatever ends meanwhile."""
    keeper = DAEMON + "print('up', flush=True); time.sleep(3600)"
    await bench.launcher.start(bench.python("keeper", keeper))
    await bench.printed("keeper", b"up")
    before = set(bench.alive())
    await bench.run(bench.shell("other", "setsid $SLEEP & sleep 0.1"))

    assert set(bench.alive()) == before
    assert len(before) == 2
    await bench.launcher.stop("keeper")
    assert bench.alive() == []


async def test_stopping_ends_all_within_a_second_of_the_grace(bench: Bench) -> None:
    """Measured generously: the machine may be busy."""
    stubborn = DAEMON + "print('up', flush=True)\nwhile True: time.sleep(1)"
    await bench.launcher.start(bench.python("a", stubborn))
    await bench.printed("a", b"up")
    began = time.monotonic()
    await bench.launcher.stop("a", grace_seconds=0.2)

    assert bench.alive() == []
    assert time.monotonic() - began < SECONDS
    assert (await bench.launcher.wait("a")).exit_code == 137


async def test_a_program_may_end_in_its_own_way(bench: Bench) -> None:
    """SIGTERM reaches every process, and all have the grace to end in."""
    script = (
        "(trap 'sleep 0.3; echo child done; exit 0' TERM;"
        " echo up; while :; do sleep 0.01; done) & trap 'exit 5' TERM; wait"
    )
    await bench.launcher.start(bench.spec("a", "sh", "-c", script))
    await bench.printed("a", b"up")
    await bench.launcher.stop("a", grace_seconds=SECONDS)

    assert (await bench.launcher.wait("a")).exit_code == 5
    assert (await bench.output("a")).endswith(b"child done\n")


async def test_a_stopped_process_is_ended(bench: Bench) -> None:
    await bench.launcher.start(bench.shell("a", "echo up; kill -STOP $$; $SLEEP"))
    await bench.printed("a", b"up")
    await bench.launcher.stop("a")

    assert bench.alive() == []


@pytest.mark.parametrize("bomb", [BUSH, COMET], ids=["bush", "comet"])
async def test_forking_does_not_outrun_the_end(bench: Bench, bomb: str) -> None:
    """Bounded: 150 processes, or one at a time, and for twenty seconds at most."""
    await bench.launcher.start(bench.python("a", bomb))
    wanted = 100 if bomb is BUSH else 2
    await until(lambda: len(bench.alive()) >= wanted)
    async with asyncio.timeout(SECONDS):
        await bench.launcher.stop("a", grace_seconds=0.1)

    assert bench.alive() == []


async def test_a_pipe_held_elsewhere_does_not_hold_the_end(bench: Bench) -> None:
    """A program's output may be handed to a process that is not of its tree."""
    code = (
        "import socket, sys, time\n"
        "s = socket.socket(socket.AF_UNIX); s.connect('keep.sock')\n"
        "socket.send_fds(s, [b'x'], [1]); print('given'); s.recv(1)\n"
    )
    keeper = await asyncio.start_unix_server(_hold, bench.home / "keep.sock")
    receipt = await bench.run(bench.python("a", code))
    keeper.close()

    assert receipt.exit_code == 0
    assert await bench.output("a") == b"given\n"


async def _hold(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(1)
    writer.close()


async def test_the_launcher_stays_out_of_it(bench: Bench) -> None:
    """It leads a session of its own and holds no files of its programs."""
    pid = await bench.launcher.pid()
    held = len(os.listdir(f"/proc/{pid}/fd"))  # noqa: PTH208
    for number in range(20):
        await bench.run(bench.shell(f"{number}", "echo x; $SLEEP & true"))

    assert os.getsid(pid) == pid
    assert len(os.listdir(f"/proc/{pid}/fd")) == held  # noqa: PTH208
