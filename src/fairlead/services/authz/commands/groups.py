"""`fairlead groups`."""

from urllib.parse import quote

import click

from fairlead.adapters.terminal.asking import confirm
from fairlead.adapters.terminal.client import Client
from fairlead.adapters.terminal.options import Paging, output, paged
from fairlead.adapters.terminal.output import field, show_one, when

GROUPS = "/api/v1/groups"
COLUMNS = [
    ("name", field("name")),
    ("members", field("members")),
    ("summary", field("summary")),
    ("created", when("created_at")),
]
MEMBERS = [("user", field("user_name")), ("since", when("since"))]


def path_of(name: str, user: str | None = None) -> str:
    """Return where a group is, or one of its members."""
    path = f"{GROUPS}/{quote(name, safe='')}"
    return path if user is None else f"{path}/members/{quote(user, safe='')}"


@click.group()
def groups() -> None:
    """Groups: users who have roles together."""


@groups.command("list")
@paged
def list_groups(paging: Paging) -> None:
    """List the groups by name."""
    paging.show(GROUPS, COLUMNS)


@groups.command()
@click.argument("name")
@output
def show(name: str, form: str) -> None:
    """Show one group."""
    show_one(Client().get(path_of(name)), COLUMNS, form=form)


@groups.command()
@click.argument("name")
@click.option("--summary", default="", help="Who is in it, in a line.")
@output
def create(name: str, summary: str, form: str) -> None:
    """Make a group NAME; give it a role with: fairlead roles bind --group."""
    body = {"name": name, "summary": summary}
    show_one(Client().post(GROUPS, body), COLUMNS, form=form)


@groups.command()
@click.argument("name")
@click.option("--summary", required=True, help="Who is in it, in a line.")
@output
def update(name: str, summary: str, form: str) -> None:
    """Say anew what a group is for."""
    made = Client().patch(path_of(name), {"summary": summary})
    show_one(made, COLUMNS, form=form)


@groups.command()
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
def delete(name: str, *, yes: bool) -> None:
    """Delete a group; its members lose what they had by it."""
    if not yes:
        confirm(f"Delete the group {name}?")
    Client().delete(path_of(name))
    click.echo(f"deleted {name}", err=True)


@groups.command()
@click.argument("name")
@paged
def members(name: str, paging: Paging) -> None:
    """List who is in a group."""
    paging.show(f"{path_of(name)}/members", MEMBERS)


@groups.command()
@click.argument("name")
@click.argument("user")
def add(name: str, user: str) -> None:
    """Put USER into the group NAME; you need what the group has yourself."""
    Client().put(path_of(name, user), None)
    click.echo(f"{user} is in {name}", err=True)


@groups.command()
@click.argument("name")
@click.argument("user")
def remove(name: str, user: str) -> None:
    """Take USER out of the group NAME."""
    Client().delete(path_of(name, user))
    click.echo(f"{user} is not in {name}", err=True)
