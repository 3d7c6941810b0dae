"""Secrets never reach a journal, nor anything else the launcher leaves or shows."""

import asyncio
import base64
import urllib.parse
from dataclasses import replace
from pathlib import Path

import pytest

from fairlead.kernel.processes import ProcessSpec
from fairlead.kernel.redaction import SecretRefused
from fairlead.testing.processes import SECONDS, Bench

TOKEN = "tok/en+wïth spaces&more"
FORMS = [
    TOKEN,
    urllib.parse.quote(TOKEN),
    urllib.parse.quote_plus(TOKEN).replace("%2B", "%2b"),
    base64.b64encode(TOKEN.encode()).decode(),
    base64.urlsafe_b64encode(TOKEN.encode()).decode().rstrip("="),
]


def with_secrets(spec: ProcessSpec, *secrets: str) -> ProcessSpec:
    environment = {**spec.environment, "TOKEN": TOKEN}
    return replace(spec, secrets=secrets, environment=environment)


async def test_secrets_written_in_pieces_are_taken_out(bench: Bench) -> None:
    """Half a secret waits for the other half, however long that takes."""
    code = (
        "import os, sys, time\n"
        f"for form in {FORMS!r}:\n"
        "    data = form.encode()\n"
        "    for at in range(0, len(data), 9):\n"
        "        os.write(1, (b'<' if not at else b'') + data[at:at + 9])\n"
        "        time.sleep(0.02 if form != os.environ['TOKEN'] else 0.15)\n"
        "    os.write(1, b'>\\n')\n"
        "os.write(2, b'the end: tok/')\n"
    )
    await bench.run(with_secrets(bench.python("a", code), TOKEN))

    assert await bench.output("a") == b"<***>\n" * len(FORMS) + b"the end: tok/"


async def test_a_flood_of_secrets_is_taken_out(bench: Bench) -> None:
    """Across the borders of reads and frames, wherever they fall."""
    code = "import os\nprint('\\n'.join(f'{n}:' + os.environ['TOKEN'] * (n % 3)"
    code += " for n in range(60_000)), end='')"
    await bench.run(with_secrets(bench.python("a", code), TOKEN, "another one"))

    wanted = "\n".join(f"{n}:{'***' if n % 3 else ''}" for n in range(60_000))
    assert await bench.output("a") == wanted.encode()


async def test_a_long_line_of_what_begins_a_secret_fits_into_frames(
    bench: Bench,
) -> None:
    """What is held back is bounded, and so are frames when it is let go."""
    secret = "abcdefgh" * 3000 + "!"
    code = f"print(({secret[:-1]!r} + 'x') * 40, end='')"
    await bench.run(with_secrets(bench.python("a", code), secret))

    assert await bench.output("a") == (secret[:-1] + "x").encode() * 40


async def test_the_launcher_keeps_and_shows_no_secret(bench: Bench) -> None:
    """Not in its arguments, its environment, its receipts or its log."""
    shown = bench.shell("a", "echo $TOKEN; exec $SLEEP")
    spec = replace(with_secrets(shown, TOKEN), environment=shown.environment)
    await bench.launcher.start(spec)
    process = Path(f"/proc/{await bench.launcher.pid()}")
    said = [(process / name).read_bytes() for name in ("cmdline", "environ")]
    kept = [path for path in (bench.home / "run").rglob("*") if path.is_file()]
    said += [path.read_bytes() for path in kept]
    await bench.launcher.stop("a")

    assert len(kept) >= 3
    assert not any(TOKEN.encode() in text for text in said)
    assert TOKEN not in repr(spec)


async def test_a_short_secret_starts_nothing(bench: Bench) -> None:
    async with asyncio.timeout(SECONDS):
        with pytest.raises(SecretRefused, match="fewer than 4 characters"):
            await bench.launcher.start(with_secrets(bench.spec("a", "true"), "abc"))
        assert await bench.launcher.running() == ()
