"""Cedar comes in with the first policy, not before."""

import os
import subprocess
import sys
from pathlib import Path

PROGRAM = """
import asyncio, os, sys
from fairlead.app import prepare
from fairlead.kernel.principal import service
from fairlead.services.authz.public import Policies, PolicyDraft

ALWAYS = "forbid (principal, action, resource);"


async def main():
    application = prepare(os.environ, sections={})
    await application.open()
    await application.first_start()
    print("cedarpy" in sys.modules)
    draft = PolicyDraft(text=ALWAYS, permissions={"projects.project.read"})
    async with application.scopes.enter(service("test")) as scope:
        await (await scope.get(Policies)).create(service("test"), "none", draft)
    print("cedarpy" in sys.modules)
    await application.close()


asyncio.run(main())
"""


def test_an_idle_server_does_not_import_it(tmp_path: Path) -> None:
    """It costs some 10 MiB, which only those pay who have policies."""
    environ = {
        "PATH": os.environ["PATH"],
        "FAIRLEAD_HOME": str(tmp_path),
        "FAIRLEAD_ADMIN__PASSWORD": "four words make sense",
    }
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", PROGRAM],
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    said = [line for line in done.stdout.splitlines() if line in {"True", "False"}]
    assert said == ["False", "True"]
