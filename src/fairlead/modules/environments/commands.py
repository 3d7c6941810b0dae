"""`fairlead environments` and `fairlead workloads`."""

import sys
from itertools import chain
from typing import Any
from urllib.parse import quote
from uuid import UUID

import click

from fairlead.adapters.terminal.asking import confirm
from fairlead.adapters.terminal.client import Client
from fairlead.adapters.terminal.errors import RAN_AND_FAILED, Refused
from fairlead.adapters.terminal.options import Paging, output, paged, tail
from fairlead.adapters.terminal.output import (
    Row,
    field,
    last_lines,
    show_bytes,
    show_one,
    when,
)

WORKLOADS = "/api/v1/workloads"
OPERATIONS = "/api/v1/operations"


def _release(row: Row) -> str:
    return str(row["release"] or "-")


ENVIRONMENT_COLUMNS = [
    ("project", field("project")),
    ("environment", field("name")),
    ("created", when("created_at")),
    ("id", field("id")),
]
COLUMNS = [
    ("project", field("project")),
    ("environment", field("environment")),
    ("name", field("name")),
    ("state", field("state")),
    ("url", field("url")),
    ("release", _release),
    ("updated", when("updated_at")),
    ("id", field("id")),
]
DETAILS = [
    *COLUMNS,
    ("replicas", field("replicas")),
    ("restarts", field("restarts")),
    ("run", field("run_id")),
    ("reason", field("reason")),
]


@click.group()
def environments() -> None:
    """Environments: named places of a project where workloads run."""


@environments.command("list")
@click.option("--project", help="Only those of one project.")
@paged
def list_environments(project: str | None, paging: Paging) -> None:
    """List the environments you may see."""
    paging.show("/api/v1/environments", ENVIRONMENT_COLUMNS, project=project)


@click.group()
def workloads() -> None:
    """Workloads: services in environments.

    WORKLOAD is project/environment/name, the name alone where only one is called so,
    or an id.
    """


@workloads.command("list")
@click.option("--project", help="Only those of one project.")
@paged
def list_workloads(project: str | None, paging: Paging) -> None:
    """List the workloads you may see."""
    paging.show(WORKLOADS, COLUMNS, project=project)


@workloads.command()
@click.argument("workload")
@output
def show(workload: str, form: str) -> None:
    """Show one workload."""
    client = Client()
    found = client.get(_path(client, workload))
    if form == "table":
        found = {**found, "run_id": _run(client, found["run_id"])}
    show_one(found, DETAILS, form=form)


def _run(client: Client, run_id: str | None) -> str:
    """Return what people call a run; its id where that cannot be seen."""
    if not run_id:
        return ""
    try:
        run = client.get(f"/api/v1/runs/{run_id}")
    except Refused:
        return run_id
    return f"{run['project']}/{run['number']}"


@workloads.command()
@click.argument("workload")
@click.option("--follow", "-f", is_flag=True, help="Go on as output comes.")
@tail
def logs(workload: str, tail: int | None, *, follow: bool) -> None:
    """Print the output of a workload's replicas."""
    client = Client()
    path = _path(client, workload)
    if not follow:
        show_bytes(client.text(f"{path}/output"), tail=tail)
        return
    after = 0 if tail is None else _show_last(client, path, tail)
    for event in client.stream(f"{path}/logs?follow=true", after=after):
        if event.name == "output":
            click.echo(event.data["text"], nl=False)
            sys.stdout.flush()


def _show_last(client: Client, path: str, count: int) -> int:
    """Print the last lines there are now and return where the output goes on."""
    events = list(client.stream(f"{path}/logs?follow=false"))
    texts = (event.data["text"] for event in events if event.name == "output")
    click.echo(last_lines((text.encode() for text in texts), count), nl=False)
    return max((event.id for event in events), default=0)


@workloads.command()
@click.argument("workload")
@click.option("--wait", is_flag=True, help="Until it is done; 1 when it failed.")
def restart(workload: str, *, wait: bool) -> None:
    """Start a workload's replicas anew, one release, without a gap."""
    client = Client()
    asked = client.post(f"{_path(client, workload)}/restart")
    operation = asked["operation_id"]
    click.echo(
        f"restarting {_title(asked)}: its replicas start anew beside the old ones, "
        "which stop once the new ones answer",
        err=True,
    )
    if wait:
        _follow(client, operation, _title(asked))
    else:
        click.echo(f"follow it with: fairlead operations logs {operation}", err=True)


def _follow(client: Client, operation: str, title: str) -> None:
    for event in client.stream(f"{OPERATIONS}/{operation}/feed"):
        if event.name == "output":
            click.echo(event.data["text"], nl=False, err=True)
    ended = client.get(f"{OPERATIONS}/{operation}")
    if ended["state"] == "succeeded":
        click.echo(f"restarted {title}", err=True)
        return
    why = (ended.get("error") or {}).get("message") or ended.get("reason")
    raise Refused(
        f"The restart of {title} {ended['state']}{f': {why}' if why else '.'}",
        exit_code=RAN_AND_FAILED,
        hint=f"what serves now: fairlead workloads show {title}",
    )


@workloads.command()
@click.argument("workload")
@click.option("--yes", is_flag=True, help="Do not ask.")
def delete(workload: str, *, yes: bool) -> None:
    """Stop a workload and remove its releases."""
    client = Client()
    path = _path(client, workload)
    title = _title(client.get(path))
    if not yes:
        confirm(f"Stop {title} and remove its releases?")
    client.delete(path)
    click.echo(f"deleted {title}", err=True)


def _title(row: Row) -> str:
    return f"{row['project']}/{row['environment']}/{row['name']}"


def _path(client: Client, workload: str) -> str:
    """Return the address of a workload by what a person calls it.

    Raises:
        Refused: a name alone fits none, or more than one.
    """
    named = workload.replace("/", ":")
    if ":" not in named and not _is_id(workload):
        named = _only(client, workload)
    return f"{WORKLOADS}/{quote(named, safe=':')}"


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _only(client: Client, name: str) -> str:
    rows, _ = client.items(WORKLOADS, limit=200, every=True)
    found: list[dict[str, Any]] = [row for row in rows if row["name"] == name]
    if not found:
        raise Refused(
            f"There is no workload '{name}'.",
            exit_code=3,
            hint="see: fairlead workloads list",
        )
    if len(found) > 1:
        titles = [_title(row) for row in found]
        raise Refused(
            "\n".join(chain([f"{len(found)} workloads are called '{name}':"], titles)),
            exit_code=2,
            hint=f"name one of them, e.g. fairlead workloads show {titles[0]}",
        )
    return str(found[0]["id"])
