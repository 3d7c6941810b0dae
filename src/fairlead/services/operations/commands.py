"""`fairlead operations`."""

import click

from fairlead.adapters.terminal.client import Client
from fairlead.adapters.terminal.options import Paging, output, paged
from fairlead.adapters.terminal.output import field, show_one, when

PATH = "/api/v1/operations"
COLUMNS = [
    ("id", field("id")),
    ("kind", field("kind")),
    ("subject", field("subject")),
    ("state", field("state")),
    ("by", field("requested_by")),
    ("created", when("created_at")),
    ("reason", field("reason")),
]
STATES = ["queued", "running", "succeeded", "failed", "cancelled"]


@click.group()
def operations() -> None:
    """Operations: every long-running piece of work."""


@operations.command("list")
@click.option("--state", type=click.Choice(STATES))
@click.option("--kind", help="Only one kind, e.g. pipelines.run.")
@paged
def list_operations(state: str | None, kind: str | None, paging: Paging) -> None:
    """List the operations you may see, newest first."""
    paging.show(PATH, COLUMNS, state=state, kind=kind)


@operations.command()
@click.argument("operation")
@output
def show(operation: str, form: str) -> None:
    """Show one operation."""
    show_one(Client().get(f"{PATH}/{operation}"), COLUMNS, form=form)


@operations.command()
@click.argument("operation")
def logs(operation: str) -> None:
    """Follow an operation's output to its end."""
    for event in Client().stream(f"{PATH}/{operation}/feed"):
        if event.name == "output":
            click.echo(event.data["text"], nl=False)


@operations.command()
@click.argument("operation")
def cancel(operation: str) -> None:
    """Cancel an operation and what it started."""
    state = Client().post(f"{PATH}/{operation}/cancel")["state"]
    click.echo(f"asked to cancel; it is {state} now", err=True)
