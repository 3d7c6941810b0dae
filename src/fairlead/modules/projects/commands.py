"""`fairlead projects`."""

from pathlib import Path
from urllib.parse import quote

import click

from fairlead.adapters.terminal.asking import confirm
from fairlead.adapters.terminal.client import Client
from fairlead.adapters.terminal.options import Paging, output, paged
from fairlead.adapters.terminal.output import field, show_one, when

PATH = "/api/v1/projects"
COLUMNS = [
    ("name", field("name")),
    ("repository", field("repository")),
    ("branch", field("branch")),
    ("created", when("created_at")),
    ("id", field("id")),
]


@click.group()
def projects() -> None:
    """Projects: repositories and their settings."""


@projects.command("list")
@paged
def list_projects(paging: Paging) -> None:
    """List the projects you may see."""
    paging.show(PATH, COLUMNS)


@projects.command()
@click.argument("name")
@click.option("--repository", required=True, help="Path or URL of a Git repository.")
@click.option("--branch", default="", help="Built when a run names no revision.")
@output
def create(name: str, repository: str, branch: str, form: str) -> None:
    """Create a project NAME for a repository."""
    body = {"name": name, "repository": _absolute(repository), "branch": branch}
    show_one(Client().post(PATH, body), COLUMNS, form=form)
    click.echo(f"run its pipeline with: fairlead run {name} --follow", err=True)


@projects.command()
@click.argument("project")
@output
def show(project: str, form: str) -> None:
    """Show one project by name or id."""
    show_one(Client().get(f"{PATH}/{quote(project, safe='')}"), COLUMNS, form=form)


@projects.command()
@click.argument("project")
@click.option("--repository", help="Path or URL of a Git repository.")
@click.option("--branch", help="Built when a run names no revision; '' for its own.")
@output
def update(project: str, repository: str | None, branch: str | None, form: str) -> None:
    """Change a project's repository or branch; what runs goes on as it began."""
    body = {
        **({} if repository is None else {"repository": _absolute(repository)}),
        **({} if branch is None else {"branch": branch}),
    }
    if not body:
        raise click.UsageError("Say what to change: --repository or --branch.")
    changed = Client().patch(f"{PATH}/{quote(project, safe='')}", body)
    show_one(changed, COLUMNS, form=form)


@projects.command()
@click.argument("project")
@click.option("--yes", is_flag=True, help="Do not ask.")
def delete(project: str, *, yes: bool) -> None:
    """Delete a project; its runs end and its workloads stop."""
    if not yes:
        question = f"Delete {project}, end its runs and stop its workloads?"
        confirm(question)
    Client().delete(f"{PATH}/{quote(project, safe='')}")
    click.echo(f"deleted {project}", err=True)


def _absolute(repository: str) -> str:
    """Return a path of this machine as an absolute one, and URLs as they are."""
    scp_like = ":" in repository.split("/", maxsplit=1)[0]
    if "://" in repository or scp_like:
        return repository
    return str(Path(repository).expanduser().absolute())
