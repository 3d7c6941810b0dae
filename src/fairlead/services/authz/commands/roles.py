"""`fairlead roles`."""

from urllib.parse import quote

import click

from fairlead.adapters.terminal.client import Client
from fairlead.adapters.terminal.errors import Refused
from fairlead.adapters.terminal.ids import known_id
from fairlead.adapters.terminal.options import output
from fairlead.adapters.terminal.output import Row, field, show_list, show_one

ROLES = "/api/v1/roles"
BINDINGS = "/api/v1/bindings"
ROOT = "/"
BINDING_COLUMNS = [
    ("user", field("principal_name")),
    ("role", field("role")),
    ("scope", field("scope")),
    ("id", field("id")),
]


def _count(row: Row) -> str:
    return str(len(row["permissions"]))


def _permissions(row: Row) -> str:
    return "\n             ".join(row["permissions"])


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
@click.argument("name")
@output
def show(name: str, form: str) -> None:
    """Show one role and what it allows."""
    rows = Client().get(ROLES)["items"]
    found = next((row for row in rows if row["name"] == name), None)
    if found is None:
        known = ", ".join(row["name"] for row in rows)
        raise Refused(f"There is no role '{name}'; there are {known}.", exit_code=3)
    columns = [
        ("name", field("name")),
        ("summary", field("summary")),
        ("permissions", _permissions),
    ]
    show_one(found, columns, form=form)


@roles.command()
@click.option("--user", help="Only those of one user.")
@output
def bindings(user: str | None, form: str) -> None:
    """List who has which role where."""
    rows = Client().get(BINDINGS, user=user)["items"]
    show_list(rows, BINDING_COLUMNS, form=form, after=None)


@roles.command()
@click.argument("user")
@click.argument("role")
@click.option("--project", help="Only in this project.")
@click.option("--environment", help="Only in this environment of the project.")
@click.option("--scope", help="The same by ids: / (the default), /projects/ID, ...")
@output
def bind(
    user: str,
    role: str,
    project: str | None,
    environment: str | None,
    scope: str | None,
    form: str,
) -> None:
    """Give USER a ROLE, everywhere or in one project or environment."""
    if scope and project:
        raise click.UsageError("Say --project or --scope, not both.")
    if environment and not project:
        raise click.UsageError("Say with --project whose environment it is.")
    client = Client()
    if project:
        scope = _scope(client, project, environment)
    body = {"user": user, "role": role, "scope": scope or ROOT}
    there = _held(client, user)
    made = client.post(BINDINGS, body)
    show_one(made, BINDING_COLUMNS, form=form)
    if made["id"] in there:
        click.echo(f"{user} had this role there already", err=True)


def _held(client: Client, user: str) -> set[str]:
    """Return the ids of the bindings a user has; none when one may not see them."""
    try:
        return {row["id"] for row in client.get(BINDINGS, user=user)["items"]}
    except Refused:
        return set()


def _scope(client: Client, project: str, environment: str | None) -> str:
    """Return the scope of a project or of one of its environments.

    Raises:
        Refused: there is none of this name.
    """
    found = client.get(f"/api/v1/projects/{quote(project, safe='')}")
    if environment is None:
        return f"/projects/{found['id']}"
    rows, _ = client.items(
        "/api/v1/environments", limit=200, every=True, project=found["name"]
    )
    names = {row["name"]: row["id"] for row in rows}
    if environment not in names:
        known = f"there are {', '.join(names)}" if names else "there is none yet"
        raise Refused(
            f"Project {project} has no environment '{environment}'; {known}.",
            exit_code=3,
        )
    return f"/projects/{found['id']}/environments/{names[environment]}"


@roles.command()
@click.argument("binding")
def unbind(binding: str) -> None:
    """Take a BINDING (its id) away."""
    binding = known_id(binding, "given role", "fairlead roles bindings")
    Client().delete(f"{BINDINGS}/{binding}")
    click.echo("removed", err=True)
