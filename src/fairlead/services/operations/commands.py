"""`fairlead operations` and `fairlead schedules`."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import click

from fairlead.adapters.terminal.asking import confirm
from fairlead.adapters.terminal.client import Client
from fairlead.adapters.terminal.ids import known_id
from fairlead.adapters.terminal.options import Paging, output, paged
from fairlead.adapters.terminal.output import (
    Column,
    Row,
    field,
    lasting,
    plain,
    show_one,
    when,
)

PATH = "/api/v1/operations"


def _why(row: Row) -> str:
    """Return why it waits, or why it failed."""
    return str(row.get("reason") or (row.get("error") or {}).get("message") or "")


COLUMNS = [
    ("id", field("id")),
    ("kind", field("kind")),
    ("subject", field("subject")),
    ("state", field("state")),
    ("by", field("requested_by")),
    ("created", when("created_at")),
    ("priority", field("priority")),
    ("reason", _why),
]
STATES = ["queued", "running", "succeeded", "failed", "cancelled"]
OVER = ("succeeded", "failed")


@click.group()
def operations() -> None:
    """Operations: every long-running piece of work.

    OPERATION is an id; that of a run may also be named project/number, e.g. hello/3.
    """


def _at(client: Client, operation: str) -> str:
    """Return the address of an operation by its id, or by the run it is.

    Raises:
        Refused: it is neither.
    """
    project, _, number = operation.rpartition("/")
    if project and number.isdigit():
        run = client.get(f"/api/v1/projects/{quote(project, safe='')}/runs/{number}")
        return f"{PATH}/{run['id']}"
    return f"{PATH}/{known_id(operation, 'operation', 'fairlead operations list')}"


@operations.command("list")
@click.option("--state", type=click.Choice(STATES))
@click.option("--kind", help="Only one kind, e.g. pipelines.run.")
@click.option("--queue", is_flag=True, help="Only what waits, next to start first.")
@paged
def list_operations(
    state: str | None, kind: str | None, paging: Paging, *, queue: bool
) -> None:
    """List the operations you may see, newest first."""
    order = "turn" if queue else None
    paging.show(PATH, COLUMNS, state=state, kind=kind, order=order)


@operations.command()
@click.argument("operation")
@output
def show(operation: str, form: str) -> None:
    """Show one operation."""
    client = Client()
    show_one(client.get(_at(client, operation)), COLUMNS, form=form)


@operations.command()
@click.argument("operation")
def logs(operation: str) -> None:
    """Follow an operation's output to its end."""
    client = Client()
    for event in client.stream(f"{_at(client, operation)}/feed"):
        if event.name == "output":
            click.echo(event.data["text"], nl=False)


@operations.command()
@click.argument("operation")
def cancel(operation: str) -> None:
    """Cancel an operation and what it started."""
    client = Client()
    told = client.post(f"{_at(client, operation)}/cancel")
    state = told["state"]
    if state in OVER:
        click.echo(f"{plain(told['subject'])} had already {state}", err=True)
    else:
        click.echo(f"asked to cancel; it is {state} now", err=True)


@operations.command()
@click.argument("operation")
@output
def explain(operation: str, form: str) -> None:
    """Say why an operation waits, or how it went."""
    client = Client()
    told = client.get(f"{_at(client, operation)}/explain")
    if form != "table":
        show_one(told, [], form=form)
        return
    about = told["operation"]
    click.echo(f"{plain(about['subject'])}  {about['state']}  {about['kind']}")
    for sentence in told["explanation"]:
        click.echo(plain(sentence))


SCHEDULES = f"{PATH}/schedules"


@click.group()
def schedules() -> None:
    """Schedules: work that is started at set times."""


def _last(name: str) -> Callable[[Row], str]:
    return lambda row: str((row.get("last") or {}).get(name) or "")


def _took(row: Row) -> str:
    return lasting((row.get("last") or {}).get("duration_seconds"))


def _next(row: Row) -> str:
    return str(row.get("pause_reason") or row.get("next_at") or "")


def _asked(name: str) -> Callable[[Row], str]:
    """Return a cell of what it starts; empty for jobs, which are told nothing."""

    def cell(row: Row) -> str:
        argument = row.get("argument")
        return field(name)(argument) if isinstance(argument, dict) else ""

    return cell


SCHEDULE_COLUMNS: list[Column] = [
    ("name", field("name")),
    ("cron", field("cron")),
    ("time zone", field("time_zone")),
    ("last", when("last_at")),
    ("outcome", _last("state")),
    ("took", _took),
    ("next", _next),
]
SCHEDULE_DETAILS: list[Column] = [
    ("id", field("id")),
    *SCHEDULE_COLUMNS,
    ("what", field("summary")),
    ("kind", field("kind")),
    ("subject", field("subject")),
    ("revision", _asked("revision")),
    ("priority", _asked("priority")),
    ("jitter (s)", field("jitter_seconds")),
    ("owner", field("owner")),
    ("operation", _last("operation_id")),
    ("error", _last("error")),
    ("note", field("note")),
]


def _of(schedule: str, act: str = "") -> str:
    return f"{SCHEDULES}/{quote(schedule, safe='')}{act}"


@schedules.command("list")
@paged
def list_schedules(paging: Paging) -> None:
    """List the schedules you may see, by name."""
    paging.show(SCHEDULES, SCHEDULE_COLUMNS)


@schedules.command("show")
@click.argument("schedule")
@output
def show_schedule(schedule: str, form: str) -> None:
    """Show one schedule by name or id."""
    show_one(Client().get(_of(schedule)), SCHEDULE_DETAILS, form=form)


@schedules.command("create")
@click.argument("project")
@click.option("--cron", required=True, help="Five fields, e.g. '30 4 * * 1-5'.")
@click.option("--time-zone", default="UTC", show_default=True, help="An IANA name.")
@click.option("--revision", default="", help="Branch, tag or commit to build.")
@click.option("--priority", type=click.IntRange(0, 9), default=5, show_default=True)
@click.option("--name", default="", help="Else it has the project's name.")
@click.option("--jitter", type=click.IntRange(0, 3600), help="Seconds it may be late.")
@output
def create_schedule(form: str, jitter: int | None, priority: int, **asked: str) -> None:
    """Run PROJECT's pipeline at set times, with your rights."""
    body = {**asked, "priority": priority, "jitter_seconds": jitter}
    made = Client().post(SCHEDULES, body, headers={"Idempotency-Key": str(uuid4())})
    show_one(made, SCHEDULE_DETAILS, form=form)


@schedules.command()
@click.argument("schedule")
def pause(schedule: str) -> None:
    """Have a schedule start nothing until it is resumed."""
    paused = Client().post(_of(schedule, "/pause"))
    click.echo(f"{plain(paused['name'])} is {paused['pause_reason']}", err=True)


@schedules.command()
@click.argument("schedule")
def resume(schedule: str) -> None:
    """Let a paused schedule go on with its next time."""
    resumed = Client().post(_of(schedule, "/resume"))
    click.echo(f"{plain(resumed['name'])} comes next {resumed['next_at']}", err=True)


@schedules.command("run")
@click.argument("schedule")
def run_schedule(schedule: str) -> None:
    """Start at once what a schedule starts; prints the operation's id."""
    started: Any = Client().post(
        _of(schedule, "/run"), headers={"Idempotency-Key": str(uuid4())}
    )
    click.echo(started["last"]["operation_id"])


@schedules.command()
@click.argument("schedule")
@click.option("--yes", is_flag=True, help="Do not ask.")
def delete(schedule: str, *, yes: bool) -> None:
    """Delete a schedule; what it started goes on."""
    client = Client()
    name = plain(client.get(_of(schedule))["name"])
    if not yes:
        confirm(f"Delete the schedule {name}?")
    client.delete(_of(schedule))
    click.echo(f"deleted {name}", err=True)
