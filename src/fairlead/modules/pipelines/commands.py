"""`fairlead run`, `runs` and `validate`."""

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import UUID, uuid4

import click

from fairlead.adapters.terminal.client import Client
from fairlead.adapters.terminal.errors import RAN_AND_FAILED, Refused
from fairlead.adapters.terminal.options import Paging, output, paged, tail
from fairlead.adapters.terminal.output import (
    Row,
    field,
    lasting,
    on_terminal,
    show_bytes,
    show_one,
    when,
)
from fairlead.adapters.terminal.progress import CHECKOUT, NOT_ISOLATED, Progress, bare

RUNS = "/api/v1/runs"
NOT_FOUND, BAD_INPUT = 3, 2
ENDING = "the server is ending"
OVER = {"succeeded", "failed", "cancelled"}


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
    ("queued", when("created_at")),
    ("id", field("id")),
]


def _isolation(row: Row) -> str:
    return NOT_ISOLATED if bare(row) else ""


DETAILS = [
    *COLUMNS,
    ("started", when("started_at")),
    ("title", field("title")),
    ("url", _urls),
    ("priority", field("priority")),
    ("reason", field("reason")),
    ("isolation", _isolation),
]


@click.command()
@click.argument("project")
@click.option("--revision", default="", help="Branch, tag or commit to build.")
@click.option("--priority", type=click.IntRange(0, 9), help="9 first, 0 last [5].")
@click.option("--follow", "-f", is_flag=True, help="Show it live, to its end.")
@click.option("--idempotency-key", default=None, help="Same key: same run.")
@output
def run(
    project: str,
    revision: str,
    priority: int | None,
    idempotency_key: str | None,
    form: str,
    *,
    follow: bool,
) -> None:
    """Run PROJECT's pipeline.

    With --follow the exit code tells how it ended: 0 when it succeeded, 1 when not;
    stdout ends with the address where what it deployed answers.
    """
    client = Client()
    started = client.post(
        f"/api/v1/projects/{quote(project, safe='')}/runs",
        {"revision": revision} | ({} if priority is None else {"priority": priority}),
        {"Idempotency-Key": idempotency_key or str(uuid4())},
    )
    _say_ending(client, started)
    if not follow:
        show_one(started, DETAILS, form=form)
        click.echo(f"follow it with: fairlead runs logs -f {_name(started)}", err=True)
        return
    progress = (
        Progress()
        if form == "table"
        else Progress(apart=True, live=sys.stderr.isatty())
    )
    ended = follow_run(client, started, progress)
    progress.finish(ended, answers=not on_terminal())
    if form != "table":
        show_one(ended, DETAILS, form=form)
    elif ended.get("urls"):
        click.echo("\n".join(ended["urls"]))
    if ended["state"] != "succeeded":
        raise click.exceptions.Exit(RAN_AND_FAILED)


def _say_ending(client: Client, run: Row) -> None:
    """Say when the run waits for the server's next start."""
    if run["state"] != "queued":
        return
    with contextlib.suppress(Refused):
        reason = client.get(f"{RUNS}/{run['id']}").get("reason") or ""
        if ENDING in reason:
            words = f"{ENDING}: run {_name(run)} starts with its next start"
            click.echo(words, err=True)


def follow_run(client: Client, run: Row, progress: Progress) -> dict[str, Any]:
    """Print a run live and return it as it is at its end."""
    try:
        for event in client.stream(f"{RUNS}/{run['id']}/logs"):
            progress.show(event)
    except KeyboardInterrupt:
        click.echo(
            f"\nit goes on; cancel it with: fairlead runs cancel {_name(run)}", err=True
        )
        raise
    ended: dict[str, Any] = client.get(f"{RUNS}/{run['id']}")
    return ended


def _name(run: Row) -> str:
    return f"{run['project']}/{run['number']}"


@click.group()
def runs() -> None:
    """Runs of pipelines. RUN is project/number, e.g. hello/3, or an id."""


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
        for step in _steps(found):
            click.echo(_line(step))


def _line(step: Row) -> str:
    took = lasting(step["duration_seconds"])
    notes = []
    if step["exit_code"] is not None:
        notes.append(f"exit {step['exit_code']}")
    if step["attempts"] > 1:
        notes.append(f"attempt {step['attempts']}")
    if step["reason"] and not step["exit_code"]:
        notes.append(_reason(step))
    line = f"  {step['stream']:24} {step['state']:10} {took:>10}  {'; '.join(notes)}"
    return line.rstrip()


def _reason(step: Row) -> str:
    """Return why an attempt did not do; that of a good step was an earlier one."""
    reason = str(step["reason"])
    if step["attempts"] > 1 and step["state"] in {"running", "succeeded"}:
        return f"before: {reason[0].lower()}{reason[1:]}"
    return reason


@runs.command()
@click.argument("run")
@click.option("--step", help="Only one step, e.g. build/compile, or checkout.")
@click.option("--follow", "-f", is_flag=True, help="Live, with a line per step.")
@click.option("--raw", is_flag=True, help="As it was written, without headings.")
@tail
def logs(
    run: str, step: str | None, tail: int | None, *, follow: bool, raw: bool
) -> None:
    """Print a run's output, step by step."""
    if follow and (step or tail):
        raise click.UsageError("--follow shows all of a run: leave out --step, --tail")
    client = Client()
    found = client.get(_path(run))
    if follow:
        progress = Progress()
        progress.finish(follow_run(client, found, progress))
        return
    path = f"{RUNS}/{found['id']}/output"
    if step or tail or raw:
        query = f"?stream={quote(_stream(found, step))}" if step else ""
        show_bytes(client.text(f"{path}{query}"), tail=tail)
        return
    show_bytes(_under_headings(client, path, found), tail=None)


def _under_headings(client: Client, path: str, run: Row) -> Iterator[bytes]:
    """Yield the output step by step, each step's below its name."""
    begun = [step["stream"] for step in _steps(run) if step["started_at"]]
    at_line_start = True
    for stream in (CHECKOUT, *begun):
        named = False
        for chunk in client.text(f"{path}?stream={quote(stream)}"):
            if not named:
                heading = f"── {stream}"
                if on_terminal():
                    heading = click.style(heading, dim=True)
                yield f"{'' if at_line_start else chr(10)}{heading}\n".encode()
                named = True
            yield chunk
            at_line_start = chunk.endswith(b"\n")


def _stream(run: Row, wanted: str) -> str:
    """Return the stream of a step, named whole or by its name alone.

    Raises:
        Refused: the run has no such step, or several.
    """
    there = [CHECKOUT, *(step["stream"] for step in _steps(run))]
    fitting = [
        stream for stream in there if wanted in {stream, stream.partition("/")[2]}
    ]
    if wanted in there or len(fitting) == 1:
        return wanted if wanted in there else fitting[0]
    raise Refused(
        f"Run {_name(run)} has {'several steps' if fitting else 'no step'} '{wanted}'; "
        f"there are {', '.join(fitting or there)}.",
        exit_code=BAD_INPUT if fitting else NOT_FOUND,
    )


def _steps(run: Row) -> Iterator[Row]:
    for stage in run["stages"]:
        for job in stage["jobs"]:
            yield from job["steps"]


@runs.command()
@click.argument("run")
@click.option("--wait", is_flag=True, help="Until nothing of it runs any more.")
def cancel(run: str, *, wait: bool) -> None:
    """End a run as cancelled; no process of it is left."""
    client = Client()
    found = client.get(_path(run))
    if found["state"] in OVER:
        was = "been cancelled" if found["state"] == "cancelled" else found["state"]
        click.echo(f"run {_name(found)} had already {was}", err=True)
        return
    client.post(f"{RUNS}/{found['id']}/cancel")
    click.echo(f"cancelling run {_name(found)}", err=True)
    if wait:
        for _ in client.stream(f"{RUNS}/{found['id']}/logs"):
            pass
        state = client.get(f"{RUNS}/{found['id']}")["state"]
        click.echo(f"run {_name(found)} ended: {state}", err=True)


def _path(run: str) -> str:
    """Return the address of a run by id or by project/number.

    Raises:
        Refused: it is neither.
    """
    project, _, number = run.replace(":", "/").rpartition("/")
    if project and number.isdigit():
        return f"/api/v1/projects/{quote(project, safe='')}/runs/{number}"
    try:
        return f"{RUNS}/{UUID(run)}"
    except ValueError as error:
        example = f"PROJECT/{run}" if run.isdigit() else f"{run}/1"
        raise Refused(
            f"'{run}' names no run: write project/number, e.g. {example}.",
            exit_code=BAD_INPUT,
            hint="see: fairlead runs list",
        ) from error


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
        plan = load_pipeline(place)
    except (PipelineInvalid, PipelineMissing) as error:
        raise Refused(error.message, exit_code=2, code=error.code) from error
    shown = "the pipeline" if place.is_dir() else str(place)
    counts = [
        _many(len(plan.stages), "stage"),
        _many(len(plan.build) + len(plan.test), "step"),
        _many(len(plan.workloads), "workload"),
    ]
    click.echo(f"{shown} is valid: {', '.join(filter(None, counts))}", err=True)


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}{'s' if count > 1 else ''}" if count else ""
