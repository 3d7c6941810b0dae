"""A server to be killed: `holder.py HOME` starts what it reads, a JSON object a line.

It says `started KEY` for each program, then waits for ever.
"""

import asyncio
import json
import sys
from pathlib import Path

from fairlead.adapters.journals.files import FileJournals
from fairlead.adapters.processes.client import ProcessLauncher
from fairlead.kernel.processes import Lifetime, ProcessSpec


async def hold(home: Path) -> None:
    """Start what stdin says, and never close."""
    launcher = ProcessLauncher(home, FileJournals(home / "journals"))
    await launcher.open()
    while line := await asyncio.to_thread(sys.stdin.readline):
        facts = json.loads(line)
        for name in ("directory", "journal"):
            facts[name] = Path(facts[name])
        facts["lifetime"] = Lifetime(facts["lifetime"])
        spec = ProcessSpec(**{**facts, "argv": tuple(facts["argv"])})
        await launcher.start(spec)
        sys.stdout.write(f"started {spec.key}\n")
        sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(hold(Path(sys.argv[1])))
