"""`fairlead worker`."""

import click


@click.command()
def worker() -> None:
    """Play the workflows of a server whose engine is Temporal, in a process of its own.

    It takes the same settings as the server: engine.kind must be temporal. It needs no
    data folder and no database, because workflow code only decides. Activities (steps,
    deployments) stay with the server, which has the working copies, the launcher of
    their processes and the journals of their output on its machine.
    Set engine.worker to false there if only workers are to play workflows. Ctrl-C stops
    it; another one takes over at once.
    """
    from fairlead.cli.playing import play_on  # noqa: PLC0415 - imports every module

    play_on()
