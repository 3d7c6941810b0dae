"""`fairlead status`: the server and the caller at one look."""

from http import HTTPStatus

import click

from fairlead.adapters.terminal.client import Client
from fairlead.adapters.terminal.errors import Refused
from fairlead.adapters.terminal.options import output
from fairlead.adapters.terminal.output import Row, field, show_one

COLUMNS = [
    ("server", field("url")),
    ("version", field("version")),
    ("health", field("health")),
    ("you", field("you")),
    ("roles", field("roles")),
]


@click.command()
@output
def status(form: str) -> None:
    """Show which server you talk to, how it is and who you are there."""
    client = Client()
    state = _state(client)
    show_one(
        {
            "url": client.url,
            "version": str(state.get("version") or ""),
            "health": _health(state),
            **_caller(client),
        },
        COLUMNS,
        form=form,
    )


def _state(client: Client) -> Row:
    """Return what the server says of itself, also when a part of it does not work.

    Raises:
        Refused: nothing answers.
    """
    try:
        state: Row = client.get("/ready")
    except Refused as error:
        if not error.problem.get("parts"):
            raise
        return error.problem
    return state


def _health(state: Row) -> str:
    bad = [f"{name}: {word}" for name, word in state["parts"].items() if word != "ok"]
    return "; ".join(bad) or "ok"


def _caller(client: Client) -> Row:
    try:
        me = client.get("/api/v1/me")
    except Refused as error:
        if error.status != HTTPStatus.UNAUTHORIZED:
            raise
        return {"you": "not logged in (fairlead login)", "roles": ""}
    given = [f"{one['role']} in {one['scope']}" for one in me.get("bindings") or ()]
    return {"you": me["name"], "roles": ", ".join(given)}
