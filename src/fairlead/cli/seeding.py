"""Seeding the data folder that the settings name."""

import asyncio
import os
import tempfile
from collections.abc import Callable, Mapping
from contextlib import ExitStack

import click

from fairlead.adapters.http.problems import STATUS
from fairlead.adapters.settings.load import home, read_layers
from fairlead.adapters.terminal.errors import BY_STATUS, INTERNAL, Refused
from fairlead.app import prepare
from fairlead.cli.settings import ExampleSettings
from fairlead.kernel.errors import FairleadError
from fairlead.kernel.principal import service
from fairlead.services.auth.public import Seeded, Seeding

SEEDING = service("seeding")
Show = Callable[[Seeded], None]


def seed_home(show: Show, *, dry_run: bool) -> None:
    """Make what the settings say and show it; with `dry_run`, only show it.

    Raises:
        Refused: an entry or the data folder does not do, or a server uses it.
    """
    with ExitStack() as undone:
        try:
            environ = dict(os.environ)
            folder = home(read_layers(environ)).path
            click.echo(f"in the data folder {folder}:", err=True)
            if dry_run and not folder.exists():
                made = tempfile.TemporaryDirectory(prefix="fairlead-")
                environ["FAIRLEAD_HOME"] = undone.enter_context(made)
            asyncio.run(_seed(environ, show, dry_run=dry_run))
        except FairleadError as error:
            code = BY_STATUS.get(STATUS[error.kind], INTERNAL)
            raise Refused(error.message, exit_code=code, code=error.code) from error


async def _seed(environ: Mapping[str, str], show: Show, *, dry_run: bool) -> None:
    application = prepare(environ, sections={"example": ExampleSettings})
    try:
        async with application.scopes.enter(SEEDING) as scope:
            seeding: Seeding = await scope.get(Seeding)
            seeded = await seeding(dry_run=dry_run)
            show(seeded)
            if seeded.password is not None:
                await seeding.shown()
    finally:
        await application.container.close()
        application.release()
