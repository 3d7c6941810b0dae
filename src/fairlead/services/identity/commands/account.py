"""`fairlead account`: one's own."""

import os

import click

from fairlead.adapters.terminal import credentials
from fairlead.adapters.terminal.client import Client
from fairlead.adapters.terminal.credentials import Credentials, address
from fairlead.services.identity.commands.users import read_password

PATH = "/api/v1/account"


@click.group()
def account() -> None:
    """Your own account."""


@account.command("ask-verification")
def ask_verification() -> None:
    """Have another letter sent that verifies your email address."""
    Client().post(f"{PATH}/ask-verification")
    click.echo("a letter is on its way", err=True)


@account.command()
@click.argument("token")
@click.option("--url", help="The server, if not the one you are logged in to.")
def verify(token: str, url: str | None) -> None:
    """Verify your email address with the TOKEN of the letter."""
    _server(url).post(f"{PATH}/verify", {"token": token})
    click.echo("verified", err=True)


@account.command("ask-reset")
@click.argument("email")
@click.option("--url", help="The server, if not the one you are logged in to.")
def ask_reset(email: str, url: str | None) -> None:
    """Have a letter sent to EMAIL, with which a new password can be set."""
    _server(url).post(f"{PATH}/ask-reset", {"email": email})
    click.echo("if somebody has this address, a letter is on its way", err=True)


@account.command()
@click.argument("token")
@click.option("--url", help="The server, if not the one you are logged in to.")
@click.option("--password-stdin", is_flag=True, help="Read the new one from stdin.")
def reset(token: str, url: str | None, *, password_stdin: bool) -> None:
    """Set a new password with the TOKEN of the letter."""
    password = read_password(stdin=password_stdin, confirm=True)
    _server(url).post(f"{PATH}/reset", {"token": token, "password": password})
    click.echo("changed; log in with: fairlead login", err=True)


def _server(url: str | None) -> Client:
    """Return a client that is nobody: those who need this cannot log in."""
    known = url or os.environ.get("FAIRLEAD_URL") or credentials.load().url
    return Client(Credentials(url=address(known)))
