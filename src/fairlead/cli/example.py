"""The bundled example: a small web service, made into a repository and run once."""

import asyncio
import os
import shutil
import subprocess
from pathlib import Path

import click
import msgspec
import structlog

import fairlead
from fairlead.adapters.http.sse import encode
from fairlead.adapters.terminal.client import SentEvent
from fairlead.adapters.terminal.progress import Progress
from fairlead.app import Application
from fairlead.cli.settings import ExampleSettings
from fairlead.kernel.errors import FairleadError
from fairlead.kernel.journal import Frame
from fairlead.kernel.paging import PageRequest
from fairlead.kernel.principal import service
from fairlead.modules.pipelines.public import Run, Runs, State
from fairlead.modules.projects.public import Projects

log = structlog.get_logger(__name__)

NAME = "example"
SOURCE = "hello"
EXAMPLE = service("example")


async def run_example(application: Application) -> None:
    """Run the example live on the terminal, if the installation is empty."""
    if not application.setting(ExampleSettings).enabled:
        return
    try:
        async with application.scopes.enter(EXAMPLE) as scope:
            projects = await scope.get(Projects)
            if (await projects.list(EXAMPLE, PageRequest(limit=1))).items:
                return
            folder = application.settings.home.path / "examples" / NAME
            repository = await asyncio.to_thread(make_repository, folder)
            await projects.create(EXAMPLE, NAME, str(repository))
            click.echo(f"\nrunning the bundled example, project {NAME}", err=True)
            runs = await scope.get(Runs)
            run = await runs.start(EXAMPLE, NAME)
            _conclude(await _follow(runs, run))
    except (FairleadError, OSError, subprocess.CalledProcessError) as error:
        log.warning("example_failed", reason=str(error))
        click.echo(f"the example could not be run: {error}", err=True)


async def _follow(runs: Runs, run: Run) -> tuple[Progress, Run]:
    progress = Progress()
    async for frame in await runs.logs(EXAMPLE, str(run.id)):
        progress.show(_sent(frame))
    return progress, await runs.get(EXAMPLE, str(run.id))


def _sent(frame: Frame) -> SentEvent:
    """Return a frame as a client of the API would have got it."""
    _, name, data = encode(frame).decode().rstrip("\n").split("\n", 2)
    return SentEvent(
        frame.next,
        name.removeprefix("event: "),
        msgspec.json.decode(data.removeprefix("data: ")),
    )


def _conclude(ended: tuple[Progress, Run]) -> None:
    progress, run = ended
    seconds = (
        (run.ended_at - run.started_at).total_seconds()
        if run.started_at and run.ended_at
        else None
    )
    progress.finish(
        {
            "state": run.state.value,
            "project": run.project,
            "number": run.number,
            "duration_seconds": seconds,
            "reason": run.reason,
            "urls": run.urls,
        }
    )
    if run.state is State.SUCCEEDED:
        click.echo(
            f"it is a project like any other; try: fairlead run {NAME} --follow\n"
            "Fairlead goes on serving; Ctrl-C stops it.",
            err=True,
        )


def make_repository(folder: Path) -> Path:
    """Copy the example to `folder` and commit it; a finished one stays as it is."""
    if (folder / ".git" / "refs" / "heads" / "main").exists():
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(
        _source(), folder, ignore=shutil.ignore_patterns("__pycache__", "dist")
    )
    _git(folder, "init", "--quiet", "--initial-branch=main")
    _git(folder, "add", "--all")
    _git(folder, "commit", "--quiet", "--message=A web service that says hello")
    return folder


def _source() -> Path:
    package = Path(fairlead.__file__).parent
    shipped = package / "examples" / SOURCE
    return shipped if shipped.is_dir() else package.parents[1] / "examples" / SOURCE


def _git(folder: Path, *arguments: str) -> None:
    author = {"NAME": "Fairlead", "EMAIL": "example@fairlead.invalid"}
    identity = {
        f"GIT_{role}_{key}": value
        for role in ("AUTHOR", "COMMITTER")
        for key, value in author.items()
    }
    neutral = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    subprocess.run(  # noqa: S603 - fixed arguments
        ["git", "-C", str(folder), "-c", "commit.gpgsign=false", *arguments],  # noqa: S607
        check=True,
        stdin=subprocess.DEVNULL,
        env={"PATH": os.environ.get("PATH", os.defpath), **identity, **neutral},
    )
