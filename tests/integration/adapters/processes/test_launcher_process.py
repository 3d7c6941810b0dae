"""The launcher as a process: small, alone, hard to hurt."""

import os
import resource
import signal
import socket
import subprocess
import sys
from pathlib import Path

from fairlead.adapters.processes.wire import pack
from fairlead.testing.processes import Bench, until

LARGE = {"asyncio", "dataclasses", "hashlib", "inspect", "logging", "urllib.request"}


def test_it_imports_little() -> None:
    """It stays in memory, so it must not load what it can do without."""
    code = "import sys, fairlead.adapters.processes.launcher.main; print(*sys.modules)"
    environment = {"PYTHONPATH": os.pathsep.join(sys.path)}
    seen = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-S", "-P", "-c", code],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()

    assert not LARGE & set(seen)
    tops = {name.split(".")[0] for name in seen} - {"fairlead", "__main__"}
    assert tops <= sys.stdlib_module_names


async def test_a_terminated_launcher_ends_everything_first(bench: Bench) -> None:
    await bench.launcher.start(bench.shell("a", "$SLEEP & $SLEEP"))
    await until(lambda: len(bench.alive()) >= 2)
    pid = await bench.launcher.pid()
    os.kill(pid, signal.SIGTERM)
    await until(lambda: not Path(f"/proc/{pid}/fd/0").exists())

    assert bench.alive() == []
    assert (await bench.launcher.wait("a")).interrupted


async def test_the_keys_of_a_terminal_do_not_reach_it(bench: Bench) -> None:
    """Nor the end of one."""
    pid = await bench.launcher.pid()
    for number in (signal.SIGINT, signal.SIGHUP):
        os.kill(pid, number)

    assert (await bench.run(bench.spec("a", "true"))).exit_code == 0
    assert await bench.launcher.pid() == pid


async def test_no_file_left_is_a_reason_not_to_start(bench: Bench) -> None:
    """It is told, and the launcher goes on once there are files again."""
    pid = await bench.launcher.pid()
    usual = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    held = len(os.listdir(f"/proc/{pid}/fd"))  # noqa: PTH208
    receipts = []
    for more in range(5):
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (held + more, usual[1]))
        receipts.append(await bench.run(bench.spec(f"{more}", "true")))
    resource.prlimit(pid, resource.RLIMIT_NOFILE, usual)

    assert receipts[0].exit_code == 126
    assert "open files" in receipts[0].error
    assert all(r.exit_code == 0 or "open files" in r.error for r in receipts)
    assert (await bench.run(bench.spec("after", "true"))).exit_code == 0
    assert len(os.listdir(f"/proc/{pid}/fd")) == held  # noqa: PTH208


async def test_garbage_on_its_socket_does_not_trouble_it(
    bench: Bench, tmp_path: Path
) -> None:
    folder = os.open(tmp_path / "run", os.O_PATH)
    pid = await bench.launcher.pid()
    for data in (b"\xff" * 64, pack({"do": "never"}), pack({"do": "wait", "id": 1})):
        with socket.socket(socket.AF_UNIX) as stranger:
            stranger.connect(f"/proc/self/fd/{folder}/launcher.sock")
            stranger.sendall(data)
    os.close(folder)

    assert (await bench.run(bench.spec("a", "true"))).exit_code == 0
    assert await bench.launcher.pid() == pid
