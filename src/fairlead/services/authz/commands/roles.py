"""`fairlead roles`: what roles allow."""

from typing import Any
from urllib.parse import quote

import click

from fairlead.adapters.terminal.asking import confirm
from fairlead.adapters.terminal.client import Client
from fairlead.adapters.terminal.options import Paging, output, paged
from fairlead.adapters.terminal.output import Row, field, show_one

ROLES = "/api/v1/roles"


def _count(row: Row) -> str:
    return str(len(row["permissions"]))


def _kind(row: Row) -> str:
    return "built in" if row["built_in"] else "own"


def _lines(member: str) -> Any:
    return lambda row: "\n             ".join(row[member])


def _includes(row: Row) -> str:
    return ", ".join(row["includes"])


COLUMNS = [
    ("name", field("name")),
    ("kind", _kind),
    ("includes", _includes),
    ("permissions", _count),
    ("summary", field("summary")),
]
WHOLE = [
    *COLUMNS[:3],
    ("summary", field("summary")),
    ("permissions", _lines("permissions")),
    ("inert", _lines("inert")),
]


def path_of(name: str) -> str:
    """Return where a role is."""
    return f"{ROLES}/{quote(name, safe='')}"


@click.group()
def roles() -> None:
    """Roles: what they allow and who has them where."""


@roles.command("list")
@paged
def list_roles(paging: Paging) -> None:
    """List the roles by name."""
    paging.show(ROLES, COLUMNS)


@roles.command()
@click.argument("name")
@output
def show(name: str, form: str) -> None:
    """Show one role and what it allows; inert is what no module declares any more."""
    show_one(Client().get(path_of(name)), WHOLE, form=form)


@roles.command()
@click.argument("name")
@click.option("--summary", default="", help="What it is for, in a line.")
@click.option("--permission", multiple=True, help="What it allows; again for more.")
@click.option("--include", multiple=True, help="A role it has all of; again for more.")
@output
def create(
    name: str,
    summary: str,
    permission: tuple[str, ...],
    include: tuple[str, ...],
    form: str,
) -> None:
    """Make a role NAME of your own; you need everything it allows."""
    body = {
        "name": name,
        "summary": summary,
        "permissions": list(permission),
        "includes": list(include),
    }
    show_one(Client().post(ROLES, body), WHOLE, form=form)


@roles.command()
@click.argument("name")
@click.option("--summary", help="What it is for, in a line.")
@click.option("--add", multiple=True, help="A permission to add; again for more.")
@click.option("--remove", multiple=True, help="A permission to take away.")
@click.option("--include", multiple=True, help="A role to include.")
@click.option("--exclude", multiple=True, help="A role to include no longer.")
@output
def update(name: str, form: str, summary: str | None, **changes: Any) -> None:
    """Change a role of your own; who has it has the new rights at once."""
    client = Client()
    before = client.get(path_of(name))
    own = {*before["own"], *before["inert"], *changes["add"]}
    included = {*before["includes"], *changes["include"]}
    body = {
        "summary": before["summary"] if summary is None else summary,
        "permissions": sorted(own - {*changes["remove"]}),
        "includes": sorted(included - {*changes["exclude"]}),
    }
    show_one(client.put(path_of(name), body), WHOLE, form=form)


@roles.command()
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
def delete(name: str, *, yes: bool) -> None:
    """Delete a role that nobody has and no other role includes."""
    if not yes:
        confirm(f"Delete the role {name}?")
    Client().delete(path_of(name))
    click.echo(f"deleted {name}", err=True)
