"""`fairlead users`."""

import sys

import click

from fairlead.adapters.terminal.client import Client
from fairlead.adapters.terminal.options import Paging, output, paged
from fairlead.adapters.terminal.output import field, show_one, when

PATH = "/api/v1/users"
COLUMNS = [
    ("name", field("name")),
    ("disabled", field("disabled")),
    ("created", when("created_at")),
    ("id", field("id")),
]


@click.group()
def users() -> None:
    """Users: who can log in."""


@users.command("list")
@paged
def list_users(paging: Paging) -> None:
    """List the users by name."""
    paging.show(PATH, COLUMNS)


@users.command()
@click.argument("name")
@click.option("--password-stdin", is_flag=True, help="Read the password from stdin.")
@output
def create(name: str, form: str, *, password_stdin: bool) -> None:
    """Add a user; give them a role with: fairlead roles bind."""
    password = read_password(stdin=password_stdin, confirm=True)
    body = {"name": name, "password": password}
    show_one(Client().post(PATH, body), COLUMNS, form=form)


@users.command()
@click.argument("name")
@output
def show(name: str, form: str) -> None:
    """Show one user."""
    show_one(Client().get(f"{PATH}/{name}"), COLUMNS, form=form)


@users.command()
@click.argument("name")
def disable(name: str) -> None:
    """Disable a user, whose log ins end at once."""
    Client().post(f"{PATH}/{name}/disable")
    click.echo(f"disabled {name}", err=True)


@users.command()
@click.argument("name")
def enable(name: str) -> None:
    """Enable a user again."""
    Client().post(f"{PATH}/{name}/enable")
    click.echo(f"enabled {name}", err=True)


@users.command("set-password")
@click.argument("name")
@click.option("--password-stdin", is_flag=True, help="Read the new one from stdin.")
@click.option("--old-password", help="The old one, when it is your own.", default=None)
def set_password(name: str, old_password: str | None, *, password_stdin: bool) -> None:
    """Set a user's password."""
    password = read_password(stdin=password_stdin, confirm=True)
    Client().put(f"{PATH}/{name}/password", {"password": password, "old": old_password})
    click.echo(f"changed the password of {name}", err=True)


def read_password(*, stdin: bool, confirm: bool) -> str:
    """Return a password from stdin's first line, or asked for on the terminal."""
    if stdin:
        return sys.stdin.readline().rstrip("\r\n")
    return str(
        click.prompt("Password", hide_input=True, confirmation_prompt=confirm, err=True)
    )
