"""`fairlead policies`."""

from collections.abc import Mapping
from typing import Any, TextIO
from urllib.parse import quote

import click

from fairlead.adapters.terminal.asking import confirm
from fairlead.adapters.terminal.client import Client
from fairlead.adapters.terminal.options import Paging, output, paged
from fairlead.adapters.terminal.output import Row, field, show_list, show_one, when

PATH = "/api/v1/policies"


def _permissions(row: Row) -> str:
    return ", ".join(row["permissions"])


def _text(row: Row) -> str:
    return str(row["text"]).rstrip().replace("\n", "\n             ")


LISTED = [
    ("name", field("name")),
    ("enabled", field("enabled")),
    ("attached to", _permissions),
    ("summary", field("summary")),
]
SHOWN = [
    *LISTED,
    ("version", field("version")),
    ("changed", when("updated_at")),
    ("text", _text),
]

source = click.argument("source", type=click.File(encoding="utf-8"))
attached = click.option(
    "--permission",
    "-p",
    "permissions",
    multiple=True,
    required=True,
    help="What it is attached to, e.g. pipelines.run.start or pipelines.*; repeatable.",
)


@click.group()
def policies() -> None:
    """Policies: they take away what roles give."""


@policies.command("list")
@paged
def list_policies(paging: Paging) -> None:
    """List the policies by name."""
    rows, after = Client().items(PATH, limit=paging.limit, every=paging.every)
    show_list(rows, LISTED, form=paging.form, after=after)


@policies.command()
@click.argument("name")
@output
def show(name: str, form: str) -> None:
    """Show one policy and its text."""
    show_one(Client().get(_path(name)), SHOWN, form=form)


@policies.command()
@click.argument("name")
@source
@attached
@click.option("--summary", default="", help="What it is for.")
@click.option("--disabled", is_flag=True, help="Keep it, but do not let it count.")
@output
def create(
    name: str,
    source: TextIO,
    permissions: tuple[str, ...],
    summary: str,
    form: str,
    *,
    disabled: bool,
) -> None:
    """Add a policy whose text is in the file SOURCE; -: from stdin."""
    body = {
        "name": name,
        "summary": summary,
        "text": _read(source),
        "permissions": list(permissions),
        "enabled": not disabled,
    }
    show_one(Client().post(PATH, body), SHOWN, form=form)


@policies.command()
@click.argument("name")
@click.argument("source", type=click.File(encoding="utf-8"), required=False)
@click.option("--permission", "-p", "permissions", multiple=True, help="All anew.")
@click.option("--summary", help="What it is for.")
@click.option("--enable/--disable", "enabled", default=None, help="Let it count.")
@output
def update(
    name: str,
    source: TextIO | None,
    permissions: tuple[str, ...],
    summary: str | None,
    form: str,
    *,
    enabled: bool | None,
) -> None:
    """Change a policy; what is left out stays, its text without SOURCE (-: stdin)."""
    client = Client()
    found = client.get(_path(name))
    body = {
        "summary": found["summary"] if summary is None else summary,
        "text": found["text"] if source is None else _read(source),
        "permissions": list(permissions) or found["permissions"],
        "enabled": found["enabled"] if enabled is None else enabled,
    }
    show_one(_replaced(client, found, body), SHOWN, form=form)


@policies.command()
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
def delete(name: str, *, yes: bool) -> None:
    """Delete a policy: what it took away is back."""
    if not yes:
        confirm(f"Delete the policy {name}?")
    Client().delete(_path(name))
    click.echo(f"deleted {name}", err=True)


@policies.command()
@source
@attached
def check(source: TextIO, permissions: tuple[str, ...]) -> None:
    """Find out whether the text in SOURCE (-: stdin) could be a policy."""
    body = {"text": _read(source), "permissions": list(permissions)}
    Client().post(f"{PATH}/check", body)
    click.echo("this could be a policy", err=True)


def _path(name: str) -> str:
    return f"{PATH}/{quote(name, safe='')}"


def _replaced(client: Client, found: Row, body: Mapping[str, Any]) -> Any:
    guard = {"If-Match": f'"{found["version"]}"'}
    return client.request("PUT", _path(found["name"]), body, guard)


def _read(source: TextIO) -> str:
    try:
        return source.read()
    except UnicodeDecodeError as error:
        raise click.BadParameter(f"{source.name} is not UTF-8 text.") from error
