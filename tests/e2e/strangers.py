"""Administrators of another tenant, on a data folder no server uses meanwhile.

`python strangers.py COUNT` makes them with the settings of its environment and prints
their access tokens as JSON: by the real services, in a process of its own. Log-ins over
HTTP are of the first tenant, so that is the way in.
"""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from uuid import UUID

from fairlead.app import Application, prepare
from fairlead.cli.settings import ExampleSettings
from fairlead.kernel.principal import Origin, TenantId, service
from fairlead.services.auth.public import Sessions
from fairlead.services.auth.tasks import TokensReady
from fairlead.services.authz.public import ROOT, Roles
from fairlead.services.identity.public import Users
from fairlead.testing.server import PASSWORD

OTHER = TenantId(UUID(int=0x0198_F1C2_7D3A_7C41_9B1E_2F6D_8A4C_0002))
MAKER = service("another-tenant", OTHER)


def administrators(environment: Mapping[str, str], count: int) -> list[str]:
    """Return the tokens of `count` administrators of the other tenant."""
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, __file__, str(count)],
        env=dict(environment),
        stdout=subprocess.PIPE,
        timeout=180,
        check=True,
    )
    tokens: list[str] = json.loads(done.stdout.splitlines()[-1])
    return tokens


async def made(count: int) -> list[str]:
    """Make them in this process."""
    application = prepare(os.environ, sections={"example": ExampleSettings})
    ready = await application.container.get(TokensReady)
    try:
        await ready.open()
        return [await _one(application, f"stranger{n}") for n in range(count)]
    finally:
        await ready.close()
        await application.container.close()
        application.release()


async def _one(application: Application, name: str) -> str:
    async with application.scopes.enter(MAKER) as scope:
        users, roles = await scope.get(Users), await scope.get(Roles)
        await users.create(MAKER, name, PASSWORD)
        await roles.bind(MAKER, name, "admin", scope=ROOT)
        sessions = await scope.get(Sessions)
        origin = Origin(address="127.0.0.1", user_agent="tests")
        tokens = await sessions.login(name, PASSWORD, origin=origin)
        return str(tokens.access_token)


if __name__ == "__main__":
    print(json.dumps(asyncio.run(made(int(sys.argv[1])))))  # noqa: T201 - its answer
