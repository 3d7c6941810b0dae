"""`fairlead login`, `logout`, `whoami`, `sessions`, `auth` and `keys`."""

import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import click

from fairlead.adapters.terminal import credentials
from fairlead.adapters.terminal.asking import ask_password
from fairlead.adapters.terminal.client import Client
from fairlead.adapters.terminal.credentials import DEFAULT_URL, Credentials, address
from fairlead.adapters.terminal.errors import Refused
from fairlead.adapters.terminal.ids import known_id
from fairlead.adapters.terminal.options import output
from fairlead.adapters.terminal.output import Row, field, show_list, show_one, when

SECOND_FACTOR = "identity.second_factor_needed"


@click.command()
@click.option("--url", default=None, help=f"The server [default: {DEFAULT_URL}].")
@click.option("--username", default="admin", show_default=True)
@click.option("--password-stdin", is_flag=True, help="Read the password from stdin.")
@click.option("--code", default="", help="Of your authenticator, or for recovery.")
def login(url: str | None, username: str, code: str, *, password_stdin: bool) -> None:
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
        password = ask_password(f"Password of {username}")
    if not password:
        raise Refused("The password is empty.", exit_code=2)
    body = {"username": username, "password": password, "code": code}
    client.keep(_tokens(client, body), username)
    click.echo(f"logged in to {client.url} as {username}", err=True)


def _tokens(client: Client, body: dict[str, str]) -> dict[str, Any]:
    """Log in; ask for a code on a terminal when one is needed."""
    try:
        made = client.post("/api/v1/auth/login", body)
    except Refused as error:
        if error.code != SECOND_FACTOR or not sys.stdin.isatty():
            raise
        code = click.prompt("Code", err=True)
        made = client.post("/api/v1/auth/login", {**body, "code": code})
    return dict(made)


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


def _device(row: Row) -> str:
    return f"{row['device']} (this one)" if row["current"] else str(row["device"])


@click.group()
def sessions() -> None:
    """Where you are logged in."""


@sessions.command("list")
@click.option("--user", help="Those of somebody else.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 200))
@click.option("--all", "every", is_flag=True, help="All of them.")
@output
def list_sessions(user: str | None, limit: int, *, every: bool, form: str) -> None:
    """List live sessions, newest first."""
    rows, after = Client().items(
        "/api/v1/auth/sessions", limit=limit, every=every, user=user
    )
    columns = [
        ("device", _device),
        ("address", field("address")),
        ("used", when("used_at")),
        ("began", when("created_at")),
        ("id", field("id")),
    ]
    show_list(rows, columns, form=form, after=after)


@sessions.command()
@click.argument("session", required=False)
@click.option("--others", is_flag=True, help="All but this one.")
@click.option("--everywhere", is_flag=True, help="All, this one too.")
@click.option("--user", help="With --everywhere: those of somebody else.")
def revoke(
    session: str | None, user: str | None, *, others: bool, everywhere: bool
) -> None:
    """End a SESSION (its id), or many of them."""
    if [bool(session), others, everywhere].count(True) != 1:
        raise click.UsageError("Say a session, --others or --everywhere.")
    if user and not everywhere:
        raise click.UsageError("--user goes with --everywhere.")
    client = Client()
    if session:
        session = known_id(session, "session", "fairlead sessions list")
        client.delete(f"/api/v1/auth/sessions/{session}")
        click.echo("ended", err=True)
        return
    body = {"user": user, "spare_own": others}
    ended = client.post("/api/v1/auth/logout-everywhere", body)["ended"]
    click.echo(f"ended {ended}", err=True)


@click.group()
def auth() -> None:
    """Tokens: whose they are, and what they are signed with."""


@auth.command("rotate-keys")
@click.option(
    "--at-once",
    is_flag=True,
    help="Tokens of the old keys stop at once: somebody else may have one.",
)
@output
def rotate_keys(*, at_once: bool, form: str) -> None:
    """Sign access tokens with a new key; the old ones stay good until they expire."""
    made = Client().post("/api/v1/auth/rotate-keys", {"at_once": at_once})
    columns = [("key", field("kid")), ("created", when("created_at"))]
    show_one(made, columns, form=form)


def _time(name: str) -> Callable[[Row], str]:
    def shown(row: Row) -> str:
        seconds = row.get(name)
        if seconds is None:
            return ""
        return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S} UTC"

    return shown


@auth.command()
@output
def introspect(form: str) -> None:
    """Tell whether a token is good and whose it is; it is read from stdin.

    It may be an access token, an API key or the token of a step. One that is not good
    ends the command with 1.
    """
    token = click.prompt("Token", hide_input=True, err=True) if _asks() else _line()
    facts = Client().post_form("/api/v1/auth/introspect", {"token": token})
    columns = [
        ("active", field("active")),
        ("who", field("username")),
        ("kind", field("kind")),
        ("scope", field("scope")),
        ("project", field("project")),
        ("issued", _time("iat")),
        ("expires", _time("exp")),
    ]
    show_one(facts, columns, form=form)
    if not facts["active"]:
        raise SystemExit(1)


def _asks() -> bool:
    return sys.stdin.isatty()


def _line() -> str:
    return sys.stdin.readline().strip()


KEYS = "/api/v1/auth/api-keys"


def _words(name: str) -> Callable[[Row], str]:
    return lambda row: " ".join(row[name])


def _day(name: str) -> Callable[[Row], str]:
    return lambda row: str(row[name])[:10]


KEY_COLUMNS = [
    ("name", field("name")),
    ("owner", field("owner")),
    ("key", field("prefix")),
    ("scopes", _words("scopes")),
    ("networks", _words("networks")),
    ("used", when("used_at")),
    ("expires", _day("expires_at")),
    ("id", field("id")),
]


def _tell(made: dict[str, Any], form: str) -> None:
    """Show a key and its secret; for people the secret stands alone on stdout."""
    if form != "table":
        show_one(made, (), form=form)
        return
    click.echo(made["secret"])
    click.echo("keep it now: it is not shown again", err=True)


@click.group()
def keys() -> None:
    """API keys, for programs that call the server."""


@keys.command("list")
@click.option("--user", help="Those of somebody else.")
@click.option("--everybody", is_flag=True, help="Those of all users.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 200))
@click.option("--all", "every", is_flag=True, help="All of them.")
@output
def list_keys(
    user: str | None, limit: int, *, everybody: bool, every: bool, form: str
) -> None:
    """List keys, newest first; never their secrets."""
    rows, after = Client().items(
        KEYS, limit=limit, every=every, user=user, everybody=everybody or None
    )
    show_list(rows, KEY_COLUMNS, form=form, after=after)


@keys.command()
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    required=True,
    help="A permission, e.g. pipelines.run.start; '*': all you have. Again: more.",
)
@click.option("--project", "projects", multiple=True, help="Only there. Again: more.")
@click.option("--network", "networks", multiple=True, help="Only from there: a CIDR.")
@click.option("--days", default=90, show_default=True, type=click.IntRange(1, 366))
@click.option("--per-minute", default=0, help="Requests it may send. [default: all]")
@click.option("--at-once", default=0, help="The same, at one time. [default: all]")
@click.option("--user", help="Make it for somebody else.")
@output
def create(name: str, projects: tuple[str, ...], form: str, **order: Any) -> None:
    """Make a key called NAME and print it, this once."""
    client = Client()
    ids = [
        client.get(f"/api/v1/projects/{quote(each, safe='')}")["id"]
        for each in projects
    ]
    _tell(client.post(KEYS, {"name": name, "projects": ids, **order}), form)


@keys.command()
@click.argument("key")
@click.option(
    "--overlap",
    default=0,
    show_default=True,
    type=click.IntRange(0, 604_800),
    help="Seconds for which the old one stays good, too.",
)
@output
def rotate(key: str, overlap: int, form: str) -> None:
    """Give a KEY (its id) a new secret and print that, this once."""
    key = known_id(key, "key", "fairlead keys list")
    path = f"{KEYS}/{key}/rotate"
    _tell(Client().post(path, {"overlap_seconds": overlap}), form)


@keys.command("revoke")
@click.argument("key")
def revoke_key(key: str) -> None:
    """Take a KEY (its id) out of use."""
    key = known_id(key, "key", "fairlead keys list")
    Client().delete(f"{KEYS}/{key}")
    click.echo("revoked", err=True)
