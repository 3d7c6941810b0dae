"""`fairlead roles bind` and what goes with it: who has which role where."""

from typing import Any

import click

from fairlead.adapters.terminal.client import Client
from fairlead.adapters.terminal.errors import Refused
from fairlead.adapters.terminal.ids import known_id
from fairlead.adapters.terminal.options import Paging, output, paged
from fairlead.adapters.terminal.output import Row, field, show_one
from fairlead.services.authz.commands.places import chosen_scope, placed
from fairlead.services.authz.commands.roles import roles

BINDINGS = "/api/v1/bindings"


def _holder(row: Row) -> str:
    name = str(row["principal_name"])
    return f"{name} (group)" if row["principal_kind"] == "group" else name


COLUMNS = [
    ("who", _holder),
    ("role", field("role")),
    ("scope", field("scope")),
    ("id", field("id")),
]


@roles.command()
@click.option("--user", help="Only those of one user, with those of their groups.")
@click.option("--group", help="Only those of one group.")
@click.option("--role", help="Only those of one role.")
@click.option("--scope", help="Only those in exactly this scope.")
@paged
def bindings(
    paging: Paging,
    user: str | None,
    group: str | None,
    role: str | None,
    scope: str | None,
) -> None:
    """List who has which role where."""
    paging.show(BINDINGS, COLUMNS, user=user, group=group, role=role, scope=scope)


@roles.command()
@click.argument("name")
@click.argument("role")
@click.option("--group", is_flag=True, help="NAME is that of a group.")
@placed
@output
def bind(name: str, role: str, form: str, *, group: bool, **place: Any) -> None:
    """Give the user NAME a ROLE, everywhere or in one project or environment."""
    client = Client()
    where = chosen_scope(client, **place)
    kind = "group" if group else "user"
    there = _held(client, kind, name, role, where)
    made = _made(client, {kind: name, "role": role, "scope": where})
    show_one(made, COLUMNS, form=form)
    if made["id"] in there:
        click.echo(f"{name} had this role there already", err=True)


def _made(client: Client, wish: dict[str, str]) -> dict[str, Any]:
    """Bind; who names a group and forgets to say so is told how.

    Raises:
        Refused: the server said no.
    """
    try:
        made: dict[str, Any] = client.post(BINDINGS, wish)
    except Refused as error:
        if error.code == "identity.user_not_found":
            error.hint = "the role of a group is given with --group"
        raise
    return made


def _held(client: Client, kind: str, name: str, role: str, scope: str) -> set[str]:
    """Return the ids of such bindings from before; none when one may not see them."""
    try:
        found = client.get(BINDINGS, **{kind: name, "role": role, "scope": scope})
    except Refused:
        return set()
    return {row["id"] for row in found["items"]}


@roles.command()
@click.argument("binding")
def unbind(binding: str) -> None:
    """Take a BINDING (its id) away."""
    binding = known_id(binding, "given role", "fairlead roles bindings")
    Client().delete(f"{BINDINGS}/{binding}")
    click.echo("removed", err=True)
