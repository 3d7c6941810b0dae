"""`fairlead authz`: who may do what, why, and what a change would change."""

from pathlib import Path
from typing import Any
from urllib.parse import quote

import click

from fairlead.adapters.terminal.client import Client
from fairlead.adapters.terminal.errors import RAN_AND_FAILED, Refused
from fairlead.adapters.terminal.options import Paging, output, paged
from fairlead.adapters.terminal.output import Row, field, show_list, show_one
from fairlead.services.authz.commands.places import chosen_scope, placed
from fairlead.services.authz.commands.roles import path_of

DECISIONS = "/api/v1/decisions"
PEOPLE = 200


def _answer(row: Row) -> str:
    return "yes" if row["allowed"] else "no"


def _binding(row: Row) -> str:
    binding = row["binding"]
    if binding is None:
        return ""
    group = binding.get("principal_kind") == "group"
    holder = f"the group {binding['principal_name']}" if group else "the user"
    return f"{binding['role']} in {binding['scope']}, of {holder} ({binding['id']})"


def _path(row: Row) -> str:
    return " > ".join(row["path"])


def _through(row: Row) -> str:
    binding = row["binding"]
    group = binding.get("principal_kind") == "group"
    return str(binding["principal_name"]) if group else ""


def _scope(row: Row) -> str:
    return str(row["binding"]["scope"])


def _several(member: str) -> Any:
    return lambda row: ", ".join(row[member])


@click.group()
def authz() -> None:
    """Rights: who may do what, why, and what a change would change."""


@authz.command("can-i")
@click.argument("permission")
@placed
@click.option("--user", help="Ask about another user.")
@output
def can_i(
    permission: str,
    user: str | None,
    form: str,
    **place: str | None,
) -> None:
    """Tell whether you may do something, and by what; no ends with exit code 1."""
    client = Client()
    where = chosen_scope(client, **place)
    asked: dict[str, object] = {"permission": permission, "scope": where}
    if user is None:
        row = client.get(f"{DECISIONS}/can-i", **asked)
    else:
        row = client.get(f"{DECISIONS}/can", user=user, **asked)
    columns = [
        ("answer", _answer),
        ("why", field("reason")),
        ("binding", _binding),
        ("roles", _path),
        ("policy", field("policy")),
    ]
    show_one(row, columns, form=form)
    if not row["allowed"]:
        raise SystemExit(RAN_AND_FAILED)


@authz.command("who-can")
@click.argument("permission")
@placed
@paged
def who_can(permission: str, paging: Paging, **place: str | None) -> None:
    """List the users who may do something, by name, and by what."""
    where = chosen_scope(Client(), **place)
    columns = [
        ("user", field("user_name")),
        ("roles", _path),
        ("in", _scope),
        ("by group", _through),
    ]
    paging.show(f"{DECISIONS}/who-can", columns, permission=permission, scope=where)


@authz.group()
def diff() -> None:
    """Who would gain or lose what before something is changed; nothing is."""


CODE = click.option(
    "--exit-code", "code", is_flag=True, help="End with 1 when something would change."
)


@diff.command("role")
@click.argument("name")
@click.option(
    "--file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="YAML with `permissions` and `includes`: what the role shall be.",
)
@click.option("--add", multiple=True, help="A permission to add; again for more.")
@click.option("--remove", multiple=True, help="A permission to take away.")
@click.option("--include", multiple=True, help="A role to include.")
@click.option("--exclude", multiple=True, help="A role to include no longer.")
@click.option("--delete", is_flag=True, help="It shall be gone.")
@CODE
@output
def diff_role(
    name: str, file: Path | None, form: str, *, delete: bool, code: bool, **changes: Any
) -> None:
    """Compare with another form of the role NAME; a new one is made with --file."""
    if sum((file is not None, any(changes.values()), delete)) != 1:
        raise click.UsageError("Say --file, or --delete, or what is to be changed.")
    client = Client()
    role: dict[str, Any] = {"name": name}
    if delete:
        role["delete"] = True
    elif file is not None:
        role |= _read(file, {"permissions", "includes"})
    else:
        role |= _changed(client.get(path_of(name)), **changes)
    _show(client, {"role": role}, code=code, form=form)


def _changed(
    now: Row,
    *,
    add: tuple[str, ...],
    remove: tuple[str, ...],
    include: tuple[str, ...],
    exclude: tuple[str, ...],
) -> dict[str, list[str]]:
    """Return what a role would be, with what no module declares any more."""
    own = {*now["own"], *now["inert"], *add} - {*remove}
    included = {*now["includes"], *include} - {*exclude}
    return {"permissions": sorted(own), "includes": sorted(included)}


@diff.command("module")
@click.argument(
    "manifest", type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@CODE
@output
def diff_module(manifest: Path, *, code: bool, form: str) -> None:
    """Compare with the version of a module that the file MANIFEST describes."""
    found = _read(manifest, {"name", "permissions"})
    if "name" not in found:
        raise Refused(f"{manifest} has no name: it is no module.yaml.", exit_code=2)
    module = {"name": found["name"], "permissions": list(found.get("permissions", ()))}
    _show(Client(), {"module": module}, code=code, form=form)


def _show(client: Client, body: Any, *, code: bool, form: str) -> None:
    rows: list[Row] = []
    after: str | None = ""
    while after is not None:
        query = f"?limit={PEOPLE}" + (f"&after={quote(after)}" if after else "")
        page = client.post(f"{DECISIONS}/diff{query}", body)
        rows += page["items"]
        after = page["next"]
    columns = [
        ("user", field("user_name")),
        ("scope", field("scope")),
        ("gains", _several("gains")),
        ("loses", _several("loses")),
    ]
    show_list(rows, columns, form=form, after=None)
    if not rows:
        click.echo("nobody would gain or lose anything", err=True)
    elif code:
        raise SystemExit(RAN_AND_FAILED)


def _read(file: Path, members: set[str]) -> dict[str, Any]:
    """Return some members of a YAML file.

    Raises:
        Refused: it holds something else.
    """
    import yaml  # noqa: PLC0415 - only these commands need it

    try:
        found = yaml.safe_load(file.read_bytes())
    except (OSError, yaml.YAMLError) as error:
        raise Refused(f"{file} cannot be read: {error}", exit_code=2) from error
    if not isinstance(found, dict):
        raise Refused(f"{file} does not hold members of a mapping.", exit_code=2)
    return {name: value for name, value in found.items() if name in members}
