"""`fairlead modules`: what is installed, and whether it fits together."""

import os
from collections.abc import Callable
from pathlib import Path

import click

from fairlead.adapters.manifests.discovery import discover
from fairlead.adapters.manifests.reader import read_manifest
from fairlead.adapters.settings.load import home, read_layers
from fairlead.adapters.terminal.errors import Refused
from fairlead.adapters.terminal.options import output
from fairlead.adapters.terminal.output import Row, field, show_list, show_one
from fairlead.cli.settings import ExampleSettings
from fairlead.kernel.errors import FairleadError
from fairlead.kernel.module import Manifest, Module

PLUGINS = "plugins"
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
    rows = [_row(module.manifest) for module in _installed()]
    show_list(rows, COLUMNS, form=form, after=None)


@modules.command()
@click.argument("name")
@output
def info(name: str, form: str) -> None:
    """Show one module: what it requires, permits, serves and emits."""
    found = next((module for module in _installed() if module.name == name), None)
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
    show_one(_row(found.manifest), columns, form=form)


@modules.command()
@click.argument("place", type=click.Path(path_type=Path), required=False)
def validate(place: Path | None) -> None:
    """Check a module's folder or module.yaml; without PLACE, all that is installed.

    For the installed ones the whole server is put together, so a missing adapter, an
    undeclared route or a requirement that does not fit is found.
    """
    try:
        if place is None:
            from fairlead.app import check  # noqa: PLC0415 - imports the whole server

            names = check(os.environ, sections={"example": ExampleSettings})
            click.echo(f"{len(names)} modules fit together", err=True)
            return
        file = place / "module.yaml" if place.is_dir() else place
        manifest = read_manifest(file)
    except FairleadError as error:
        raise Refused(error.message, exit_code=2, code=error.code) from error
    click.echo(f"{manifest.name} {manifest.version} is valid", err=True)


def _installed() -> list[Module]:
    try:
        return discover(home(read_layers(os.environ)).path / PLUGINS)
    except FairleadError as error:
        raise Refused(error.message, exit_code=2, code=error.code) from error


def _row(manifest: Manifest) -> Row:
    return {
        "name": manifest.name,
        "version": manifest.version,
        "summary": manifest.summary,
        "requires": dict(manifest.requires),
        "permissions": dict(manifest.permissions),
        "routes": [
            {"method": route.method, "path": route.path, "permission": route.permission}
            for route in manifest.routes
        ],
        "events": list(manifest.events),
    }


def _requires(row: Row) -> str:
    return ", ".join(f"{name} {wanted}" for name, wanted in row["requires"].items())


def _lines(member: str) -> Callable[[Row], str]:
    return lambda row: "\n             ".join(row[member])


def _routes(row: Row) -> str:
    return "\n             ".join(
        f"{route['method']} {route['path']} ({route['permission']})"
        for route in row["routes"]
    )
