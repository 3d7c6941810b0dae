"""`fairlead run`, `runs` and `validate`."""

from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import click

from fairlead.adapters.terminal.client import Client
from fairlead.adapters.terminal.errors import RAN_AND_FAILED, Refused
from fairlead.adapters.terminal.options import Paging, output, paged
from fairlead.adapters.terminal.output import Row, field, lasting, show_one, when
from fairlead.adapters.terminal.progress import Progress

RUNS = "/api/v1/runs"


def _short(row: Row) -> str:
    return str(row.get("commit") or "")[:10]


def _took(row: Row) -> str:
    return lasting(row.get("duration_seconds"))


def _urls(row: Row) -> str:
    return " ".join(row.get("urls") or ())


COLUMNS = [
    ("project", field("project")),
    ("run", field("number")),
    ("state", field("state")),
    ("commit", _short),
    ("took", _took),
    ("by", field("requested_by")),
    ("started", when("created_at")),
    ("id", field("id")),
]
DETAILS = [
    *COLUMNS,
    ("title", field("title")),
    ("url", _urls),
    ("reason", field("reason")),
]


@click.command()
@click.argument("project")
@click.option("--revision", default="", help="Branch, tag or commit to build.")
@click.option("--follow", "-f", is_flag=True, help="Show it live, to its end.")
@click.option("--idempotency-key", default=None, help="Same key: same run.")
@output
def run(
    project: str, revision: str, idempotency_key: str | None, form: str, *, follow: bool
) -> None:
    """Run PROJECT's pipeline.

    With --follow the exit code tells how it ended: 0 when it succeeded, 1 when not.
    """
    client = Client()
    started = client.post(
        f"/api/v1/projects/{quote(project, safe='')}/runs",
        {"revision": revision},
        {"Idempotency-Key": idempotency_key or str(uuid4())},
    )
    if not follow:
        show_one(started, DETAILS, form=form)
        click.echo(f"follow it with: fairlead runs logs {started['id']}", err=True)
        return
    ended = follow_run(client, started["id"])
    if form != "table":
        show_one(ended, DETAILS, form=form)
    elif ended.get("urls"):
        click.echo("\n".join(ended["urls"]))
    if ended["state"] != "succeeded":
        raise click.exceptions.Exit(RAN_AND_FAILED)


def follow_run(client: Client, run_id: str) -> dict[str, Any]:
    """Print a run live and return it as it is at its end."""
    progress = Progress()
    try:
        for event in client.stream(f"{RUNS}/{run_id}/logs"):
            progress.show(event)
    except KeyboardInterrupt:
        click.echo(
            f"\nit goes on; cancel it with: fairlead runs cancel {run_id}", err=True
        )
        raise
    ended: dict[str, Any] = client.get(f"{RUNS}/{run_id}")
    progress.finish(ended)
    return ended


@click.group()
def runs() -> None:
    """Runs of pipelines. RUN is an id or project/number."""


@runs.command("list")
@click.option("--project", help="Only those of one project.")
@paged
def list_runs(project: str | None, paging: Paging) -> None:
    """List the runs you may see, newest first."""
    paging.show(RUNS, COLUMNS, project=project)


@runs.command()
@click.argument("run")
@output
def show(run: str, form: str) -> None:
    """Show one run with its stages and steps."""
    found = Client().get(_path(run))
    show_one(found, DETAILS, form=form)
    if form == "table":
        for stage in found["stages"]:
            for step in (step for job in stage["jobs"] for step in job["steps"]):
                code = "" if step["exit_code"] is None else f"exit {step['exit_code']}"
                name = f"{stage['name']}/{step['name']}"
                took = lasting(step["duration_seconds"])
                click.echo(
                    f"  {name:24} {step['state']:10} {took:>10}  {code}".rstrip()
                )


@runs.command()
@click.argument("run")
@click.option("--step", default=None, help="Only one step, e.g. build/compile.")
@click.option("--follow", "-f", is_flag=True, help="Live, with a line per step.")
def logs(run: str, step: str | None, *, follow: bool) -> None:
    """Print a run's output."""
    client = Client()
    if follow:
        follow_run(client, client.get(_path(run))["id"])
        return
    query = f"?stream={quote(step)}" if step else ""
    run_id = client.get(_path(run))["id"]
    for chunk in client.text(f"{RUNS}/{run_id}/output{query}"):
        click.echo(chunk, nl=False)


@runs.command()
@click.argument("run")
def cancel(run: str) -> None:
    """End a run as cancelled; no process of it is left."""
    client = Client()
    state = client.post(f"{RUNS}/{client.get(_path(run))['id']}/cancel")["state"]
    click.echo(f"asked to cancel; it is {state} now", err=True)


def _path(run: str) -> str:
    """Return the address of a run by id or by project/number."""
    project, _, number = run.rpartition("/")
    if project and number.isdigit():
        return f"/api/v1/projects/{quote(project, safe='')}/runs/{number}"
    return f"{RUNS}/{quote(run, safe='')}"


@click.command()
@click.argument("file", type=click.Path(path_type=Path), required=False)
def validate(file: Path | None) -> None:
    """Check a pipeline FILE [.fairlead.yaml] without a server."""
    from fairlead.modules.pipelines.definition import (  # noqa: PLC0415 - only here
        PipelineInvalid,
        PipelineMissing,
        load_pipeline,
    )

    place = file or Path()
    try:
        stages = load_pipeline(place).stages
    except (PipelineInvalid, PipelineMissing) as error:
        raise Refused(error.message, exit_code=2, code=error.code) from error
    steps = sum(len(job.steps) for stage in stages for job in stage.jobs)
    shown = "the pipeline" if place.is_dir() else str(place)
    click.echo(f"{shown} is valid: {len(stages)} stages, {steps} steps", err=True)
