"""`fairlead users`."""

import sys
from collections.abc import Callable
from urllib.parse import quote

import click

from fairlead.adapters.terminal.asking import ask_password, confirm
from fairlead.adapters.terminal.client import Client
from fairlead.adapters.terminal.errors import Refused
from fairlead.adapters.terminal.ids import NOT_FOUND
from fairlead.adapters.terminal.options import Paging, output, paged
from fairlead.adapters.terminal.output import Row, field, show_one, when

PATH = "/api/v1/users"
COLUMNS = [
    ("name", field("name")),
    ("email", field("email")),
    ("service", field("service")),
    ("disabled", field("disabled")),
    ("created", when("created_at")),
    ("id", field("id")),
]
WHOLE = [
    ("name", field("name")),
    ("email", field("email")),
    ("verified", field("email_verified")),
    ("locale", field("locale")),
    ("time zone", field("time_zone")),
    *COLUMNS[2:],
]
PROFILE = (
    click.option("--email", help="A new address; empty: none."),
    click.option("--locale", help="For example de-CH; empty: none."),
    click.option("--time-zone", help="For example Europe/Zurich; empty: none."),
)


def profile(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that change a profile."""
    for option in reversed(PROFILE):
        command = option(command)
    return command


def path_of(name: str) -> str:
    """Return where a user is."""
    return f"{PATH}/{quote(name, safe='')}"


@click.group()
def users() -> None:
    """Users: who can log in."""


@users.command("list")
@paged
def list_users(paging: Paging) -> None:
    """List the users by name."""
    paging.show(PATH, COLUMNS)


@users.command()
@click.argument("name")
@click.option("--password-stdin", is_flag=True, help="Read the password from stdin.")
@click.option("--email", default="", help="Where mail for them goes.")
@click.option("--service", is_flag=True, help="A service account: no password.")
@output
def create(
    name: str, email: str, form: str, *, password_stdin: bool, service: bool
) -> None:
    """Add a user; give them a role with: fairlead roles bind."""
    body = {"name": name, "email": email, "service": service}
    if not service:
        body["password"] = read_password(stdin=password_stdin, twice=True)
    show_one(Client().post(PATH, body), COLUMNS, form=form)


@users.command()
@click.argument("name")
@output
def show(name: str, form: str) -> None:
    """Show one user, found by NAME or by email address."""
    show_one(_found(name), WHOLE, form=form)


def _found(name: str) -> Row:
    """Return a user by name, or by address, which stays out of paths and so of logs."""
    if "@" not in name:
        found: Row = Client().get(path_of(name))
        return found
    users = Client().get(PATH, email=name)["items"]
    if not users:
        raise Refused("Nobody has this email address.", exit_code=NOT_FOUND)
    return dict(users[0])


@users.command()
@click.argument("name")
@profile
@click.option(
    "--password-stdin", is_flag=True, help="Your password; your own address needs it."
)
@output
def update(
    name: str,
    email: str | None,
    locale: str | None,
    time_zone: str | None,
    form: str,
    *,
    password_stdin: bool,
) -> None:
    """Change a user's address or preferences; those left out stay."""
    body = {"email": email, "locale": locale, "time_zone": time_zone}
    if password_stdin:
        body["password"] = read_password(stdin=True, twice=False)
    show_one(Client().patch(path_of(name), body), WHOLE, form=form)


@users.command()
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
def delete(name: str, *, yes: bool) -> None:
    """Remove a user; their sessions end and their roles go."""
    if not yes:
        confirm(f"Remove {name}?")
    Client().delete(path_of(name))
    click.echo(f"removed {name}", err=True)


@users.command("remove-second-factor")
@click.argument("name")
def remove_second_factor(name: str) -> None:
    """Take away the second factor of a user who lost it."""
    Client().delete(f"{path_of(name)}/second-factor")
    click.echo(f"{name} logs in without a code", err=True)


@users.command()
@click.argument("name")
def disable(name: str) -> None:
    """Disable a user, whose log ins end at once."""
    Client().post(f"{path_of(name)}/disable")
    click.echo(f"disabled {name}", err=True)


@users.command()
@click.argument("name")
def enable(name: str) -> None:
    """Enable a user again."""
    Client().post(f"{path_of(name)}/enable")
    click.echo(f"enabled {name}", err=True)


@users.command("set-password")
@click.argument("name")
@click.option("--password-stdin", is_flag=True, help="Read the new one from stdin.")
def set_password(name: str, *, password_stdin: bool) -> None:
    """Set another user's password; your own: fairlead account set-password."""
    password = read_password(stdin=password_stdin, twice=True)
    Client().put(f"{path_of(name)}/password", {"password": password})
    click.echo(f"changed the password of {name}", err=True)


def read_password(*, stdin: bool, twice: bool, prompt: str = "Password") -> str:
    """Return a password from stdin's next line, or asked for on the terminal."""
    if stdin:
        return sys.stdin.readline().rstrip("\r\n")
    return ask_password(prompt, twice=twice)
