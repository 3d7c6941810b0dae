"""`fairlead reset-admin-password`: for whoever has the data folder and no password."""

import click


@click.command()
def reset_admin_password() -> None:
    """Give the administrator a new password; the server must be stopped.

    It works on the data folder, so it needs no log in, and is written to the audit
    trail.
    """
    from fairlead.cli.server import reset  # noqa: PLC0415 - imports the whole server

    click.echo(reset())
