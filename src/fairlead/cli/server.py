"""The whole platform in one process."""

import asyncio
import gc
import os
import resource
import signal
import socket
import sys
from contextlib import AbstractContextManager, nullcontext
from importlib.metadata import version

import click
import uvicorn
import uvloop
from typing_extensions import override

from fairlead.adapters.http.edge import Edge
from fairlead.adapters.http.problems import STATUS
from fairlead.adapters.http.protocol import Limits, limited
from fairlead.adapters.http.settings import HttpSettings
from fairlead.adapters.settings.load import home, read_layers
from fairlead.adapters.sql.provider import FILE
from fairlead.adapters.terminal.credentials import DEFAULT_URL
from fairlead.adapters.terminal.errors import BY_STATUS, INTERNAL, Refused
from fairlead.adapters.wiring.draining import awaited, drain
from fairlead.app import Application, prepare
from fairlead.cli.example import run_example
from fairlead.cli.settings import ExampleSettings
from fairlead.kernel.errors import FairleadError
from fairlead.kernel.principal import service
from fairlead.services.auth.public import FirstStart, Recovery

RECOVERY = service("recovery")
UNAVAILABLE = 6
NOT_FOUND = 3
GRACE_SECONDS = 5
OTHER_FILES = 512  # open beside connections: the database, journals, pipes
LEAST_CONNECTIONS = 16
NOBODY = "  note      nobody can log in yet: stop the server and run `fairlead seed`"
AGAIN = "Ctrl-C again stops at once, and the rest goes on at the next start"


def serve() -> None:
    """Serve until told to stop.

    Raises:
        Refused: a setting, the port or the data folder does not do.
    """
    try:
        uvloop.run(_serve())
    except FairleadError as error:
        exit_code = BY_STATUS.get(STATUS[error.kind], INTERNAL)
        raise Refused(error.message, exit_code=exit_code, code=error.code) from error


def reset() -> str:
    """Give the administrator a new password, which is returned.

    Raises:
        Refused: the data folder does not do, or a server uses it.
    """
    try:
        return asyncio.run(_reset())
    except FairleadError as error:
        exit_code = BY_STATUS.get(STATUS[error.kind], INTERNAL)
        raise Refused(error.message, exit_code=exit_code, code=error.code) from error


async def _reset() -> str:
    folder = home(read_layers(os.environ)).path
    if not (folder / FILE).exists():
        raise Refused(
            f"There is no installation in {folder}.",
            exit_code=NOT_FOUND,
            hint="say where it is with FAIRLEAD_HOME",
        )
    application = prepare(os.environ, sections={"example": ExampleSettings})
    click.echo(f"a new password for the administrator of {folder}", err=True)
    try:
        async with application.scopes.enter(RECOVERY) as scope:
            recovery: Recovery = await scope.get(Recovery)
            return await recovery.reset_administrator()
    finally:
        await application.container.close()
        application.release()


async def _serve() -> None:
    application = prepare(os.environ, sections={"example": ExampleSettings})
    try:
        http = application.setting(HttpSettings)
        listening = _listen(http)
        try:
            await _run(application, listening)
        finally:
            listening.close()
    finally:
        application.release()


async def _run(application: Application, listening: socket.socket) -> None:
    await application.open()
    try:
        password = await application.first_start()
        server = _Server(_config(application))
        _stop_on_signals(server, application)
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        await server.began.wait()
        gc.freeze()  # what was built stays; later collections need not look at it
        gc.enable()
        _greet(application, listening, password, await _notes(application))
        if password is not None:
            await application.password_shown()
        example = asyncio.create_task(run_example(application))
        try:
            await serving
        finally:
            example.cancel()
            await asyncio.gather(example, return_exceptions=True)
    finally:
        click.echo("stopping; workloads come back with the next start", err=True)
        await application.close()


def _config(application: Application) -> uvicorn.Config:
    http = application.setting(HttpSettings)
    return uvicorn.Config(
        application.asgi,  # type: ignore[arg-type]
        loop="none",
        http=limited(_limits(http)),  # type: ignore[arg-type]
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=http.max_connections,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )


def _limits(settings: HttpSettings) -> Limits:
    """Return what connections may do, with files left for everything else."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = settings.max_connections + OTHER_FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        wanted = soft
    return Limits(
        head_seconds=settings.head_seconds,
        body_seconds=settings.body_seconds,
        connections=max(wanted - OTHER_FILES, LEAST_CONNECTIONS),
        connections_per_address=settings.max_connections_per_address,
        trusted=frozenset(settings.trusted_proxies),
    )


class _Server(uvicorn.Server):
    """Tells when it began to answer, and leaves signals to us."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.began = asyncio.Event()

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.began.set()

    @override
    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        edge = self.config.app
        if isinstance(edge, Edge):
            edge.stop()
        await super().shutdown(sockets)

    @override
    def capture_signals(self) -> AbstractContextManager[None]:  # type: ignore[override]
        return nullcontext()


def _stop_on_signals(server: uvicorn.Server, application: Application) -> None:
    """Let running steps end at the first signal; end at once at the second."""
    draining: list[asyncio.Task[None]] = []

    async def end() -> None:
        try:
            await drain(application.opened)
        finally:
            server.should_exit = True

    def stop() -> None:
        if not draining:
            waits = awaited(application.opened)
            if waits:
                click.echo(f"stopping: {waits}; {AGAIN}", err=True)
            draining.append(asyncio.create_task(end()))
        elif not draining[0].done():
            draining[0].cancel()
        else:
            server.force_exit = True

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)


def _listen(settings: HttpSettings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((settings.host, settings.port))
    except OSError as error:
        listening.close()
        raise Refused(
            f"Cannot listen on {settings.host}:{settings.port}: {error.strerror}.",
            exit_code=UNAVAILABLE,
            hint="choose another port, before the command: FAIRLEAD_HTTP__PORT=7080",
        ) from error
    listening.listen(2048)
    listening.setblocking(False)
    return listening


async def _notes(application: Application) -> list[str]:
    async with application.scopes.enter(service("start")) as scope:
        first: FirstStart = await scope.get(FirstStart)
        return [NOBODY] if await first.lacks_people() else []


def _greet(
    application: Application,
    listening: socket.socket,
    password: str | None,
    notes: list[str],
) -> None:
    host, port = listening.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    settings = application.settings
    address = f"http://{shown}:{port}"
    lines = [
        f"Fairlead {version('fairlead')} · {settings.environment} settings",
        f"  console   {address}",
    ]
    if password is not None:
        admin = settings.of(settings.names["admin"])
        name = getattr(admin, "username", "admin")
        lines.append(f"  log in    {name}, password {password}   (shown this once)")
    away = "" if address == DEFAULT_URL else f" --url {address}"
    lines.append(f"  log in    fairlead login{away}")
    if application.grpc is not None:
        lines.append(f"  grpc      {application.grpc.address}")
    lines.append(f"  data      {settings.home.path}")
    if application.unsafe_local:
        lines.append(
            "  note      steps run as processes of this user, not isolated "
            "(development settings)"
        )
    lines += notes
    lines.append("  stop      Ctrl-C; what is deployed comes back with the next start")
    click.echo("\n".join(lines))
    sys.stdout.flush()
