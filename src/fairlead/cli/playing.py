"""Plays workflows until told to stop."""

import asyncio
import os
import signal

import click
import uvloop

from fairlead.adapters.engine.choice import TemporalMissing
from fairlead.adapters.engine.part import EnginePart
from fairlead.adapters.engine.settings import EngineSettings
from fairlead.adapters.http.problems import STATUS
from fairlead.adapters.telemetry.logs import configure
from fairlead.adapters.telemetry.settings import LogSettings
from fairlead.adapters.terminal.errors import BY_STATUS, INTERNAL, Refused
from fairlead.app import load
from fairlead.cli.settings import ExampleSettings
from fairlead.kernel.engine import Workflow
from fairlead.kernel.errors import ErrorKind, FairleadError


class NothingToPlay(FairleadError):
    """The engine is embedded: all its work is done in the server."""

    kind = ErrorKind.INVALID
    code = "engine.no_workers"


def play_on() -> None:
    """Play workflows until a signal says stop.

    Raises:
        Refused: the settings do not do, or Temporal does not answer.
    """
    try:
        settings, modules = load(os.environ, sections={"example": ExampleSettings})
        configure(settings.of(LogSettings))
        engine = settings.of(EngineSettings)
        if engine.kind != "temporal":
            raise NothingToPlay(
                "There is nothing for a worker: with engine.kind "
                f"{engine.kind} the server runs everything itself. Set "
                "FAIRLEAD_ENGINE__KIND=temporal, here and for the server."
            )
        parts = [part for module in modules for part in module.each(EnginePart)]
        uvloop.run(_play(engine, [flow for part in parts for flow in part.workflows]))
    except FairleadError as error:
        exit_code = BY_STATUS.get(STATUS[error.kind], INTERNAL)
        raise Refused(error.message, exit_code=exit_code, code=error.code) from error


async def _play(settings: EngineSettings, workflows: list[Workflow]) -> None:
    try:
        from fairlead.adapters.temporal.playing import play  # noqa: PLC0415 - an extra
        from fairlead.adapters.temporal.provider import (  # noqa: PLC0415
            limits_of,
            place_of,
        )
    except ModuleNotFoundError as error:
        raise TemporalMissing from error
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)

    def ready() -> None:
        names = ", ".join(sorted(flow.name for flow in workflows))
        click.echo(
            f"playing {names}\n"
            f"  for   {settings.temporal.task_queue} at {settings.temporal.address}\n"
            "  note  steps and deployments stay with the server, which has their files",
            err=True,
        )

    await play(
        place_of(settings), workflows, limits_of(settings), stop=stop, ready=ready
    )
