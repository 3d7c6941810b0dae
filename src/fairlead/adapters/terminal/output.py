"""What commands print: tables for people, JSON or YAML for programs."""

import json
import sys
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import click

Row = Mapping[str, Any]
Column = tuple[str, Callable[[Row], str]]

TONES = {
    "succeeded": "green",
    "healthy": "green",
    "done": "green",
    "failed": "red",
    "refused": "red",
    "down": "red",
    "running": "blue",
    "deploying": "blue",
    "queued": "yellow",
}
FORMATS = ("table", "json", "yaml")
MINUTE, HOUR, DAY = 60, 3600, 86400


def show_list(
    rows: Sequence[Row], columns: Sequence[Column], *, form: str, after: str | None
) -> None:
    """Print a list; a hint on stderr says when there is more."""
    if form == "table":
        _table(rows, columns)
        if after is not None:
            click.echo("there are more: add --all", err=True)
    else:
        _structured({"items": list(rows), "next": after}, form)


def show_one(row: Row, columns: Sequence[Column], *, form: str) -> None:
    """Print one thing, its columns below one another."""
    if form != "table":
        _structured(row, form)
        return
    width = max(len(name) for name, _ in columns)
    for name, cell in columns:
        text = cell(row)
        if text:
            click.echo(f"{name.ljust(width)}  {text}")


def _structured(value: object, form: str) -> None:
    if form == "json":
        click.echo(json.dumps(value, indent=2, ensure_ascii=False))
        return
    import yaml  # noqa: PLC0415 - only this form needs it

    click.echo(yaml.safe_dump(value, sort_keys=False, allow_unicode=True), nl=False)


def _table(rows: Sequence[Row], columns: Sequence[Column]) -> None:
    """Print columns as wide as their cells; the last one is never cut."""
    cells = [[plain(cell(row)) for _, cell in columns] for row in rows]
    heads = [name.upper() for name, _ in columns]
    widths = [
        max(len(head), *(len(line[at]) for line in cells), 0) if cells else len(head)
        for at, head in enumerate(heads)
    ]
    click.secho(_line(heads, widths), dim=True)
    for line in cells:
        padded = _padded(line, widths)
        click.echo("  ".join(_coloured(cell) for cell in padded).rstrip())


def _padded(line: Sequence[str], widths: Sequence[int]) -> list[str]:
    return [cell.ljust(width) for cell, width in zip(line, widths, strict=True)]


def _line(line: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(_padded(line, widths)).rstrip()


def _coloured(cell: str) -> str:
    tone = TONES.get(cell.strip())
    return click.style(cell, fg=tone) if tone else cell


def plain(text: str) -> str:
    """Return `text` without control characters, so no name moves the cursor."""
    return "".join(character if character.isprintable() else " " for character in text)


def field(name: str) -> Callable[[Row], str]:
    """Return a cell that shows one member; empty for null."""

    def cell(row: Row) -> str:
        value = row.get(name)
        if isinstance(value, bool):
            return "yes" if value else "no"
        return "" if value is None else str(value)

    return cell


def when(name: str) -> Callable[[Row], str]:
    """Return a cell that shows an instant relative to now."""
    return lambda row: ago(row.get(name))


def ago(text: str | None) -> str:
    """Return how long ago an instant was, e.g. `4 min ago`."""
    if not text:
        return ""
    then = datetime.fromisoformat(text)
    seconds = int((datetime.now(UTC) - then).total_seconds())
    if seconds < MINUTE:
        return f"{max(seconds, 0)} s ago"
    if seconds < HOUR:
        return f"{seconds // MINUTE} min ago"
    if seconds < DAY:
        return f"{seconds // HOUR} h ago"
    return f"{seconds // DAY} d ago"


def lasting(seconds: float | None) -> str:
    """Return a duration, e.g. `1 min 52 s`; empty for None."""
    if seconds is None:
        return ""
    if seconds < MINUTE:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), MINUTE)
    if minutes < MINUTE:
        return f"{minutes} min {rest} s"
    return f"{minutes // MINUTE} h {minutes % MINUTE} min"


def last_lines(chunks: Iterable[bytes], count: int) -> bytes:
    """Return the last lines of an output, at most `count`."""
    kept: deque[bytes] = deque(maxlen=count)
    rest = b""
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        kept.extend(line + b"\n" for line in whole)
    if rest:
        kept.append(rest)
    return b"".join(kept)


def show_bytes(chunks: Iterable[bytes], *, tail: int | None) -> None:
    """Print an output, or its last `tail` lines; say so when there is none."""
    if tail is not None:
        chunks = [last_lines(chunks, tail)]
    printed = False
    for chunk in chunks:
        click.echo(chunk, nl=False)
        printed = printed or bool(chunk)
    if not printed:
        click.echo("no output yet", err=True)


def on_terminal() -> bool:
    """Tell whether people read what is printed."""
    return sys.stdout.isatty()
