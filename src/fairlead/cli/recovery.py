"""`fairlead reset-admin-password`: for whoever has the data folder and no password."""

import asyncio
import os

import click

from fairlead.adapters.http.problems import STATUS
from fairlead.adapters.terminal.errors import BY_STATUS, INTERNAL, Refused
from fairlead.app import prepare
from fairlead.cli.settings import ExampleSettings
from fairlead.kernel.errors import FairleadError
from fairlead.kernel.principal import service
from fairlead.services.auth.public import Recovery

RECOVERY = service("recovery")


@click.command()
def reset_admin_password() -> None:
    """Give the administrator a new password; the server must be stopped.

    It works on the data folder, so it needs no log in, and is written to the audit
    trail.
    """
    try:
        password = asyncio.run(_reset())
    except FairleadError as error:
        exit_code = BY_STATUS.get(STATUS[error.kind], INTERNAL)
        raise Refused(error.message, exit_code=exit_code, code=error.code) from error
    click.echo(password)


async def _reset() -> str:
    application = prepare(os.environ, sections={"example": ExampleSettings})
    try:
        async with application.scopes.enter(RECOVERY) as scope:
            recovery: Recovery = await scope.get(Recovery)
            return await recovery.reset_administrator()
    finally:
        await application.container.close()
        application.release()
