"""`fairlead environments` and `fairlead workloads`."""

import sys
from urllib.parse import quote

import click

from fairlead.adapters.terminal.client import Client
from fairlead.adapters.terminal.options import Paging, output, paged
from fairlead.adapters.terminal.output import field, show_one, when

WORKLOADS = "/api/v1/workloads"
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
    ("release", field("release")),
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
    """Workloads: services in environments. WORKLOAD is an id or project:env:name."""


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
    show_one(Client().get(_path(workload)), DETAILS, form=form)


@workloads.command()
@click.argument("workload")
@click.option("--follow", "-f", is_flag=True, help="Go on as output comes.")
def logs(workload: str, *, follow: bool) -> None:
    """Print the output of a workload's replicas."""
    client = Client()
    if not follow:
        for chunk in client.text(f"{_path(workload)}/output"):
            click.echo(chunk, nl=False)
        return
    for event in client.stream(f"{_path(workload)}/logs?follow=true"):
        if event.name == "output":
            click.echo(event.data["text"], nl=False)
            sys.stdout.flush()


@workloads.command()
@click.argument("workload")
def restart(workload: str) -> None:
    """Start a workload's replicas anew, one release, without a gap."""
    Client().post(f"{_path(workload)}/restart")
    click.echo(f"restarting {workload}", err=True)


@workloads.command()
@click.argument("workload")
@click.option("--yes", is_flag=True, help="Do not ask.")
def delete(workload: str, *, yes: bool) -> None:
    """Stop a workload and remove its releases."""
    if not yes:
        click.confirm(f"Stop {workload} and remove its releases?", abort=True, err=True)
    Client().delete(_path(workload))
    click.echo(f"deleted {workload}", err=True)


def _path(workload: str) -> str:
    return f"{WORKLOADS}/{quote(workload.replace('/', ':'), safe=':')}"
