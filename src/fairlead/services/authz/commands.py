"""`fairlead roles`."""

import click

from fairlead.adapters.terminal.client import Client
from fairlead.adapters.terminal.options import output
from fairlead.adapters.terminal.output import Row, field, show_list, show_one

ROLES = "/api/v1/roles"
BINDINGS = "/api/v1/bindings"
BINDING_COLUMNS = [
    ("user", field("principal_name")),
    ("role", field("role")),
    ("scope", field("scope")),
    ("id", field("id")),
]


def _count(row: Row) -> str:
    return str(len(row["permissions"]))


@click.group()
def roles() -> None:
    """Roles: what they allow and who has them where."""


@roles.command("list")
@output
def list_roles(form: str) -> None:
    """List the roles."""
    rows = Client().get(ROLES)["items"]
    columns = [
        ("name", field("name")),
        ("permissions", _count),
        ("summary", field("summary")),
    ]
    show_list(rows, columns, form=form, after=None)


@roles.command()
@click.option("--user", help="Only those of one user.")
@output
def bindings(user: str | None, form: str) -> None:
    """List who has which role where."""
    rows = Client().get(BINDINGS, principal=user)["items"]
    show_list(rows, BINDING_COLUMNS, form=form, after=None)


@roles.command()
@click.argument("user")
@click.argument("role")
@click.option("--scope", default="/", show_default=True, help="/ or /projects/ID.")
@output
def bind(user: str, role: str, scope: str, form: str) -> None:
    """Give USER a ROLE."""
    body = {"user": user, "role": role, "scope": scope}
    show_one(Client().post(BINDINGS, body), BINDING_COLUMNS, form=form)


@roles.command()
@click.argument("binding")
def unbind(binding: str) -> None:
    """Take a BINDING (its id) away."""
    Client().delete(f"{BINDINGS}/{binding}")
    click.echo("removed", err=True)
