"""`fairlead account`: one's own."""

import os

import click

from fairlead.adapters.terminal import credentials
from fairlead.adapters.terminal.client import Client
from fairlead.adapters.terminal.credentials import Credentials, address
from fairlead.adapters.terminal.options import output
from fairlead.adapters.terminal.output import field, show_one
from fairlead.services.identity.commands.users import path_of, profile, read_password

PATH = "/api/v1/account"
STDIN = click.option(
    "--password-stdin", is_flag=True, help="Read your password from stdin."
)


@click.group()
def account() -> None:
    """Your own account."""


@account.command()
@output
def show(form: str) -> None:
    """Show your account."""
    columns = [
        ("name", field("name")),
        ("email", field("email")),
        ("verified", field("email_verified")),
        ("locale", field("locale")),
        ("time zone", field("time_zone")),
        ("second factor", field("second_factor")),
        ("recovery codes left", field("recovery_codes_left")),
    ]
    show_one(Client().get(PATH), columns, form=form)


@account.command()
@profile
@STDIN
def update(
    email: str | None,
    locale: str | None,
    time_zone: str | None,
    *,
    password_stdin: bool,
) -> None:
    """Change your address or preferences; those left out stay.

    A new address needs your password.
    """
    client = Client()
    body = {"email": email, "locale": locale, "time_zone": time_zone}
    if email is not None:
        body["password"] = read_password(stdin=password_stdin, twice=False)
    client.patch(path_of(client.get(PATH)["name"]), body)
    click.echo("changed", err=True)


@account.command("set-password")
@click.option(
    "--password-stdin",
    is_flag=True,
    help="Read the old one and the new one from stdin, a line each.",
)
def set_password(*, password_stdin: bool) -> None:
    """Set a new password; your other sessions end."""
    client = Client()
    name = client.get(PATH)["name"]
    old = read_password(stdin=password_stdin, twice=False, prompt="Old password")
    new = read_password(stdin=password_stdin, twice=True, prompt="New password")
    client.put(f"{path_of(name)}/password", {"password": new, "old": old})
    click.echo("changed; your other sessions end", err=True)


@account.group("second-factor")
def second_factor() -> None:
    """Codes of an authenticator beside your password."""


@second_factor.command()
@STDIN
@output
def begin(form: str, *, password_stdin: bool) -> None:
    """Make a secret for your authenticator; it counts once you confirm it."""
    password = read_password(stdin=password_stdin, twice=False)
    made = Client().post(f"{PATH}/second-factor", {"password": password})
    columns = [("secret", field("secret")), ("address", field("address"))]
    show_one(made, columns, form=form)


@second_factor.command()
@click.argument("code")
def confirm(code: str) -> None:
    """Give a first CODE; prints recovery codes, which nobody can show again."""
    _show_codes(Client().post(f"{PATH}/second-factor/confirm", {"code": code}))


@second_factor.command("new-codes")
@STDIN
def new_codes(*, password_stdin: bool) -> None:
    """Replace your recovery codes."""
    password = read_password(stdin=password_stdin, twice=False)
    _show_codes(Client().post(f"{PATH}/recovery-codes", {"password": password}))


@second_factor.command()
@STDIN
def remove(*, password_stdin: bool) -> None:
    """Do without a second factor."""
    password = read_password(stdin=password_stdin, twice=False)
    Client().post(f"{PATH}/second-factor/remove", {"password": password})
    click.echo("removed", err=True)


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
    password = read_password(stdin=password_stdin, twice=True)
    _server(url).post(f"{PATH}/reset", {"token": token, "password": password})
    click.echo("changed; log in with: fairlead login", err=True)


def _show_codes(made: dict[str, list[str]]) -> None:
    click.echo("recovery codes; keep them where your device is not:", err=True)
    for code in made["codes"]:
        click.echo(code)


def _server(url: str | None) -> Client:
    """Return a client that is nobody: those who need this cannot log in."""
    known = url or os.environ.get("FAIRLEAD_URL") or credentials.load().url
    return Client(Credentials(url=address(known)))
