"""`fairlead seed`: the administrator, and what the settings say beside them."""

from typing import TYPE_CHECKING

import click

from fairlead.adapters.terminal.options import output
from fairlead.adapters.terminal.output import field, show_list

if TYPE_CHECKING:  # a command that only says how it is used imports no service
    from fairlead.services.auth.public import Seeded

COLUMNS = [("", field("outcome")), ("what", field("what"))]


@click.command()
@click.option("--dry-run", is_flag=True, help="Say what it would do; change nothing.")
@output
def seed(dry_run: bool, form: str) -> None:
    """Make the administrator and the roles, groups and bindings of the settings.

    It works on the data folder, so the server must be stopped and no log in is
    needed. What is there already stays; a second time changes nothing.
    """
    from fairlead.cli.seeding import seed_home  # noqa: PLC0415 - imports the server

    def show(seeded: "Seeded") -> None:
        rows = [{"outcome": str(one.outcome), "what": one.what} for one in seeded.steps]
        show_list(rows, COLUMNS, form=form, after=None)
        if not seeded.changes:
            click.echo("everything is as the settings say", err=True)
        elif dry_run:
            click.echo("this is what it would do; nothing was changed", err=True)
        if seeded.password is not None:
            click.echo(f"password  {seeded.password}   (shown this once)", err=True)

    seed_home(show, dry_run=dry_run)
