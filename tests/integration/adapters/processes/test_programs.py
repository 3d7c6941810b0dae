"""What a program finds when it starts, and why one does not."""

import json
import os
import signal
from pathlib import Path

import pytest

from fairlead.testing.processes import Bench

SEEN = """
import json, os, signal, stat
fds = [int(fd) for fd in os.listdir("/proc/self/fd")]
status = open("/proc/self/status").read()
print(json.dumps({
    "stdin": os.read(0, 1).decode(),
    "fds": [fd for fd in fds if fd > 2 and os.path.exists(f"/proc/self/fd/{fd}")],
    "leader": os.getsid(0) == os.getpid() == os.getpgid(0),
    "ignored": int(status.split("SigIgn:")[1].split()[0], 16),
    "blocked": int(status.split("SigBlk:")[1].split()[0], 16),
    "cwd": os.getcwd(),
}))
"""


async def test_a_program_starts_afresh(bench: Bench) -> None:
    """A session of its own, no input, no files, no odd signals."""
    await bench.run(bench.python("a", SEEN))

    seen = json.loads(await bench.output("a"))
    python_ignores = {signal.SIGPIPE, signal.SIGXFSZ}
    assert {
        number for number in signal.valid_signals() if seen["ignored"] >> number - 1 & 1
    } <= python_ignores
    assert {name: seen[name] for name in ("stdin", "fds", "leader", "blocked")} == {
        "stdin": "",
        "fds": [],
        "leader": True,
        "blocked": 0,
    }
    assert seen["cwd"] == str(bench.home)


@pytest.mark.parametrize(
    ("content", "mode", "code", "said"),
    [
        ("#!/bin/sh\n", 0o644, 126, "executable bit"),
        ("#!/no/such/interpreter\n", 0o755, 127, "interpreter"),
        ("\x7fELF not really", 0o755, 126, "program for this machine"),
    ],
)
async def test_why_a_file_does_not_start(
    bench: Bench, content: str, mode: int, code: int, said: str
) -> None:
    file = bench.home / "program"
    file.write_text(content)
    file.chmod(mode)

    receipt = await bench.run(bench.spec("a", "./program"))

    assert receipt.exit_code == code
    assert said in receipt.error
    assert "program" in receipt.error


async def test_the_path_of_the_program_is_searched(bench: Bench) -> None:
    folder = bench.home / "bin"
    folder.mkdir()
    (folder / "mine").write_text("#!/bin/sh\necho found\n")
    (folder / "mine").chmod(0o755)
    spec = bench.spec("a", "mine")
    spec.environment["PATH"] = f"{folder}:{os.environ['PATH']}"  # type: ignore[index]

    assert (await bench.run(spec)).exit_code == 0
    assert await bench.output("a") == b"found\n"


@pytest.mark.parametrize("argv", [(), ("",), ("a\0b",), ("x" * 5000,)])
async def test_odd_names_end_with_a_receipt(bench: Bench, argv: tuple[str]) -> None:
    receipt = await bench.run(bench.spec("a", *argv))

    assert receipt.exit_code in {126, 127}
    assert receipt.error


async def test_arguments_that_are_no_text_pass(bench: Bench) -> None:
    odd = os.fsdecode(b"\xff\xfe x\xc3\xa9")
    await bench.run(bench.spec("a", "printf", "%s", odd))

    assert await bench.output("a") == b"\xff\xfe x\xc3\xa9"


async def test_a_journal_that_cannot_be_opened_is_named(
    bench: Bench, tmp_path: Path
) -> None:
    spec = bench.spec("a", "true")
    spec.journal.mkdir()

    receipt = await bench.run(spec)

    assert receipt.exit_code == 126
    assert str(spec.journal) in receipt.error
    assert tmp_path in spec.journal.parents


async def test_a_key_may_be_long_and_odd(bench: Bench) -> None:
    """Two that differ only far behind are told apart."""
    keys = [f"run/{'very-' * 60}long/{end}/é/\x7f" for end in ("one", "two")]
    for number, key in enumerate(keys):
        spec = bench.spec("out", "sh", "-c", f"exit {number + 3}")
        receipt = await bench.run(
            type(spec)(**{**{n: getattr(spec, n) for n in spec.__slots__}, "key": key})
        )
        assert (receipt.key, receipt.exit_code) == (key, number + 3)

    assert [(await bench.launcher.wait(key)).exit_code for key in keys] == [3, 4]


async def test_programs_have_the_usual_mask_and_our_files_are_ours_alone(
    bench: Bench, tmp_path: Path
) -> None:
    await bench.run(bench.spec("a", "sh", "-c", "umask; touch theirs"))

    assert await bench.output("a") == b"0022\n"
    assert (tmp_path / "theirs").stat().st_mode & 0o777 == 0o644
    for path in (tmp_path / "run").rglob("*"):
        assert path.stat().st_mode & 0o077 == 0, path
