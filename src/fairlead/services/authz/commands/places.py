"""Where something holds, as people write it on the command line."""

from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import quote

import click

from fairlead.adapters.terminal.client import Client
from fairlead.adapters.terminal.errors import Refused

ROOT = "/"
CommandT = TypeVar("CommandT", bound=Callable[..., Any])


def placed(command: CommandT) -> CommandT:
    """Give a command `--project`, `--environment` and `--scope`."""
    for option in (
        click.option("--scope", help="The same by ids: / (the default), /projects/ID."),
        click.option("--environment", help="In this environment of the project."),
        click.option("--project", help="In this project."),
    ):
        command = option(command)
    return command


def chosen_scope(
    client: Client, *, project: str | None, environment: str | None, scope: str | None
) -> str:
    """Return the scope that the options of `placed` name.

    Raises:
        UsageError: they contradict each other.
        Refused: there is no such project or environment.
    """
    if scope and project:
        raise click.UsageError("Say --project or --scope, not both.")
    if environment and not project:
        raise click.UsageError("Say with --project whose environment it is.")
    if project is None:
        return scope or ROOT
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
