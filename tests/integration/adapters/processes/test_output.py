"""Output on its way from a program to a journal."""

import asyncio
import errno
import os
from pathlib import Path

from typing_extensions import override

from fairlead.adapters.journals.appender import Appender
from fairlead.adapters.processes.launcher.loop import Loop
from fairlead.adapters.processes.launcher.output import Output
from fairlead.kernel.journal import FrameKind, decode
from fairlead.testing.processes import SECONDS, Bench

LINES = 212_500  # of 80 bytes: 17 MB


async def test_seventeen_megabytes_arrive_whole_and_live(bench: Bench) -> None:
    """Every line once, in order; frames of at most 64 KiB, most ending with a line.

    All would, but on a busy machine a line may be half written for a while.
    """
    code = f"print('\\n'.join(f'{{n:079d}}' for n in range({LINES})))"
    running = asyncio.create_task(bench.run(bench.python("big", code)))
    frames: list[bytes] = []
    size = 0
    async with asyncio.timeout(SECONDS):
        async for frame in bench.journals.follow("big"):
            frames.append(frame.data)
            size += len(frame.data)
            if size == 80 * LINES:
                break
    receipt = await running

    assert receipt.exit_code == 0
    assert b"".join(frames) == b"".join(b"%079d\n" % n for n in range(LINES))
    assert max(len(frame) for frame in frames) <= 64 * 1024
    assert sum(not frame.endswith(b"\n") for frame in frames) < len(frames) / 4


async def test_both_streams_keep_their_order(bench: Bench) -> None:
    script = "for n in 1 2 3 4 5; do echo out $n; echo err $n >&2; done"
    await bench.run(bench.spec("a", "sh", "-c", script))

    wanted = b"".join(b"out %d\nerr %d\n" % (n, n) for n in range(1, 6))
    assert await bench.output("a") == wanted
    assert {f.stream for f in await bench.journals.read("a")} == {"out"}


async def test_binary_output_passes_unchanged(bench: Bench) -> None:
    data = bytes(range(256)) * 2000
    code = "import sys; sys.stdout.buffer.write(bytes(range(256)) * 2000)"
    await bench.run(bench.python("a", code))

    assert await bench.output("a") == data


async def test_a_line_without_an_end_is_shown_before_long(bench: Bench) -> None:
    """A prompt or a progress bar does not wait for the program's end."""
    await bench.launcher.start(bench.shell("a", "printf 'name? '; exec $SLEEP"))
    await bench.printed("a", b"name? ")
    await bench.launcher.stop("a")

    assert await bench.output("a") == b"name? "


async def test_characters_are_not_cut_between_frames(bench: Bench) -> None:
    """Not within a long line, and not by a program that writes them in halves."""
    code = (
        "import os, time\n"
        "os.write(1, ('€' * 60000).encode())\n"
        "os.write(1, b'\\xe2\\x82'); time.sleep(0.03); os.write(1, b'\\xac\\n')\n"
        "os.write(1, b'caf\\xc3')\n"
    )
    await bench.run(bench.python("a", code))

    frames = await bench.journals.read("a", limit=10**6)
    for frame in frames[:-1]:
        assert set(frame.data.decode()) <= {"€", "\n", "c", "a", "f"}
    assert b"".join(f.data for f in frames) == "€".encode() * 60001 + b"\ncaf\xc3"


async def test_a_character_in_halves_a_second_apart_stays_whole(bench: Bench) -> None:
    """What is before it is shown meanwhile; half a character is not."""
    code = (
        "import os, time\n"
        "for part in (b'caf\\xc3', b'\\xa9 ', b'\\xc3', b'\\xa9'):\n"
        "    os.write(1, part); time.sleep(1)\n"
    )
    await bench.run(bench.python("a", code))

    frames = [frame.data for frame in await bench.journals.read("a")]
    assert frames[0] == b"caf"
    assert "".join(data.decode() for data in frames) == "café é"


async def test_silence_leaves_no_journal_entries(bench: Bench) -> None:
    await bench.run(bench.spec("a", "true"))

    assert await bench.output("a") == b""


async def test_many_at_once_stay_apart(bench: Bench) -> None:
    """Forty programs print into one journal; no line of one breaks another's."""
    path = bench.journals.path("all")
    script = "for n in $(seq 200); do echo {0} $n {0}; done"
    specs = [
        type(spec)(
            **{
                **{name: getattr(spec, name) for name in spec.__slots__},
                "journal": path,
                "stream": f"{number}",
            }
        )
        for number in range(40)
        for spec in [bench.spec(f"{number}", "sh", "-c", script.format(number))]
    ]
    receipts = await asyncio.gather(*(bench.run(spec) for spec in specs))

    frames, used = decode(path.read_bytes(), offset=0)
    assert used == path.stat().st_size
    assert {receipt.exit_code for receipt in receipts} == {0}
    for number in range(40):
        text = b"".join(f.data for f in frames if f.stream == f"{number}").decode()
        wanted = [f"{number} {n} {number}" for n in range(1, 201)]
        assert text.splitlines() == wanted


class CrowdedAppender(Appender):
    """A journal on a disk that has room again after so many refusals."""

    def __init__(self, path: str, refusals: int) -> None:
        """Refuse `refusals` times."""
        super().__init__(path)
        self.refusals = refusals

    @override
    def append(self, frame: bytes, *, wait: bool = True, kind: int = 0) -> int:
        if self.refusals:
            self.refusals -= 1
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return super().append(frame, wait=wait, kind=kind)


def through(
    path: Path, data: bytes, refusals: int, *, patience: float = 30.0
) -> tuple[bytes, int]:
    """Return what arrives of what a program has printed, and how often it is full."""
    loop = Loop()
    read, write = os.pipe()
    os.set_blocking(read, False)
    journal = CrowdedAppender(str(path), refusals)
    told: list[int] = []
    output = Output(
        loop,
        read,
        journal,
        "out",
        touched=lambda: None,
    )
    output.when_full(lambda: told.append(1), patience_seconds=patience)
    os.write(write, data)
    os.close(write)
    output.finish(loop.stop)
    loop.later(SECONDS, loop.stop)
    loop.run()
    loop.close()
    frames, _ = decode(path.read_bytes(), offset=0)
    assert all(frame.kind is FrameKind.OUTPUT for frame in frames)
    return b"".join(frame.data for frame in frames), len(told)


def test_a_full_disk_is_waited_for(tmp_path: Path) -> None:
    """Nothing is lost when there is room again in time."""
    assert through(tmp_path / "j", b"a\nb\nc", refusals=2) == (b"a\nb\nc", 0)


def test_a_disk_that_stays_full_costs_output_and_is_told(tmp_path: Path) -> None:
    """What is lost is told where it is missing."""
    assert through(tmp_path / "j", b"lost\nkept", refusals=1, patience=0) == (
        b"[5 bytes of output were lost: the disk was full]\nkept",
        1,
    )
