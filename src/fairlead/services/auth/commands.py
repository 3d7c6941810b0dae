"""`fairlead login`, `logout` and `whoami`."""

import os
import sys

import click

from fairlead.adapters.terminal import credentials
from fairlead.adapters.terminal.client import Client
from fairlead.adapters.terminal.credentials import DEFAULT_URL, Credentials, address
from fairlead.adapters.terminal.errors import Refused
from fairlead.adapters.terminal.options import output
from fairlead.adapters.terminal.output import Row, field, show_one


@click.command()
@click.option("--url", default=None, help=f"The server [default: {DEFAULT_URL}].")
@click.option("--username", default="admin", show_default=True)
@click.option("--password-stdin", is_flag=True, help="Read the password from stdin.")
def login(url: str | None, username: str, *, password_stdin: bool) -> None:
    """Log in and keep the tokens for the next commands."""
    environment = os.environ.get("FAIRLEAD_URL")
    server = address(url or environment or credentials.load().url)
    if environment and address(environment) != server:
        raise Refused(
            f"--url says {url}, but FAIRLEAD_URL says {environment}.",
            exit_code=2,
            hint="unset FAIRLEAD_URL or leave --url out",
        )
    client = Client(Credentials(url=server))
    client.get("/healthz")  # before anybody types a password
    if password_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    else:
        password = _asked(username)
    if not password:
        raise Refused("The password is empty.", exit_code=2)
    body = {"username": username, "password": password}
    client.keep(client.post("/api/v1/auth/login", body), username)
    click.echo(f"logged in to {client.url} as {username}", err=True)


def _asked(username: str) -> str:
    prompt = f"Password of {username}"
    return str(
        click.prompt(prompt, hide_input=True, err=True, default="", show_default=False)
    )


@click.command()
def logout() -> None:
    """Log out, on the server too."""
    client = Client()
    if client.kept.refresh_token:
        try:
            client.post("/api/v1/auth/logout")
        except Refused as error:
            click.echo(f"the server was not told: {error.message}", err=True)
    credentials.forget()
    click.echo("logged out", err=True)


def _roles(row: Row) -> str:
    bindings = row.get("bindings") or ()
    return ", ".join(f"{entry['role']} in {entry['scope']}" for entry in bindings)


@click.command()
@output
def whoami(form: str) -> None:
    """Show who you are and what roles you have."""
    columns = [
        ("name", field("name")),
        ("kind", field("kind")),
        ("roles", _roles),
        ("id", field("id")),
    ]
    show_one(Client().get("/api/v1/me"), columns, form=form)
