"""`fairlead up`."""

import gc

import click


@click.command()
def up() -> None:
    """Start Fairlead; on an empty installation, run the bundled example too.

    Settings come from config files and FAIRLEAD_* variables, e.g. FAIRLEAD_HOME for
    the data folder and FAIRLEAD_HTTP__PORT for the port. Ctrl-C stops it.
    """
    gc.disable()  # until all is imported and built: a third of the start otherwise
    from fairlead.cli.server import serve  # noqa: PLC0415 - imports the whole server

    serve()
