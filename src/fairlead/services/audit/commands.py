"""`fairlead audit`."""

import click

from fairlead.adapters.terminal.client import Client
from fairlead.adapters.terminal.errors import RAN_AND_FAILED, Refused
from fairlead.adapters.terminal.options import Paging, output, paged
from fairlead.adapters.terminal.output import field, show_one, when

COLUMNS = [
    ("no", field("sequence")),
    ("when", when("at")),
    ("who", field("actor")),
    ("action", field("action")),
    ("outcome", field("outcome")),
    ("target", field("target")),
    ("address", field("address")),
]


@click.group()
def audit() -> None:
    """Audit: who did what, when, and how it ended."""


@audit.command("list")
@click.option("--action", help="Only this action, e.g. projects.project.create.")
@click.option("--actor", help="Only acts of this user or service.")
@click.option("--outcome", type=click.Choice(["done", "refused", "failed"]))
@click.option("--target", help="Only acts on this target.")
@paged
def list_entries(paging: Paging, **wanted: str | None) -> None:
    """List the entries, newest first."""
    paging.show("/api/v1/audit", COLUMNS, **wanted)


@audit.command()
@output
def verify(form: str) -> None:
    """Check that no entry was changed, removed or moved."""
    state = Client().get("/api/v1/audit/verification")
    columns = [
        ("entries", field("entries")),
        ("broken at", field("broken_at")),
        ("reason", field("reason")),
    ]
    show_one(state, columns, form=form)
    if state.get("broken_at") is not None:
        raise Refused("The audit trail does not verify.", exit_code=RAN_AND_FAILED)
    click.echo("the trail is whole", err=True)
