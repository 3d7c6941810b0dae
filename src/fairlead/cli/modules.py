"""`fairlead modules`: what is installed, and whether it fits together."""

from collections.abc import Callable
from pathlib import Path

import click

from fairlead.adapters.terminal.errors import Refused
from fairlead.adapters.terminal.options import output
from fairlead.adapters.terminal.output import Row, field, show_list, show_one

COLUMNS = [
    ("name", field("name")),
    ("version", field("version")),
    ("permissions", lambda row: str(len(row["permissions"]))),
    ("routes", lambda row: str(len(row["routes"]))),
    ("summary", field("summary")),
]


@click.group()
def modules() -> None:
    """Modules: features, ours and third parties'; checked without a server."""


@modules.command("list")
@output
def list_modules(form: str) -> None:
    """List the installed modules in the order they start."""
    show_list(_installed(), COLUMNS, form=form, after=None)


@modules.command()
@click.argument("name")
@output
def info(name: str, form: str) -> None:
    """Show one module: what it requires, permits, serves and emits."""
    found = next((row for row in _installed() if row["name"] == name), None)
    if found is None:
        raise Refused(
            f"There is no module '{name}'.",
            exit_code=3,
            hint="see: fairlead modules list",
        )
    columns = [
        ("name", field("name")),
        ("version", field("version")),
        ("summary", field("summary")),
        ("requires", _requires),
        ("permissions", _lines("permissions")),
        ("routes", _routes),
        ("events", _lines("events")),
    ]
    show_one(found, columns, form=form)


@modules.command()
@click.argument("place", type=click.Path(path_type=Path), required=False)
def validate(place: Path | None) -> None:
    """Check a module's folder or module.yaml; without PLACE, all that is installed.

    For the installed ones the whole server is put together, so a missing adapter, an
    undeclared route or a requirement that does not fit is found.
    """
    from fairlead.cli import catalog  # noqa: PLC0415 - imports much

    click.echo(catalog.validate(place), err=True)
    if place is not None:
        file = place / "module.yaml" if place.is_dir() else place
        click.secho(
            f"who would gain or lose what: fairlead authz diff module {file}",
            dim=True,
            err=True,
        )


def _installed() -> list[Row]:
    from fairlead.cli import catalog  # noqa: PLC0415 - imports much

    return catalog.installed()


def _requires(row: Row) -> str:
    return ", ".join(f"{name} {wanted}" for name, wanted in row["requires"].items())


def _lines(member: str) -> Callable[[Row], str]:
    return lambda row: "\n             ".join(row[member])


def _routes(row: Row) -> str:
    return "\n             ".join(
        f"{route['method']} {route['path']} ({route['permission']})"
        for route in row["routes"]
    )
