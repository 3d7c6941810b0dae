"""The options that narrow entries, and what they are in a query."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import click

CommandT = TypeVar("CommandT", bound=Callable[..., Any])

AGO = re.compile(r"(\d{1,6})([mhd])")
UNITS = {"m": "minutes", "h": "hours", "d": "days"}
OPTIONS = (
    click.option("--action", help="Only this action, or e.g. 'projects.*'."),
    click.option("--actor", help="Only acts of this user or service."),
    click.option("--outcome", type=click.Choice(["done", "refused", "failed"])),
    click.option("--target", help="Only acts on this target."),
    click.option("--scope", help="Only acts in this scope, e.g. /projects/ID."),
    click.option("--address", help="Only acts from this address."),
    click.option("--request-id", help="Only what this request did."),
    click.option("--trace-id", help="Only what belongs to this trace."),
    click.option("--since", help="From this time on: 2026-11-29T14:00, or 24h ago."),
    click.option("--until", help="Before this time; without a zone it is yours."),
)


def filtered(command: CommandT) -> CommandT:
    """Give a command the options that narrow entries."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command


def query_of(wanted: Mapping[str, str | None]) -> dict[str, str | None]:
    """Return what to ask the server, with times in full."""
    return {
        **wanted,
        "since": zoned("since", wanted.get("since")),
        "until": zoned("until", wanted.get("until")),
    }


def zoned(name: str, text: str | None) -> str | None:
    """Return a time with its zone, given as one or as `24h`, `30m`, `7d` ago.

    Raises:
        click.BadParameter: it is neither.
    """
    if text is None:
        return None
    try:
        if ago := AGO.fullmatch(text):
            span = timedelta(**{UNITS[ago[2]]: int(ago[1])})
            return (datetime.now(UTC) - span).isoformat()
        return datetime.fromisoformat(text).astimezone().isoformat()
    except (ValueError, OverflowError) as error:
        raise click.BadParameter(
            f"'{text}' is no time; write 2026-11-29T14:00 or 24h.",
            param_hint=f"--{name}",
        ) from error
