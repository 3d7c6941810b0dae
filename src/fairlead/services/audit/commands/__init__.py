"""`fairlead audit`."""

import sys
from pathlib import Path
from typing import Any

import click

from fairlead.adapters.terminal.client import Client
from fairlead.adapters.terminal.errors import RAN_AND_FAILED, Refused
from fairlead.adapters.terminal.options import Paging, output, paged
from fairlead.adapters.terminal.output import field, show_one, when
from fairlead.services.audit.commands.filters import filtered, query_of

COLUMNS = [
    ("no", field("sequence")),
    ("when", when("at")),
    ("who", field("actor")),
    ("action", field("action")),
    ("outcome", field("outcome")),
    ("target", field("target")),
    ("address", field("address")),
]
CHAIN = [
    ("entries", field("entries")),
    ("removed", field("note")),
    ("checkpoints", field("checkpoints")),
    ("broken at", field("broken_at")),
    ("reason", field("reason")),
]
CHECKPOINT = [
    ("no", field("number")),
    ("when", when("at")),
    ("entry", field("sequence")),
    ("digest", field("digest")),
    ("key", field("kid")),
]


@click.group()
def audit() -> None:
    """Audit: who did what, when, and how it ended."""


@audit.command("list")
@filtered
@paged
def list_entries(paging: Paging, **wanted: str | None) -> None:
    """List the entries, newest first."""
    paging.show("/api/v1/audit", COLUMNS, **query_of(wanted))


@audit.command()
@filtered
@click.option(
    "--output",
    "file",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Write to this file, once the export is whole; else to stdout.",
)
def export(file: Path | None, **wanted: str | None) -> None:
    """Export entries as JSON lines, oldest first, with what verifies them elsewhere."""
    from fairlead.services.audit.commands.exports import (  # noqa: PLC0415 - late
        export_to,
        exported,
    )

    lines = exported(query_of(wanted))
    if file is None:
        for line in lines:
            sys.stdout.buffer.write(line)
        sys.stdout.buffer.flush()
        return
    count = export_to(file, lines)
    click.echo(f"wrote {count} lines to {file}", err=True)


@audit.command()
@click.option(
    "--file",
    "file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Verify this exported file, here; not the trail of the server.",
)
@click.option(
    "--keys",
    help="The public keys, as a file or an address; else the server is asked.",
)
@click.option(
    "--checkpoint",
    "kept",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A checkpoint that was kept (JSON): the trail must still hold it.",
)
@output
def verify(
    form: str, file: Path | None, keys: str | None, kept: tuple[Path, ...]
) -> None:
    """Check that no entry was changed, removed or moved.

    The server checks its trail; with --file, --keys or --checkpoint it is checked here.
    """
    if file is None and keys is None and not kept:
        state = Client().get("/api/v1/audit/verification")
        show_one(state, CHAIN, form=form)
        _conclude(state, "the trail is whole")
        return
    from fairlead.services.audit.commands.offline import check  # noqa: PLC0415 - late

    found = check(file, keys, kept)
    show_one(found, CHAIN, form=form)
    _conclude(
        found,
        "the entries are as they were written"
        if found["filtered"]
        else "the trail is whole",
    )


@audit.command()
@output
def checkpoint(form: str) -> None:
    """Sign the newest entry; keep what -o json prints to prove the trail later."""
    show_one(Client().post("/api/v1/audit/checkpoints"), CHECKPOINT, form=form)


@audit.command()
@paged
def checkpoints(paging: Paging) -> None:
    """List the checkpoints, newest first."""
    paging.show("/api/v1/audit/checkpoints", CHECKPOINT)


def _conclude(state: dict[str, Any], whole: str) -> None:
    if state.get("broken_at") is not None:
        raise Refused("The audit trail does not verify.", exit_code=RAN_AND_FAILED)
    click.echo(whole, err=True)
